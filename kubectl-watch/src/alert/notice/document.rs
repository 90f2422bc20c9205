//! The ECS document of a notice. `docs/alert.md` says what each field is for.

use super::super::envelope::{Agent, DataStream, Ecs};
use jiff::Timestamp;
use serde::Serialize;

use super::wording::{Words, reason, target_name, words};
use super::{About, Loss, NoticeParts, Sensor, Since, Tampering, WatchGap};
use crate::alert::document::time;
use crate::alert::host::Host;
use crate::alert::process::entity_id;
use crate::alert::text::Text;
use crate::event;
use crate::rule::Severity;

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NoticeDocument {
    #[serde(rename = "@timestamp")]
    pub(crate) timestamp: String,
    ecs: Ecs,
    event: EventFields,
    pub(crate) message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<RuleFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<Process>,
    pub(crate) host: Host,
    related: Related,
    tags: [&'static str; 1],
    data_stream: DataStream,
    agent: Agent,
    kubectl_watch: Own,
}

#[derive(Clone, Debug, Serialize)]
struct EventFields {
    kind: &'static str,
    category: [&'static str; 1],
    r#type: [&'static str; 1],
    action: &'static str,
    module: &'static str,
    dataset: &'static str,
    provider: &'static str,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk_score: Option<u8>,
    reason: String,
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    /// Nanoseconds, as ECS has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<i128>,
}

#[derive(Clone, Debug, Serialize)]
struct RuleFields {
    id: String,
    name: &'static str,
    version: &'static str,
    category: &'static str,
    description: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Process {
    pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Related {
    hosts: Vec<String>,
}

/// What ECS has no name for, under the name of what the notice is about.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Own {
    Loss {
        reason: &'static str,
        count: u64,
        total: u64,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        cpus: Vec<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        equation: Option<String>,
    },
    WatchGap {
        since: &'static str,
    },
    Sensor {
        version: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        binary_sha256: Option<String>,
        config_sha256: String,
        rules_sha256: String,
        rules_count: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        sum: Option<String>,
    },
    Tampering {
        target: &'static str,
        found: String,
        done: &'static str,
    },
}

impl NoticeDocument {
    pub(super) fn new(parts: &NoticeParts<'_>) -> Self {
        let NoticeParts {
            about,
            host,
            id,
            created,
        } = *parts;
        let Words {
            action,
            name,
            description,
            class: (category, r#type),
        } = words(about);
        let severity = about.severity();
        // Only what is as grave as an alert goes where alerts go.
        let dataset = severity.map_or("kubectl_watch.agent", |_| "kubectl_watch.alerts");
        let span = span(about);
        Self {
            timestamp: time(span.map_or(created, |(_, end)| end)),
            ecs: Ecs::OURS,
            event: EventFields {
                kind: severity.map_or("event", |_| "alert"),
                category: [category],
                r#type: [r#type],
                action,
                module: "kubectl_watch",
                dataset,
                provider: "kubectl-watch",
                id: id.to_string(),
                severity: severity.map(Severity::number),
                risk_score: severity.map(Severity::number),
                reason: reason(about),
                created: time(created),
                start: span.map(|(start, _)| time(start)),
                end: span.map(|(_, end)| time(end)),
                duration: span.map(|(start, end)| end.duration_since(start).as_nanos()),
            },
            message: name,
            rule: severity.map(|_| RuleFields {
                id: format!("kubectl-watch.{action}"),
                name,
                version: "1",
                category: "sensor",
                description,
            }),
            process: process(about, host),
            host: host.clone(),
            related: Related {
                hosts: crate::alert::wording::distinct(
                    [host.name.as_str(), host.hostname.as_str()].into_iter(),
                ),
            },
            tags: ["kubectl-watch: sensor"],
            data_stream: DataStream::of(dataset),
            agent: Agent::OURS,
            kubectl_watch: own(about),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.event.id
    }

    /// The sentence on this one.
    pub(crate) fn reason(&self) -> &str {
        &self.event.reason
    }
}

/// From when to when.
fn span(about: &About) -> Option<(Timestamp, Timestamp)> {
    match about {
        About::Loss(loss) => Some((loss.from, loss.to)),
        About::Gap(gap) => Some((gap.from, gap.to)),
        About::Start(_) | About::Stop(_) | About::Tampering(_) => None,
    }
}

fn process(about: &About, host: &Host) -> Option<Process> {
    let About::Loss(Loss {
        process: Some(process),
        ..
    }) = about
    else {
        return None;
    };
    let event::Process { pid, start, .. } = *process;
    Some(Process {
        pid,
        entity_id: entity_id(process, host),
        name: Text::known(&process.name),
        executable: Text::known(&process.executable),
        start: (start != Timestamp::UNIX_EPOCH).then(|| time(start)),
    })
}

fn own(about: &About) -> Own {
    match about {
        About::Loss(loss) => Own::Loss {
            reason: loss.reason,
            count: loss.count,
            total: loss.total,
            cpus: loss.cpus.clone(),
            equation: loss.equation.clone(),
        },
        About::Gap(WatchGap { since, .. }) => Own::WatchGap {
            since: match since {
                Since::Boot => "boot",
                Since::Stopped => "stopped",
                Since::Broken => "broken",
                Since::Rebooted { told: true } => "stopped_before_boot",
                Since::Rebooted { told: false } => "last_seen_before_boot",
            },
        },
        About::Start(sensor) | About::Stop(sensor) => {
            let Sensor {
                binary,
                config,
                rules,
                rules_count,
                sum,
            } = sensor.clone();
            Own::Sensor {
                version: env!("CARGO_PKG_VERSION"),
                binary_sha256: binary,
                config_sha256: config,
                rules_sha256: rules,
                rules_count,
                sum,
            }
        }
        About::Tampering(Tampering { target, found, done }) => Own::Tampering {
            target: target_name(*target),
            found: found.clone(),
            done,
        },
    }
}
