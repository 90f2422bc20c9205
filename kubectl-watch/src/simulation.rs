//! What rules and exceptions would have made of past alerts: of each alert what becomes of it, and the sums.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::exception::Exception;
use crate::exceptionset::ExceptionSet;
use crate::past::{Past, PastAlert};
use crate::ruleset::RuleSet;

/// The outcome.
#[derive(Debug, Default)]
pub struct Simulation<'a> {
    /// Each rule that has an alert, by its name.
    pub rules: BTreeMap<String, Row>,
    /// Each exception, by its name.
    pub exceptions: BTreeMap<String, Row>,
    /// What becomes of each alert, in the order of the file.
    pub fates: Vec<(&'a PastAlert, Fate)>,
}

/// The sums of a rule or an exception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Alerts of this rule in the file.
    pub alerts: usize,
    /// Those that would be alerts again.
    pub remain: usize,
    /// Those that an exception, or this one, lets pass.
    pub excepted: usize,
    /// Those of which it cannot be told.
    pub unsure: usize,
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
    /// Whether it is no alert any more.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Excepted(_) | Self::NoMatch | Self::NoRule)
    }
}

impl Row {
    fn see(&mut self, time: Timestamp) {
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = self.last.max(Some(time));
    }
}

impl<'a> Simulation<'a> {
    /// Asks all rules and exceptions about all alerts.
    pub fn run(past: &'a Past, rules: &RuleSet, exceptions: &ExceptionSet) -> Self {
        let mut this = Self::default();
        for counted in exceptions.exceptions() {
            this.exceptions
                .insert(counted.exception.name.clone(), Row::default());
        }
        for alert in &past.alerts {
            let fate = this.fate(alert, rules, exceptions);
            let row = this.rules.entry(alert.rule_name()).or_default();
            row.alerts += 1;
            row.see(alert.time);
            match &fate {
                Fate::Remains => row.remain += 1,
                Fate::Excepted(_) => row.excepted += 1,
                Fate::Unsure => row.unsure += 1,
                Fate::NoMatch | Fate::NoRule => {}
            }
            this.fates.push((alert, fate));
        }
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
