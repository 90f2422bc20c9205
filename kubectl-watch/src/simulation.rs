//! What rules, exceptions and suppression would have made of past alerts: of each alert what becomes of it, and the sums.

mod repeats;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::exception::Exception;
use crate::exceptionset::ExceptionSet;
use crate::past::{Past, PastAlert};
use crate::ruleset::RuleSet;
use crate::suppression::{Settings, Summary};
use repeats::Repeats;

/// The outcome.
#[derive(Debug, Default)]
pub struct Simulation<'a> {
    /// Each rule that has an alert, by its name.
    pub rules: BTreeMap<String, Row>,
    /// Each exception, by its name.
    pub exceptions: BTreeMap<String, Row>,
    /// What becomes of each alert, in the order of their times.
    pub fates: Vec<(&'a PastAlert, Fate)>,
    /// The summaries that repeats would be in.
    pub summaries: Vec<Summary>,
    /// All of them together.
    pub sum: Row,
}

/// The sums of a rule or an exception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Alerts of this rule in the file.
    pub alerts: usize,
    /// Those that would be alerts again.
    pub remain: usize,
    /// Those that a summary would count.
    pub repeats: usize,
    /// Those that an exception, or this one, lets pass.
    pub excepted: usize,
    /// Those of which it cannot be told.
    pub unsure: usize,
    /// Those that no rule matches any more.
    pub unmatched: usize,
    /// When the first of them happened: of a rule its alerts, of an exception those that it lets pass.
    pub first: Option<Timestamp>,
    /// When the last of them happened.
    pub last: Option<Timestamp>,
}

/// What becomes of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is one again.
    Remains,
    /// It repeats the alert with this id, and a summary counts it.
    Repeats(String),
    /// The exception with this name lets it pass.
    Excepted(String),
    /// Its rule does not match it any more.
    NoMatch,
    /// Its rule is not there any more.
    NoRule,
    /// It depends on what the document does not say.
    Unsure,
}

impl Fate {
    /// Whether it is no alert any more, and in no summary.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Excepted(_) | Self::NoMatch | Self::NoRule)
    }
}

impl Row {
    /// Those that rules match.
    pub fn matched(&self) -> usize {
        self.remain + self.repeats + self.excepted
    }

    fn count(&mut self, alert: &PastAlert, fate: &Fate) {
        self.alerts += 1;
        self.see(alert.time);
        *match fate {
            Fate::Remains => &mut self.remain,
            Fate::Repeats(_) => &mut self.repeats,
            Fate::Excepted(_) => &mut self.excepted,
            Fate::Unsure => &mut self.unsure,
            Fate::NoMatch | Fate::NoRule => &mut self.unmatched,
        } += 1;
    }

    fn see(&mut self, time: Timestamp) {
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = self.last.max(Some(time));
    }
}

impl<'a> Simulation<'a> {
    /// Asks all rules and exceptions about all alerts, and which of those that remain repeat others: by what their rule
    /// says of it, or else by these settings.
    pub fn run(
        past: &'a Past,
        rules: &RuleSet,
        exceptions: &ExceptionSet,
        settings: Option<&Settings>,
    ) -> Self {
        let mut this = Self::default();
        for counted in exceptions.exceptions() {
            this.exceptions
                .insert(counted.exception.name.clone(), Row::default());
        }
        let mut alerts: Vec<&PastAlert> = past.alerts.iter().collect();
        alerts.sort_by_key(|alert| alert.time);
        let mut repeats = Repeats::new(settings);
        for alert in alerts {
            let mut fate = this.fate(alert, rules, exceptions);
            if let Some(rule) = rules.get(alert.rule()).filter(|_| fate == Fate::Remains) {
                fate = repeats.fate(alert, rule);
            }
            for row in [this.rules.entry(alert.rule_name()).or_default(), &mut this.sum] {
                row.count(alert, &fate);
            }
            this.fates.push((alert, fate));
        }
        this.summaries = repeats.summaries();
        this
    }

    fn fate(&mut self, alert: &PastAlert, rules: &RuleSet, exceptions: &ExceptionSet) -> Fate {
        let Some(rule) = rules.get(alert.rule()) else {
            return Fate::NoRule;
        };
        let matches = rule.query.judge(alert, &|field| alert.is_known(field));
        if matches == Some(false) {
            return Fate::NoMatch;
        }
        let mut fate = if matches == Some(true) {
            Fate::Remains
        } else {
            Fate::Unsure
        };
        for counted in exceptions.exceptions() {
            let row = self.exceptions.entry(counted.exception.name.clone()).or_default();
            match judge(&counted.exception, alert) {
                Some(true) => {
                    row.excepted += 1;
                    row.see(alert.time);
                    // The first that holds is the one that is named.
                    if !matches!(fate, Fate::Excepted(_)) {
                        fate = Fate::Excepted(counted.exception.name.clone());
                    }
                }
                None => {
                    row.unsure += 1;
                    if fate == Fate::Remains {
                        fate = Fate::Unsure;
                    }
                }
                Some(false) => {}
            }
        }
        fate
    }
}

/// Whether an exception would have let an alert pass; none where that cannot be told.
pub fn judge(exception: &Exception, alert: &PastAlert) -> Option<bool> {
    if !exception.is_about(alert.rule()) || exception.is_over(alert.time) {
        return Some(false);
    }
    exception.condition.judge(alert, &|field| alert.is_known(field))
}
