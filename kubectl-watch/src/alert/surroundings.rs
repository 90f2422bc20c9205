//! What an alert says of those before it: `kubectl_watch.surroundings` and `kubectl_watch.raised`.

use serde::Serialize;

use crate::rule::Metadata;
use crate::surroundings::{Raised, Surrounding, Surroundings};

/// An earlier alert.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SurroundingFields {
    alert: Id,
    pub(crate) rule: RuleName,
    pub(crate) seconds_before: i64,
    pub(crate) by: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Id {
    id: String,
}

/// Its rule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RuleName {
    id: String,
    pub(crate) name: String,
}

/// Why the severity is not the rule's.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RaisedFields {
    pub(crate) from: &'static str,
    to: &'static str,
    by: String,
}

impl SurroundingFields {
    pub(super) fn of(earlier: &Surrounding) -> Self {
        Self {
            alert: Id {
                id: earlier.alert.clone(),
            },
            rule: RuleName {
                id: earlier.rule.clone(),
                name: earlier.rule_name.clone(),
            },
            seconds_before: earlier.before.as_secs(),
            by: earlier.by.name(),
        }
    }
}

impl RaisedFields {
    pub(super) fn of(raised: &Raised) -> Self {
        Self {
            from: raised.from.name(),
            to: raised.to.name(),
            by: raised.by.clone(),
        }
    }
}

/// The rule's risk score, or that of the severity to which the alert is raised, if that is more.
pub(super) fn risk_score(rule: &Metadata, surroundings: &Surroundings) -> u8 {
    let raised = surroundings.raised.as_ref().map(|raised| raised.to.number());
    rule.risk_score.max(raised.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::alert::samples::{Sample, surrounded};

    fn document(sample: &Sample) -> Value {
        serde_json::from_slice(&sample.alert().to_json_line()).expect("JSON")
    }

    #[test]
    fn what_was_before_is_named_and_counted() {
        let said = document(&surrounded());
        let own = &said["kubectl_watch"];
        assert_eq!(own["surroundings"].as_array().map(Vec::len), Some(4));
        let second = json!({
            "alert": { "id": "second" },
            "rule": { "id": "rule of second", "name": "Kubeconfig Looked For" },
            "seconds_before": 42,
            "by": "session",
        });
        assert_eq!(own["surroundings"][1], second);
        assert_eq!(own["surroundings_left_out"], 2);
        let own = &document(&Sample::new())["kubectl_watch"];
        for field in ["surroundings", "surroundings_left_out", "raised"] {
            assert!(own[field].is_null(), "{field}");
        }
    }

    #[test]
    fn a_raised_alert_says_from_what_and_why() {
        let sample = surrounded();
        let said = document(&sample);
        let raised = json!({ "from": "low", "to": "medium", "by": "second" });
        assert_eq!(said["kubectl_watch"]["raised"], raised);
        assert_eq!(
            (&said["event"]["severity"], &said["event"]["risk_score"]),
            (&json!(47), &json!(47))
        );
        let reason = said["event"]["reason"].as_str().expect("text");
        assert!(reason.contains("created medium alert"), "{reason}");
        assert_eq!(sample.alert().severity.name(), "medium");
    }
}
