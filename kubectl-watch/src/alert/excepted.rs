//! What a document says of the exception that let a match pass: `kubectl_watch.exception`.

use serde::Serialize;

/// The exception, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExceptedBy {
    /// What it is called.
    pub name: String,
    /// Why it is there.
    pub reason: String,
    /// Who says so.
    pub owner: String,
    /// From when on it does not count any more, as RFC 3339 has it.
    pub expires: String,
}

impl ExceptedBy {
    /// The sentence of the event, from that of the alert that it would have been.
    pub(super) fn reason(&self, of_alert: &str) -> String {
        format!("{of_alert}; excepted by {}: {}", self.name, self.reason)
    }
}
