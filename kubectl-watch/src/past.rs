//! Past alerts: a file of documents in, events that rules and exceptions can be asked about out.
//!
//! A document says less than the event did: secrets are marks in it, and a few fields were never written. What
//! depends on those cannot be told, and is said to be so.

mod event;
mod occurrence;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::alert::text::is_harmful;
pub(crate) use event::between_marks;
pub use read::{MAX_BYTES, ReadError, read};

/// What updates say of an alert: the sections of a document, and what is in them.
const NEWS: &[(&str, &[&str])] = &[
    ("process", &["hash"]),
    ("container", &["name"]),
    ("orchestrator", &["namespace", "resource", "cluster"]),
    ("source", &["ip", "port"]),
    (
        "kubectl_watch",
        &["executable", "credential", "kubeconfig", "script", "source"],
    ),
];

/// The documents of a file.
#[derive(Debug, Default)]
pub struct Past {
    /// The alerts, in the order of the file, with what updates said of them later.
    pub alerts: Vec<PastAlert>,
    /// The documents that are no alerts of a rule, by what they are.
    pub others: BTreeMap<String, usize>,
    /// How many matches those of them that are summaries stand for.
    pub repeats: u64,
    /// How many lines do not even begin like a document: what the daemon logged, where both of its streams are in one.
    pub passed_over: usize,
    /// Lines that should be documents and are none, in words.
    pub faults: Vec<String>,
}

/// An alert, as it was written.
#[derive(Clone, Debug)]
pub struct PastAlert {
    /// Where in the file, from 1.
    pub line: usize,
    /// When it happened.
    pub time: Timestamp,
    document: Value,
    /// The same before updates were put into it, if any were.
    written: Option<Box<Value>>,
}

impl Past {
    /// Reads documents, one a line, with a log between them or none. A text that is one document as a whole will do, too.
    #[must_use]
    pub fn from_text(text: &[u8]) -> Self {
        let mut past = Self::default();
        let mut updates = Vec::new();
        if let Ok(document) = serde_json::from_slice::<Value>(text) {
            past.take(1, document, &mut updates);
        } else {
            for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
                match line.trim_ascii_start().first() {
                    None => {}
                    Some(b'{') => match serde_json::from_slice(line) {
                        Ok(document) => past.take(index + 1, document, &mut updates),
                        Err(error) => past.faults.push(no_json(index + 1, &error)),
                    },
                    Some(_) => past.passed_over += 1,
                }
            }
        }
        if past.passed_over > 0 && past.is_without_documents() {
            past.faults
                .push("no line of it is a document of kubectl-watch".to_owned());
        }
        past.update(updates);
        past
    }

    /// The alert with this id.
    pub fn get(&self, id: &str) -> Option<&PastAlert> {
        self.alerts.iter().find(|alert| alert.id() == id)
    }

    fn is_without_documents(&self) -> bool {
        self.alerts.is_empty() && self.others.is_empty() && self.faults.is_empty()
    }

    fn take(&mut self, line: usize, document: Value, updates: &mut Vec<Value>) {
        let Some(event) = document.get("event").and_then(Value::as_object) else {
            if document["timestamp"].is_string() && document["level"].is_string() {
                // A log in JSON.
                self.passed_over += 1;
                return;
            }
            self.faults.push(format!(
                "line {line}: it is JSON, and no document of kubectl-watch: it has no `event`"
            ));
            return;
        };
        let word = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        let is_of_rule = word("kind") == "alert" && document["process"].is_object();
        let action = word("action");
        if !is_of_rule || !matches!(action, "exec" | "already_running") {
            let is_excepted = document["kubectl_watch"]["exception"].is_object();
            let what = if is_excepted { "excepted" } else { action };
            *self.others.entry(shown(what)).or_default() += 1;
            if action == "alert-repeated" {
                let count = event::at(&document, "kubectl_watch.suppression.count");
                self.repeats =
                    (self.repeats).saturating_add(count.and_then(Value::as_u64).unwrap_or_default());
            }
            if matches!(action, "executable-identified" | "circumstances-found") {
                updates.push(document);
            }
            return;
        }
        let time = document["@timestamp"].as_str().and_then(|time| time.parse().ok());
        let has_names = document["rule"]["id"].is_string() && event.get("id").is_some_and(Value::is_string);
        match time.filter(|_| has_names) {
            Some(time) => self.alerts.push(PastAlert {
                line,
                time,
                document,
                written: None,
            }),
            None => self.faults.push(format!(
                "line {line}: this alert has no @timestamp that is a time, no event.id or no rule.id"
            )),
        }
    }

    /// Adds to the alerts what became known of their executables later.
    fn update(&mut self, updates: Vec<Value>) {
        let places: HashMap<String, usize> = self
            .alerts
            .iter()
            .enumerate()
            .map(|(place, alert)| (alert.id().to_owned(), place))
            .collect();
        for update in updates {
            let id = event::at(&update, "kubectl_watch.alert.id").and_then(Value::as_str);
            let place = id.and_then(|id| places.get(id));
            if let Some(alert) = place.and_then(|place| self.alerts.get_mut(*place)) {
                alert.learn(&update);
            }
        }
    }
}

