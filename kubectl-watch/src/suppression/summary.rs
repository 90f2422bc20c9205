//! What is kept of the repeats of an alert: how many, from when to when, and how they differed, without secrets.

use jiff::Timestamp;

use super::{Occurrence, Settings};
use crate::alert::text;
use crate::rule::{Metadata, Severity};

/// Distinct values that are kept of a field.
const MAX_DISTINCT: usize = 8;
/// Bytes of each.
const MAX_VALUE: usize = 256;

/// The repeats of one alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The id of the alert that they repeat.
    pub alert: String,
    /// The id of its rule.
    pub rule: String,
    /// The name of its rule.
    pub rule_name: String,
    /// How grave the alert is.
    pub severity: Severity,
    /// How many there are, the alert itself not counted.
    pub count: u64,
    /// When the first of them happened.
    pub start: Timestamp,
    /// When the last of them happened.
    pub end: Timestamp,
    /// The fields that they have in common with the alert.
    pub fields: Vec<&'static str>,
    /// Where they happened, if in a container.
    pub container: Option<String>,
    /// The UID of the pod.
    pub pod: Option<String>,
    /// How they differed.
    pub distinct: Vec<Distinct>,
}

/// The values of a field among the repeats, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distinct {
    /// The field.
    pub field: &'static str,
    /// Its values, each once.
    pub values: Vec<String>,
    /// Whether there were more of them.
    pub has_more: bool,
}

impl Summary {
    /// Of an alert without a repeat so far.
    pub(super) fn of(rule: &Metadata, severity: Severity, settings: &Settings) -> Self {
        Self {
            rule: rule.id.clone(),
            rule_name: rule.name.clone(),
            severity,
            fields: settings.fields.iter().map(|(_, name)| *name).collect(),
            ..Self::default()
        }
    }

    /// Takes in a repeat: by the same rule, or by another that says no more of the same intent.
    pub(super) fn add(&mut self, rule: &Metadata, occurrence: &dyn Occurrence) {
        let time = occurrence.time();
        if self.count == 0 {
            (self.start, self.end) = (time, time);
            self.container = occurrence.container().map(str::to_owned);
            self.pod = occurrence.pod().map(str::to_owned);
        }
        self.count += 1;
        self.start = self.start.min(time);
        self.end = self.end.max(time);
        for (field, value) in occurrence.particulars() {
            self.differ(field, &value);
        }
        self.differ("rule.name", rule.name.as_bytes());
    }

    fn differ(&mut self, field: &'static str, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        let value = text::Text::cut(value.to_vec(), MAX_VALUE).shown().into_owned();
        let place = self.distinct.iter().position(|distinct| distinct.field == field);
        let place = place.unwrap_or_else(|| {
            self.distinct.push(Distinct {
                field,
                ..Distinct::default()
            });
            self.distinct.len() - 1
        });
        let distinct = &mut self.distinct[place];
        if distinct.values.contains(&value) {
            return;
        }
        if distinct.values.len() < MAX_DISTINCT {
            distinct.values.push(value);
        } else {
            distinct.has_more = true;
        }
    }
}
