//! What an alerted process did next: a document of its own that names the alert by its id.

mod connection;

use super::envelope::{Agent, DataStream, Ecs};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use connection::{ConnectionFields, DestinationFields, Network, Signal};

use super::document::{DATASET, time};
use super::process::entity_id;
use super::text::Text;
use super::{Host, json};
use crate::event::ProcessEvent;
use crate::event::follow_up::{self, Closing, Exit};
use crate::kubectl::Endpoint;

/// What a follow-up is made from.
#[derive(Clone, Copy, Debug)]
pub struct FollowUpParts<'a> {
    /// The id of the alert.
    pub alert: &'a str,
    /// The id and the name of its rule.
    pub rule: (&'a str, &'a str),
    /// The event that the alert is about; its arguments are not looked at.
    pub event: &'a ProcessEvent,
    /// The API server that its command line names.
    pub api_server: Option<&'a Endpoint>,
    /// What it did.
    pub did: &'a follow_up::FollowUp,
    /// Why no more is known.
    pub closing: Closing,
    /// Where.
    pub host: &'a Host,
    /// Names the follow-up for ever.
    pub id: Uuid,
    /// When it was made.
    pub created: Timestamp,
}

/// A follow-up.
#[derive(Clone, Debug)]
pub struct FollowUp {
    pub(crate) document: FollowUpDocument,
}

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FollowUpDocument {
    #[serde(rename = "@timestamp")]
    pub(crate) timestamp: String,
    ecs: Ecs,
    pub(crate) event: EventFields,
    message: &'static str,
    rule: Rule,
    pub(crate) process: Process,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<DestinationFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    pub(crate) host: Host,
    related: Related,
    data_stream: DataStream,
    agent: Agent,
    pub(crate) kubectl_watch: Own,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct EventFields {
    kind: &'static str,
    category: Vec<&'static str>,
    r#type: Vec<&'static str>,
    action: &'static str,
    module: &'static str,
    dataset: &'static str,
    provider: &'static str,
    id: String,
    created: String,
    sequence: u64,
    start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    /// Nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
struct Rule {
    id: String,
    name: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exit_code: Option<u8>,
}

#[derive(Clone, Debug, Serialize)]
struct Related {
    hosts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ip: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Own {
    pub(crate) alert: AlertId,
    pub(crate) follow_up: FollowUpFields,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct AlertId {
    pub(crate) id: String,
}

/// What ECS has no name for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FollowUpFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    until: String,
    pub(crate) closed_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signal: Option<Signal>,
    pub(crate) processes: Count,
    pub(crate) connections: Vec<ConnectionFields>,
    pub(crate) connections_count: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) connections_untold: u64,
    #[serde(skip_serializing_if = "is_zero")]
    connections_lost: u64,
    #[serde(skip_serializing_if = "is_zero")]
    deeds_lost: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Count {
    pub(crate) forked: u64,
    #[serde(skip_serializing_if = "is_zero")]
    unfollowed: u64,
}

impl FollowUp {
    /// Makes a follow-up.
    #[must_use]
    pub fn new(parts: &FollowUpParts<'_>) -> Self {
        let FollowUpParts { event, did, host, .. } = *parts;
        let connections: Vec<_> = did
            .connections
            .iter()
            .map(|it| ConnectionFields::new(it, parts.api_server))
            .collect();
        let main = connections
            .iter()
            .find(|it| it.is_api_server == Some(true))
            .or(connections.first());
        let mut ips: Vec<String> = connections.iter().map(|it| it.destination.ip.clone()).collect();
        ips.sort_unstable();
        ips.dedup();
        let end = did.end.map(|(end, _)| end);
        let exit = did.end.map(|(_, exit)| exit);
        let document = FollowUpDocument {
            timestamp: time(end.unwrap_or(parts.created)),
            ecs: Ecs::OURS,
            event: EventFields::new(parts),
            message: "what an alerted process did next",
            rule: Rule {
                id: parts.rule.0.to_owned(),
                name: parts.rule.1.to_owned(),
            },
            process: Process {
                pid: event.process.pid,
                entity_id: entity_id(&event.process, host).filter(|_| !event.found_running),
                name: Text::known(&event.process.name),
                executable: Text::known(&event.process.executable),
                end: end.map(time),
                exit_code: match exit {
                    Some(Exit::Code(code)) => Some(code),
                    _ => None,
                },
            },
            destination: main.map(|it| it.destination.clone()),
            network: main.map(|it| it.network.clone()),
            host: host.clone(),
            related: Related {
                hosts: vec![host.name.clone()],
                ip: ips,
            },
            data_stream: DataStream::of(DATASET),
            agent: Agent::OURS,
            kubectl_watch: Own {
                alert: AlertId {
                    id: parts.alert.to_owned(),
                },
                follow_up: FollowUpFields::new(parts, connections),
            },
        };
        Self { document }
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

impl EventFields {
    fn new(parts: &FollowUpParts<'_>) -> Self {
        let FollowUpParts { event, did, .. } = *parts;
        let (mut category, mut kinds) = (vec!["process"], Vec::new());
        if did.end.is_some() {
            kinds.push("end");
        }
        if did.numbers.connections > 0 {
            category.push("network");
            kinds.push("connection");
        }
        if kinds.is_empty() {
            kinds.push("info");
        }
        let end = did.end.map(|(end, _)| end);
        // Of one that was found running nobody knows since when it does what it does.
        let duration = end
            .filter(|_| !event.found_running)
            .map(|end| end.duration_since(event.time));
        Self {
            kind: "event",
            category,
            r#type: kinds,
            action: "followed-up",
            module: "kubectl_watch",
            dataset: DATASET,
            provider: "ebpf",
            id: parts.id.to_string(),
            created: time(parts.created),
            sequence: event.sequence,
            start: time(event.time),
            end: end.map(time),
            duration: duration.and_then(|it| i64::try_from(it.as_nanos()).ok()),
        }
    }
}

impl FollowUpFields {
    fn new(parts: &FollowUpParts<'_>, connections: Vec<ConnectionFields>) -> Self {
        let did = parts.did;
        Self {
            since: did.since.map(time),
            until: time(parts.created),
            closed_by: match (parts.closing, did.since) {
                (_, None) => "ended_before",
                (Closing::AllEnded, _) => "all_ended",
                (Closing::TimeLimit, _) => "time_limit",
                (Closing::DaemonStopped, _) => "daemon_stopped",
            },
            signal: did.end.and_then(|(_, exit)| Signal::new(exit)),
            processes: Count {
                forked: did.numbers.forked,
                unfollowed: did.numbers.unfollowed,
            },
            connections,
            connections_count: did.numbers.connections,
            connections_untold: did.numbers.untold,
            connections_lost: did.numbers.lost,
            deeds_lost: did.numbers.lost_others,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
