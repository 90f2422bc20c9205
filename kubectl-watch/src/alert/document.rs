//! The ECS document, field by field. `docs/alert.md` says what each is for.

use super::envelope::{Agent, DataStream, Ecs};
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::AlertParts;
use super::credential::Credential;
use super::evidence::Evidence;
use super::excepted::ExceptedBy;
use super::host::Host;
use super::own::Own;
use super::place::{Container, Orchestrator, SourceFields};
use super::process::Process;
use super::request::Target;
use super::surroundings::risk_score;
use super::text::Text;
use super::threat::ThreatFields;
use super::wording::{distinct, reason};
use crate::kubectl::Request;
use crate::rule::Metadata;
use crate::runbook::{Facts, Step};

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
    pub(crate) container: Option<Container>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) orchestrator: Option<Orchestrator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<SourceFields>,
    related: Related,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Labels>,
    tags: Vec<String>,
    data_stream: DataStream,
    agent: Agent,
    pub(crate) kubectl_watch: Own,
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

#[derive(Clone, Debug, Serialize)]
struct Related {
    user: Vec<String>,
    hosts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ip: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Labels {
    #[serde(
        rename = "kubectl_watch.impersonated_user",
        skip_serializing_if = "Option::is_none"
    )]
    impersonated_user: Option<Text>,
    /// Those of the node.
    #[serde(flatten)]
    node: BTreeMap<String, String>,
}

impl Document {
    pub(super) fn new(parts: &AlertParts<'_>, evidence: Evidence<'_>) -> Self {
        let AlertParts {
            rule,
            event,
            host,
            id,
            created,
            surroundings,
            ..
        } = *parts;
        let severity = surroundings.severity(rule);
        let names = &event.names;
        let user = Identity::new(event.credentials.user.effective, names.user.clone());
        let login = event
            .credentials
            .login_uid
            .map(|id| Identity::new(id, names.login_user.clone()));
        let request = Request::of_event(event, &evidence.redacted.process);
        let circumstances = &event.circumstances;
        let credential = Credential::of_event(event);
        let target = Target::new(request.as_ref(), circumstances, credential.as_ref());
        let impersonated_user = target.as_ref().and_then(Target::impersonated).cloned();
        let labels = (impersonated_user.is_some() || !host.labels.is_empty()).then(|| Labels {
            impersonated_user,
            node: host.labels.clone(),
        });
        let source = circumstances.source.as_ref().map(SourceFields::of);
        let process = Process::new(event, host, evidence.redacted);
        let users = [Some(&user), Some(&process.real_user), login.as_ref()];
        let acts_as = target.as_ref().and_then(|target| target.name.as_ref());
        let acts_as = acts_as.map(Text::shown);
        let related = Related {
            user: distinct(
                users
                    .into_iter()
                    .flatten()
                    .map(Identity::called)
                    .chain(acts_as.as_deref()),
            ),
            hosts: distinct([host.name.as_str(), host.hostname.as_str()].into_iter()),
            ip: source.iter().map(|source| source.ip.clone()).collect(),
        };
        let mut this = Self {
            timestamp: time(event.time),
            ecs: Ecs::OURS,
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
                severity: severity.number(),
                risk_score: risk_score(rule, surroundings),
                reason: reason(rule, severity, event, &user, host),
                created: time(created),
                sequence: event.sequence,
            },
            message: rule.name.clone(),
            rule: RuleFields::new(rule),
            threat: ThreatFields::new(&rule.threat),
            process,
            group: Identity::new(event.credentials.group.effective, names.group.clone()),
            user: User { own: user, target },
            host: host.clone(),
            container: Container::of(event),
            orchestrator: Orchestrator::of(event, request.as_ref()),
            related,
            source,
            labels,
            tags: rule.tags.clone(),
            data_stream: DataStream::of(DATASET),
            agent: Agent::OURS,
            kubectl_watch: Own::new(
                event,
                host,
                evidence.matched,
                login,
                request,
                credential,
                parts.response,
            )
            .told(&evidence.named)
            .after(surroundings)
            .without(evidence.cut),
        };
        this.kubectl_watch.runbook = Step::of(&Facts::of_document(&this));
        this
    }
}

impl Document {
    /// Makes an event of it that an exception let pass. The exec happened all the same, so its outcome stays.
    pub(super) fn except(&mut self, by: ExceptedBy) {
        self.event.kind = "event";
        self.event.reason = by.reason(&self.event.reason);
        self.kubectl_watch.exception = Some(by);
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
