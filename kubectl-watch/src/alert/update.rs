//! What became known after an alert: a document of its own that names the alert by its id.
//!
//! It says what the executable is, or what else was found out, and nothing that the alert has said; receivers join the
//! two by `kubectl_watch.alert.id`.

use super::envelope::{Agent, DataStream, Ecs};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::credential::{Credential, KubeconfigFields};
use super::document::{DATASET, time};
use super::executable::{Executable, Hash};
use super::kuberc::KubercFields;
use super::own::SourceOrigin;
use super::place::{Container, Orchestrator, SourceFields};
use super::process::entity_id;
use super::script::ScriptFields;
use super::text::Text;
use super::wording::gap_name;
use super::{Host, json};
use crate::event::ProcessEvent;
use crate::identity::hex;
use crate::kubectl::Request;

/// What became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// What the executable is.
    Executable,
    /// The kubeconfig, the pod's names, and from where somebody came.
    Circumstances,
}

/// What an update is made from.
#[derive(Clone, Copy, Debug)]
pub struct UpdateParts<'a> {
    /// The id of the alert.
    pub alert: &'a str,
    /// The id and the name of its rule.
    pub rule: (&'a str, &'a str),
    /// What it is about.
    pub news: News,
    /// The event that the alert is about, with what is known by now.
    pub event: &'a ProcessEvent,
    /// Where.
    pub host: &'a Host,
    /// Names the update for ever.
    pub id: Uuid,
    /// When it was made.
    pub created: Timestamp,
}

/// An update.
#[derive(Clone, Debug)]
pub struct Update {
    pub(crate) document: UpdateDocument,
}

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UpdateDocument {
    #[serde(rename = "@timestamp")]
    pub(crate) timestamp: String,
    ecs: Ecs,
    event: EventFields,
    message: &'static str,
    rule: Rule,
    process: Process,
    pub(crate) host: Host,
    related: Related,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<Container>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) orchestrator: Option<Orchestrator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<SourceFields>,
    data_stream: DataStream,
    agent: Agent,
    pub(crate) kubectl_watch: Own,
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
    created: String,
    sequence: u64,
}

#[derive(Clone, Debug, Serialize)]
struct Rule {
    id: String,
    name: String,
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
    hash: Option<Hash>,
}

#[derive(Clone, Debug, Serialize)]
struct Related {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hash: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ip: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Own {
    pub(crate) alert: AlertId,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) executable: Option<Executable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<Credential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kubeconfig: Option<KubeconfigFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kuberc: Option<KubercFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<ScriptFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<SourceOrigin>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct AlertId {
    pub(crate) id: String,
}

impl Update {
    /// Makes an update.
    #[must_use]
    pub fn new(parts: &UpdateParts<'_>) -> Self {
        let UpdateParts { event, host, .. } = *parts;
        let content = &event.executable.content;
        let is_of_executable = parts.news == News::Executable;
        // What the alert could say is not said again.
        let circumstances = (!is_of_executable).then_some(&event.circumstances);
        let source = circumstances.and_then(|it| it.source.as_ref());
        let document = UpdateDocument {
            timestamp: time(event.time),
            ecs: Ecs::OURS,
            event: EventFields {
                kind: "event",
                category: ["process"],
                r#type: ["info"],
                action: if is_of_executable {
                    "executable-identified"
                } else {
                    "circumstances-found"
                },
                module: "kubectl_watch",
                dataset: DATASET,
                provider: "ebpf",
                id: parts.id.to_string(),
                created: time(parts.created),
                sequence: event.sequence,
            },
            message: if is_of_executable {
                "executable identified"
            } else {
                "circumstances found"
            },
            rule: Rule {
                id: parts.rule.0.to_owned(),
                name: parts.rule.1.to_owned(),
            },
            process: Process {
                pid: event.process.pid,
                entity_id: entity_id(&event.process, host).filter(|_| !event.found_running),
                name: Text::known(&event.process.name),
                executable: Text::known(&event.process.executable),
                hash: Hash::of(content).filter(|_| is_of_executable),
            },
            host: host.clone(),
            related: Related {
                hash: content
                    .sha256
                    .iter()
                    .filter(|_| is_of_executable)
                    .map(|hash| hex(hash))
                    .collect(),
                ip: source.iter().map(|source| source.address.to_string()).collect(),
            },
            container: circumstances.and_then(|_| Container::of(event)),
            orchestrator: circumstances.and_then(|_| {
                let request = Request::of_event(event, &event.process.args);
                Orchestrator::of(event, request.as_ref())
            }),
            source: source.map(SourceFields::of),
            data_stream: DataStream::of(DATASET),
            agent: Agent::OURS,
            kubectl_watch: Own {
                alert: AlertId {
                    id: parts.alert.to_owned(),
                },
                gaps: event.gaps.iter().map(|&gap| gap_name(gap)).collect(),
                executable: Executable::of(event).filter(|_| is_of_executable),
                credential: circumstances.and_then(|_| Credential::of_event(event)),
                kubeconfig: circumstances
                    .and_then(|it| Some(KubeconfigFields::of(it.kubeconfig.as_deref()?))),
                kuberc: circumstances.and_then(|it| Some(KubercFields::of(it.kuberc.as_deref()?))),
                script: circumstances.and_then(|it| Some(ScriptFields::of(it.script.as_deref()?))),
                source: source.map(SourceOrigin::of),
            },
        };
        Self { document }
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.document.event.id
    }

    /// The SHA-256 of the executable, where it is known.
    pub(crate) fn sha256(&self) -> Option<&str> {
        self.document.related.hash.first().map(String::as_str)
    }

    /// The ECS document as one line of JSON, ended by a newline. Characters that steer a terminal are escaped.
    #[must_use]
    pub fn to_json_line(&self) -> Vec<u8> {
        json::line(&self.document)
    }
}
