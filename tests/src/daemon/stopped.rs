//! What is left of a daemon that has ended.

use std::{collections::BTreeSet, process::ExitStatus};

use serde_json::Value;

use super::mentions;

/// What a daemon left behind.
pub struct Stopped {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its alerts, those that were asked for included.
    pub alerts: Vec<Value>,
    /// All of its log.
    pub log: String,
}

impl Stopped {
    /// The names of the rules that have an alert about a command line that has these words.
    pub fn rules_about(&self, words: &str) -> BTreeSet<&str> {
        let about = self.alerts.iter().filter(|alert| mentions(alert, words));
        about.filter_map(|alert| alert["rule"]["name"].as_str()).collect()
    }

    /// The notices of this action, in order.
    pub fn notices(&self, action: &str) -> Vec<&Value> {
        let of = |document: &&Value| document["event"]["action"] == action;
        self.alerts.iter().filter(of).collect()
    }

    /// A number of the last line of its log, which has the sum of everything; 0 where it is not there.
    ///
    /// # Panics
    ///
    /// When there is no log.
    pub fn number(&self, name: &str) -> u64 {
        let last = self.log.lines().last().expect("it says how it ended");
        let mut words = last.split([' ', ',', '=']).skip_while(|word| *word != name);
        words
            .nth(1)
            .and_then(|word| word.parse().ok())
            .unwrap_or_default()
    }

    /// How many of this rule's alerts are about a command line that has these words.
    pub fn count_of(&self, rule: &str, words: &str) -> usize {
        let is_one = |alert: &&Value| alert["rule"]["name"] == rule && mentions(alert, words);
        self.alerts.iter().filter(is_one).count()
    }

    /// How many of the alerts are about a command line that has these words.
    pub fn count(&self, words: &str) -> usize {
        self.alerts.iter().filter(|alert| mentions(alert, words)).count()
    }
}
