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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::samples::Sample;

    #[test]
    fn what_is_excepted_is_an_event_that_says_so() {
        let by = ExceptedBy {
            name: "the nightly backup".into(),
            reason: "it is known".into(),
            owner: "team storage".into(),
            expires: "2027-06-30T00:00:00Z".into(),
        };
        let line = Sample::new().alert().excepted(by.clone()).to_json_line();
        let document: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        assert_eq!(document["event"]["kind"], "event");
        assert_eq!(document["event"]["outcome"], "success");
        let reason = document["event"]["reason"].as_str().expect("text");
        assert!(
            reason.ends_with("; excepted by the nightly backup: it is known"),
            "{reason}"
        );
        let said = &document["kubectl_watch"]["exception"];
        assert_eq!(*said, serde_json::to_value(by).expect("JSON"));
    }
}
