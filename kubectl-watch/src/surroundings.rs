//! What surrounds an alert: earlier ones of the same exec, session, container or login, and whether they make it
//! graver.
//!
//! What is excepted is no alert, and surrounds none. What is only summarised does, by the alert that it repeats. Time
//! comes from the events. Pure.

mod key;
mod raise;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::event::ProcessEvent;
use crate::rule::{Metadata, Rule, Severity};
pub use key::By;
use key::{Key, keys};
pub use raise::Raise;

/// How long an alert is remembered, and how far back a rule can ask.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// Execs, sessions, containers and logins that are remembered, so many of each at most: who makes sessions without
/// end makes other sessions forgotten, and no container.
const MAX_PLACES: usize = 256;
/// Rules whose last alert is remembered of each of them. An alert takes half a kilobyte, so that all of them take 16
/// megabytes at most.
const MAX_RULES: usize = 32;
/// Earlier alerts that an alert names.
const MAX_NAMED: usize = 8;

/// The alerts of the last hour, by what joins them: of each rule the last one. It names the one before itself.
#[derive(Debug, Default)]
pub struct Recent {
    /// Those of each kind, see [`By`].
    places: [HashMap<Key, Vec<Arc<Earlier>>>; By::KINDS],
}

/// An alert that is remembered.
#[derive(Debug)]
struct Earlier {
    alert: String,
    rule: String,
    rule_name: String,
    tags: Vec<String>,
    time: Timestamp,
}

/// What surrounds one alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Earlier alerts, the latest first, eight of them at most.
    pub named: Vec<Surrounding>,
    /// How many more there are.
    pub more: usize,
    /// What they make of its severity.
    pub raised: Option<Raised>,
}

/// An earlier alert, seen from a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surrounding {
    /// Its id.
    pub alert: String,
    /// The id of its rule.
    pub rule: String,
    /// The name of its rule.
    pub rule_name: String,
    /// How long before.
    pub before: SignedDuration,
    /// The narrowest thing that both have in common.
    pub by: By,
}

/// A severity that is not the rule's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The rule's.
    pub from: Severity,
    /// The alert's.
    pub to: Severity,
    /// The id of the earlier alert that is the reason.
    pub by: String,
}

impl Recent {
    /// What surrounds an alert of this rule about this event.
    pub fn around(&self, event: &ProcessEvent, rule: &Rule) -> Surroundings {
        let mut found: Vec<(By, &Earlier)> = Vec::new();
        for key in keys(event) {
            for earlier in self.places[key.by() as usize].get(&key).into_iter().flatten() {
                let is_same =
                    |other: &Earlier| (&other.alert, &other.rule) == (&earlier.alert, &earlier.rule);
                let is_new = !found.iter().any(|(_, other)| is_same(other));
                if is_new && before(event, earlier).is_some() {
                    found.push((key.by(), earlier));
                }
            }
        }
        found.sort_by_key(|(_, earlier)| std::cmp::Reverse(earlier.time));
        Surroundings {
            raised: raised(event, rule, &found),
            more: found.len().saturating_sub(MAX_NAMED),
            named: found
                .iter()
                .take(MAX_NAMED)
                .filter_map(|(by, earlier)| {
                    Some(Surrounding {
                        alert: earlier.alert.clone(),
                        rule: earlier.rule.clone(),
                        rule_name: earlier.rule_name.clone(),
                        before: before(event, earlier)?,
                        by: *by,
                    })
                })
                .collect(),
        }
    }

    /// Remembers that this rule found this event, and the id of the alert that says so.
    pub fn note(&mut self, event: &ProcessEvent, rule: &Metadata, alert: &str) {
        let noted = Arc::new(Earlier {
            alert: alert.to_owned(),
            rule: rule.id.clone(),
            rule_name: rule.name.clone(),
            tags: rule.tags.clone(),
            time: event.time,
        });
        for key in keys(event) {
            let places = &mut self.places[key.by() as usize];
            if !places.contains_key(&key) {
                make_room(places, event.time);
            }
            let alerts = places.entry(key).or_default();
            alerts.retain(|earlier| earlier.rule != rule.id && is_within(event.time, earlier.time));
            if alerts.len() >= MAX_RULES {
                alerts.remove(0);
            }
            alerts.push(Arc::clone(&noted));
        }
    }
}

/// Forgets places where nothing was for an hour, and if there are still too many the quarter of them where nothing was
/// for longest: in a storm, to look for the one at each alert would take longer than all else here.
fn make_room(places: &mut HashMap<Key, Vec<Arc<Earlier>>>, now: Timestamp) {
    if places.len() < MAX_PLACES {
        return;
    }
    let last = |alerts: &[Arc<Earlier>]| alerts.last().map(|earlier| earlier.time);
    places.retain(|_, alerts| last(alerts).is_some_and(|time| is_within(now, time)));
    if places.len() < MAX_PLACES {
        return;
    }
    let mut oldest: Vec<_> = places
        .iter()
        .map(|(key, alerts)| (last(alerts), key.clone()))
        .collect();
    oldest.sort_unstable_by_key(|(time, _)| *time);
    for (_, key) in &oldest[..MAX_PLACES / 4] {
        places.remove(key);
    }
}

impl Surroundings {
    /// How grave an alert of this rule is here.
    pub fn severity(&self, rule: &Metadata) -> Severity {
        self.raised.as_ref().map_or(rule.severity, |raised| raised.to)
    }
}

/// The highest severity that the rule gives it for what was before, and for which alert: of several the last. What
/// another rule said of the same exec comes before it by chance, and raises nothing.
fn raised(event: &ProcessEvent, rule: &Rule, found: &[(By, &Earlier)]) -> Option<Raised> {
    let from = rule.metadata.severity;
    let mut raised: Option<Raised> = None;
    for (by, earlier) in found {
        let before = before(event, earlier).filter(|_| *by != By::Exec);
        let Some(before) = before else { continue };
        for raise in &rule.raises {
            let is_graver = raise.to > raised.as_ref().map_or(from, |raised| raised.to);
            if is_graver && before <= raise.within && raise.is_after(&earlier.rule, &earlier.tags) {
                raised = Some(Raised {
                    from,
                    to: raise.to,
                    by: earlier.alert.clone(),
                });
            }
        }
    }
    raised
}

/// How long before an event that was, if within the hour.
fn before(event: &ProcessEvent, earlier: &Earlier) -> Option<SignedDuration> {
    let before = event.time.duration_since(earlier.time);
    (!before.is_negative() && before <= WINDOW).then_some(before)
}

/// Whether two times are no more than an hour apart; a clock that was set back by more makes the rest forgotten.
fn is_within(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() <= WINDOW
}
