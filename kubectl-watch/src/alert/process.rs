//! ECS `process` and `process.parent`, from an event.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::document::Identity;
use super::evidence::Redacted;
use super::executable::Hash;
use super::host::Host;
use super::lineage::Origin;
use super::text::{ArgList, CommandLine, Text};
use crate::event::{self, Args, ProcessEvent, capability};

/// Bytes of arguments up to which they are also joined to one line.
const MAX_COMMAND_LINE: usize = 64 * 1024;

/// What a process and its parent have in common.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Common {
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) executable: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) args: Option<ArgList>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) args_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command_line: Option<CommandLine>,
}

/// ECS `process`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Process {
    #[serde(flatten)]
    pub(crate) common: Common,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<Hash>,
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tty: Option<Tty>,
    thread: Thread,
    pub(crate) user: Identity,
    pub(crate) real_user: Identity,
    saved_user: Identity,
    group: Identity,
    real_group: Identity,
    saved_group: Identity,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supplemental_groups: Vec<Identity>,
    pub(crate) parent: Parent,
    #[serde(flatten)]
    pub(crate) origin: Origin,
}

/// ECS `process.parent`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Parent {
    #[serde(flatten)]
    pub(crate) common: Common,
}

#[derive(Clone, Debug, Serialize)]
struct Tty {
    char_device: CharDevice,
}

#[derive(Clone, Debug, Serialize)]
struct CharDevice {
    major: u32,
    minor: u32,
}

#[derive(Clone, Debug, Serialize)]
struct Thread {
    id: u32,
    capabilities: Capabilities,
}

#[derive(Clone, Debug, Serialize)]
struct Capabilities {
    effective: Vec<Cow<'static, str>>,
    permitted: Vec<Cow<'static, str>>,
}

impl Process {
    pub(super) fn new(event: &ProcessEvent, host: &Host, mut redacted: Redacted) -> Self {
        let origin = Origin::new(event, host, &mut redacted);
        let credentials = &event.credentials;
        let names = &event.names;
        let (user, group) = (credentials.user, credentials.group);
        let saved_group = [(group.effective, &names.group), (group.real, &names.real_group)]
            .into_iter()
            .find_map(|(id, name)| name.clone().filter(|_| id == group.saved));
        Self {
            common: Common::new(&event.process, host, redacted.process).seen_by(event),
            hash: Hash::of(&event.executable.content),
            interactive: event.place.tty.is_some(),
            tty: event.place.tty.map(|(major, minor)| Tty {
                char_device: CharDevice { major, minor },
            }),
            thread: Thread {
                id: event.process.tid,
                capabilities: Capabilities {
                    effective: capability::names(credentials.cap_effective).collect(),
                    permitted: capability::names(credentials.cap_permitted).collect(),
                },
            },
            user: Identity::new(user.effective, names.user.clone()),
            real_user: Identity::new(user.real, names.real_user.clone()),
            saved_user: Identity::new(user.saved, names.saved_user.clone()),
            group: Identity::new(group.effective, names.group.clone()),
            real_group: Identity::new(group.real, names.real_group.clone()),
            saved_group: Identity::new(group.saved, saved_group),
            supplemental_groups: (event.circumstances.groups.iter())
                .map(|(id, name)| Identity::new(*id, name.clone()))
                .collect(),
            parent: Parent {
                common: Common::new(&event.parent, host, redacted.parent).seen_by(event),
            },
            origin,
        }
    }
}

impl Common {
    /// A process, and what may be shown of its arguments.
    pub(super) fn new(process: &event::Process, host: &Host, args: Args) -> Self {
        let is_short = args.command_line().len() < MAX_COMMAND_LINE;
        let is_counted = !args.is_empty() && !process.args.is_cut();
        Self {
            pid: process.pid,
            entity_id: entity_id(process, host),
            start: (process.start != Timestamp::UNIX_EPOCH).then(|| super::document::time(process.start)),
            name: Text::known(&process.name),
            executable: Text::known(&process.executable),
            args_count: is_counted.then_some(process.args.len()),
            command_line: (!args.is_empty() && is_short).then(|| CommandLine(args.clone())),
            args: (!args.is_empty()).then_some(ArgList(args)),
        }
    }
}

impl Common {
    /// `/proc` gives the start of a process to a hundredth of a second: too little for an id that the kernel's
    /// exact one makes.
    fn seen_by(self, event: &ProcessEvent) -> Self {
        Self {
            entity_id: self.entity_id.filter(|_| !event.found_running),
            ..self
        }
    }
}

/// Names a process among all of all nodes for ever: the node, its boot, the pid and the exact start. None where
/// the start is not known, since pids come back.
pub(super) fn entity_id(process: &event::Process, host: &Host) -> Option<String> {
    if process.start_boot_ns == 0 {
        return None;
    }
    let boot = host.boot.as_ref().map_or("", |boot| &boot.id);
    let mut hash = Sha256::new();
    for text in [host.id.as_deref().unwrap_or_default(), boot] {
        hash.update(text);
        hash.update([0]);
    }
    hash.update(process.pid.to_le_bytes());
    hash.update(process.start_boot_ns.to_le_bytes());
    let hash = hash.finalize();
    let half = u128::from_be_bytes(hash.first_chunk().copied()?);
    Some(format!("{half:032x}"))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