/// Why a line of a file is no document.
fn no_json(line: usize, error: &serde_json::Error) -> String {
    // It ends with a place, of which the line is always the first.
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    format!("line {line}: it is no JSON: {what}, at column {}", error.column())
}

/// A text of a document, so that it does nothing to a terminal.
#[must_use]
pub fn shown(text: &str) -> String {
    let harmless = |char: char| if is_harmful(char) { '\u{fffd}' } else { char };
    text.chars().map(harmless).collect()
}

impl PastAlert {
    /// Takes over what an update says.
    fn learn(&mut self, update: &Value) {
        self.written
            .get_or_insert_with(|| Box::new(self.document.clone()));
        for (section, keys) in NEWS {
            for key in *keys {
                let news = update.get(section).and_then(|section| section.get(key));
                let Some((news, document)) = news.zip(self.document.as_object_mut()) else {
                    continue;
                };
                let own = document
                    .entry(*section)
                    .or_insert_with(|| Value::Object(Map::new()));
                if let Some(own) = own.as_object_mut() {
                    own.insert((*key).to_owned(), news.clone());
                }
            }
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.text("event.id").unwrap_or_default()
    }

    /// The id of its rule.
    pub fn rule(&self) -> &str {
        self.text("rule.id").unwrap_or_default()
    }

    /// The name of its rule, to be shown.
    pub fn rule_name(&self) -> String {
        shown(self.text("rule.name").unwrap_or_else(|| self.rule()))
    }

    /// When it happened, its id and its rule: a line to know it by.
    pub fn line(&self) -> String {
        format!("{}  {}  {}", self.time, shown(self.id()), self.rule_name())
    }

    /// A field's text, as the document has it; none where it has none or a secret was in it.
    pub fn text(&self, field: &str) -> Option<&str> {
        let text = event::at(&self.document, field)?.as_str()?;
        (!event::is_redacted(text)).then_some(text)
    }

    /// A field's text, with the marks that stand for secrets.
    pub fn document_text(&self, field: &str) -> Option<&str> {
        event::at(&self.document, field)?.as_str()
    }

    /// A field's number.
    pub fn number(&self, field: &str) -> Option<u64> {
        event::at(&self.document, field)?.as_u64()
    }

    /// Whether the document has a field.
    pub fn has(&self, field: &str) -> bool {
        event::at(&self.document, field).is_some()
    }

    /// Whether a secret was in any value of a field.
    pub fn has_secret(&self, field: &str) -> bool {
        let values = event::at(&self.document, field).and_then(Value::as_array);
        let mut texts = values.into_iter().flatten().filter_map(Value::as_str);
        texts.any(event::is_redacted)
    }

    /// Whether a mark stands for a secret in any value of a field of events.
    pub fn has_mark(&self, field: &str) -> bool {
        self.values(field)
            .any(|value| value.as_str().is_some_and(event::is_redacted))
    }

    /// All of a field's texts that have no secret in them.
    pub fn texts(&self, field: &str) -> Vec<&str> {
        let texts = self.document_texts(field);
        texts.filter(|text| !event::is_redacted(text)).collect()
    }

    /// All of a field's texts, with the marks that stand for secrets.
    pub fn document_texts(&self, field: &str) -> impl Iterator<Item = &str> {
        let values = event::at(&self.document, field).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(Value::as_str)
    }
}
