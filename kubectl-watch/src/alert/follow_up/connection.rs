//! Connections of a process that is followed, and the signal that ended it, in the words of a document.

use serde::Serialize;

use super::super::document::time;
use super::super::text::Text;
use crate::event::follow_up::{Connection, Destination, Exit};
use crate::kubectl::Endpoint;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct DestinationFields {
    pub(crate) ip: String,
    pub(crate) port: u16,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Network {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transport: Option<&'static str>,
    iana_number: String,
    r#type: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Signal {
    number: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'static str>,
    core_dumped: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ConnectionFields {
    time: String,
    process: Connecting,
    pub(crate) destination: DestinationFields,
    pub(super) network: Network,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_api_server: Option<bool>,
}

#[derive(Clone, Debug, Serialize)]
struct Connecting {
    pid: u32,
    name: Text,
}

impl ConnectionFields {
    pub(super) fn new(connection: &Connection, api_server: Option<&Endpoint>) -> Self {
        let Destination {
            address,
            port,
            protocol,
        } = connection.destination;
        Self {
            time: time(connection.time),
            process: Connecting {
                pid: connection.pid,
                name: Text::chosen(&connection.comm),
            },
            destination: DestinationFields {
                ip: address.to_string(),
                port,
            },
            network: Network {
                // What ECS calls them; IANA has a number for all.
                transport: match protocol {
                    6 => Some("tcp"),
                    33 => Some("dccp"),
                    132 => Some("sctp"),
                    _ => None,
                },
                iana_number: protocol.to_string(),
                r#type: if address.is_ipv4() { "ipv4" } else { "ipv6" },
            },
            outcome: connection
                .answer
                .map(|answer| answer.map_or_else(failure, |()| "established")),
            is_api_server: api_server.and_then(|server| server.is_at(address, port)),
        }
    }
}

/// An error of Linux, by its number in `asm-generic/errno.h`.
const fn failure(error: i32) -> &'static str {
    match error {
        111 => "refused",
        110 => "timed_out",
        113 | 101 => "unreachable",
        104 => "reset",
        _ => "failed",
    }
}

impl Signal {
    pub(super) const fn new(exit: Exit) -> Option<Self> {
        let Exit::Signal { number, dumped } = exit else {
            return None;
        };
        // The numbers that are the same on every architecture that is built for.
        let name = match number {
            1 => Some("SIGHUP"),
            2 => Some("SIGINT"),
            3 => Some("SIGQUIT"),
            4 => Some("SIGILL"),
            6 => Some("SIGABRT"),
            8 => Some("SIGFPE"),
            9 => Some("SIGKILL"),
            11 => Some("SIGSEGV"),
            13 => Some("SIGPIPE"),
            14 => Some("SIGALRM"),
            15 => Some("SIGTERM"),
            _ => None,
        };
        Some(Self {
            number,
            name,
            core_dumped: dumped,
        })
    }
}
