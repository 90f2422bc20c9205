//! How often an alert was repeated: a document of its own that names the alert by its id.
//!
//! It is an event and no alert, since everything that somebody has to act on was said by the alert.

use super::envelope::{Agent, DataStream, Ecs};
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::document::{DATASET, time};
use super::{Host, json};
use crate::rule::Severity;
use crate::suppression::Summary;

/// What a summary is made from.
#[derive(Clone, Copy, Debug)]
pub struct SummaryParts<'a> {
    /// What was counted.
    pub summary: &'a Summary,
    /// Where.
    pub host: &'a Host,
    /// Names the document for ever.
    pub id: Uuid,
    /// When it was made.
    pub created: Timestamp,
}

/// A summary of repeats.
#[derive(Clone, Debug)]
pub struct RepeatSummary {
    /// How grave the rule is.
    pub severity: Severity,
    pub(crate) document: SummaryDocument,
}

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SummaryDocument {
    #[serde(rename = "@timestamp")]
    pub(crate) timestamp: String,
    ecs: Ecs,
    pub(crate) event: EventFields,
    message: String,
    pub(crate) rule: RuleFields,
    pub(crate) host: Host,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orchestrator: Option<Orchestrator>,
    data_stream: DataStream,
    agent: Agent,
    pub(crate) kubectl_watch: Own,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct EventFields {
    kind: &'static str,
    category: [&'static str; 1],
    r#type: [&'static str; 1],
    action: &'static str,
    module: &'static str,
    dataset: &'static str,
    provider: &'static str,
    id: String,
    pub(crate) reason: String,
    created: String,
    start: String,
    end: String,
    /// Nanoseconds, as ECS has it.
    duration: i128,
}

/// Something of which only the id is said.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Id {
    id: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct RuleFields {
    id: String,
    pub(crate) name: String,
}

#[derive(Clone, Debug, Serialize)]
struct Orchestrator {
    r#type: &'static str,
    resource: Resource,
}

#[derive(Clone, Debug, Serialize)]
struct Resource {
    r#type: &'static str,
    id: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Own {
    pub(crate) alert: Id,
    pub(crate) suppression: Suppressed,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Suppressed {
    count: u64,
    fields: Vec<&'static str>,
    /// The distinct values of each field.
    values: BTreeMap<&'static str, Vec<String>>,
    /// The fields that had more of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more: Vec<&'static str>,
}

impl RepeatSummary {
    /// Makes the document.
    #[must_use]
    pub fn new(parts: &SummaryParts<'_>) -> Self {
        let SummaryParts {
            summary,
            host,
            id,
            created,
        } = *parts;
        let more = summary.distinct.iter().filter(|distinct| distinct.has_more);
        let values = summary.distinct.iter();
        let document = SummaryDocument {
            timestamp: time(summary.end),
            ecs: Ecs::OURS,
            event: EventFields {
                kind: "event",
                category: ["process"],
                r#type: ["info"],
                action: "alert-repeated",
                module: "kubectl_watch",
                dataset: DATASET,
                provider: "ebpf",
                id: id.to_string(),
                reason: format!(
                    "{} happened {} more {} on {}, like alert {}",
                    summary.rule_name,
                    summary.count,
                    if summary.count == 1 { "time" } else { "times" },
                    host.name,
                    summary.alert
                ),
                created: time(created),
                start: time(summary.start),
                end: time(summary.end),
                duration: summary.end.duration_since(summary.start).as_nanos(),
            },
            message: summary.rule_name.clone(),
            rule: RuleFields {
                id: summary.rule.clone(),
                name: summary.rule_name.clone(),
            },
            host: host.clone(),
            container: summary.container.clone().map(|id| Id { id }),
            orchestrator: summary.pod.clone().map(|id| Orchestrator {
                r#type: "kubernetes",
                resource: Resource { r#type: "pod", id },
            }),
            data_stream: DataStream::of(DATASET),
            agent: Agent::OURS,
            kubectl_watch: Own {
                alert: Id {
                    id: summary.alert.clone(),
                },
                suppression: Suppressed {
                    count: summary.count,
                    fields: summary.fields.clone(),
                    values: values
                        .map(|distinct| (distinct.field, distinct.values.clone()))
                        .collect(),
                    more: more.map(|distinct| distinct.field).collect(),
                },
            },
        };
        Self {
            severity: summary.severity,
            document,
        }
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.document.event.id
    }

    /// The ECS document as one line of JSON, ended by a newline. Characters that steer a terminal are escaped.
    #[must_use]
    pub fn to_json_line(&self) -> Vec<u8> {
        json::line(&self.document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::samples::Sample;
    use crate::facts::{Facts, Node};
    use crate::suppression::{Decision, Settings, Suppression};

    #[test]
    fn document() {
        let sample = Sample::new().args(&[b"kubectl", b"get", b"pods", b"--as=a", b"--token=abc"]);
        let node = Node::default();
        let mut suppression = Suppression::default();
        let settings = Settings::within(jiff::SignedDuration::from_mins(5));
        let decisions = [0, 1, 2].map(|seconds| {
            let mut event = sample.event.clone();
            event.time += jiff::SignedDuration::from_secs(seconds);
            event.process.pid += u32::try_from(seconds).expect("small");
            let decision = suppression.decide(
                &sample.rule,
                sample.rule.severity,
                &settings,
                &Facts::of(&event, &node),
            );
            suppression.sent("the first alert");
            decision
        });
        let of = "the first alert".to_owned();
        let repeat = Decision::Repeat { of };
        assert_eq!(decisions[1..], [repeat.clone(), repeat]);
        let summaries = suppression.rest();
        let summary = RepeatSummary::new(&SummaryParts {
            summary: &summaries[0],
            host: &sample.host,
            id: Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0003),
            created: Timestamp::UNIX_EPOCH,
        });
        insta::assert_json_snapshot!(summary.document);
        assert!(summary.to_json_line().ends_with(b"}\n"));
    }
}
