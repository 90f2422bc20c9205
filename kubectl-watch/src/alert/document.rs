//! The ECS document, field by field. `docs/alert.md` says what each is for.

use jiff::Timestamp;
use serde::Serialize;

use super::AlertParts;
use super::evidence::Evidence;
use super::host::Host;
use super::own::Own;
use super::process::Process;
use super::request::{Target, request};
use super::text::Text;
use super::threat::ThreatFields;
use super::wording::{distinct, reason};
use crate::rule::Metadata;

/// The version of ECS whose names are used.
pub(super) const ECS_VERSION: &str = "9.4.0";
pub(super) const DATASET: &str = "kubectl_watch.alerts";

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Document {
    #[serde(rename = "@timestamp")]
    pub(crate) timestamp: String,
    ecs: Ecs,
    pub(crate) event: EventFields,
    message: String,
    pub(crate) rule: RuleFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    threat: Option<ThreatFields>,
    pub(crate) process: Process,
    pub(crate) user: User,
    group: Identity,
    pub(crate) host: Host,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) orchestrator: Option<Orchestrator>,
    related: Related,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Labels>,
    tags: Vec<String>,
    data_stream: DataStream,
    agent: Agent,
    pub(crate) kubectl_watch: Own,
}

#[derive(Clone, Debug, Serialize)]
struct Ecs {
    version: &'static str,
}

/// ECS `event`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EventFields {
    kind: &'static str,
    category: [&'static str; 1],
    r#type: [&'static str; 1],
    action: &'static str,
    module: &'static str,
    dataset: &'static str,
    provider: &'static str,
    code: &'static str,
    pub(crate) id: String,
    outcome: &'static str,
    severity: u8,
    risk_score: u8,
    reason: String,
    created: String,
    sequence: u64,
}

/// ECS `rule`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RuleFields {
    id: String,
    uuid: String,
    pub(crate) name: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ruleset: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    author: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    category: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reference: Vec<String>,
}

/// A user or a group.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Identity {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// ECS `user`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct User {
    #[serde(flatten)]
    pub(crate) own: Identity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<Target>,
}

/// Something of which only the id is known.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Id {
    pub(crate) id: String,
}

/// ECS `orchestrator`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Orchestrator {
    r#type: &'static str,
    pub(crate) resource: Resource,
}

/// ECS `orchestrator.resource`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Resource {
    r#type: &'static str,
    pub(crate) id: String,
}

#[derive(Clone, Debug, Serialize)]
struct Related {
    user: Vec<String>,
    hosts: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Labels {
    #[serde(rename = "kubectl_watch.impersonated_user")]
    impersonated_user: Text,
}

#[derive(Clone, Debug, Serialize)]
struct DataStream {
    r#type: &'static str,
    dataset: &'static str,
    namespace: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Agent {
    r#type: &'static str,
    version: &'static str,
}

impl Document {
    pub(super) fn new(parts: &AlertParts<'_>, evidence: Evidence) -> Self {
        let AlertParts {
            rule,
            event,
            host,
            id,
            created,
            ..
        } = *parts;
        let place = &event.place;
        let names = &event.names;
        let user = Identity::new(event.credentials.user.effective, names.user.clone());
        let login = event
            .credentials
            .login_uid
            .map(|id| Identity::new(id, names.login_user.clone()));
        let request = request(event, &evidence.redacted.process);
        let target = request.as_ref().and_then(Target::new);
        let labels = target
            .as_ref()
            .and_then(|target| target.name.clone())
            .map(|impersonated_user| Labels { impersonated_user });
        let process = Process::new(event, host, evidence.redacted);
        let users = [Some(&user), Some(&process.real_user), login.as_ref()];
        Self {
            timestamp: time(event.time),
            ecs: Ecs { version: ECS_VERSION },
            event: EventFields {
                kind: "alert",
                category: ["process"],
                r#type: [if event.found_running { "info" } else { "start" }],
                action: if event.found_running {
                    "already_running"
                } else {
                    "exec"
                },
                module: "kubectl_watch",
                dataset: DATASET,
                provider: "ebpf",
                code: "eql",
                id: id.to_string(),
                outcome: "success",
                severity: rule.severity.number(),
                risk_score: rule.risk_score,
                reason: reason(rule, event, &user, host),
                created: time(created),
                sequence: event.sequence,
            },
            message: rule.name.clone(),
            rule: RuleFields::new(rule),
            threat: ThreatFields::new(&rule.threat),
            related: Related {
                user: distinct(users.into_iter().flatten().map(Identity::called)),
                hosts: distinct([host.name.as_str(), host.hostname.as_str()].into_iter()),
            },
            process,
            group: Identity::new(event.credentials.group.effective, names.group.clone()),
            user: User { own: user, target },
            host: host.clone(),
            container: place.container_id.clone().map(|id| Id { id }),
            orchestrator: place.pod_uid.clone().map(|id| Orchestrator {
                r#type: "kubernetes",
                resource: Resource { r#type: "pod", id },
            }),
            labels,
            tags: rule.tags.clone(),
            data_stream: DataStream {
                r#type: "logs",
                dataset: DATASET,
                namespace: "default",
            },
            agent: Agent {
                r#type: "kubectl-watch",
                version: env!("CARGO_PKG_VERSION"),
            },
            kubectl_watch: Own::new(event, host, evidence.matched, login, request, parts.response),
        }
    }
}

impl RuleFields {
    fn new(rule: &Metadata) -> Self {
        Self {
            id: rule.id.clone(),
            uuid: rule.id.clone(),
            name: rule.name.clone(),
            version: rule.version.to_string(),
            ruleset: rule.ruleset.clone(),
            author: rule.author.clone(),
            license: rule.license.clone(),
            category: "eql",
            description: rule.description.clone(),
            reference: rule.references.clone(),
        }
    }
}

impl Identity {
    pub(super) fn new(id: u32, name: Option<String>) -> Self {
        Self {
            id: id.to_string(),
            name,
        }
    }

    /// The name, or the number where there is none.
    pub(crate) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// A time as ECS writes it, always as long, so that it sorts as text.
pub(super) fn time(time: Timestamp) -> String {
    format!("{time:.9}")
}
