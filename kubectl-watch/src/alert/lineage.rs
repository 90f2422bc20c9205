//! Where a process comes from: ECS `process.previous` and the leaders, and our own list of ancestors.

use serde::Serialize;

use super::evidence::Redacted;
use super::host::Host;
use super::process::Common;
use super::text::Text;
use crate::event::{self, Args, EntryKind, Lineage, ProcessEvent};

/// The part of ECS `process` that tells of its origin.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Origin {
    /// A list, as ECS has it; of several images only the last is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    previous: Vec<Previous>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entry_leader: Option<EntryLeader>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_leader: Option<Common>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_leader: Option<Common>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    env_vars: Vec<Text>,
}

/// What the process ran before.
#[derive(Clone, Debug, Serialize)]
struct Previous {
    executable: Text,
}

/// What ECS has no name for of that.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PreviousName {
    name: Text,
}

/// ECS `process.entry_leader`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EntryLeader {
    #[serde(flatten)]
    pub(crate) common: Common,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entry_meta: Option<EntryMeta>,
}

/// How it came in.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EntryMeta {
    pub(crate) r#type: &'static str,
}

/// A process above the parent.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ancestor {
    #[serde(flatten)]
    pub(crate) common: Common,
    /// It had ended before the exec.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    left: bool,
}

impl Origin {
    pub(super) fn new(event: &ProcessEvent, host: &Host, redacted: &mut Redacted) -> Self {
        let Lineage {
            previous,
            session_leader,
            group_leader,
            entry_leader,
            entry_kind,
            ..
        } = &event.lineage;
        let leader = |process: &event::Process, args: &Args| {
            (process.pid != 0).then(|| Common::new(process, host, args.clone()))
        };
        Self {
            previous: Text::known(&previous.executable)
                .map(|executable| Previous { executable })
                .into_iter()
                .collect(),
            entry_leader: leader(entry_leader, &redacted.entry_leader).map(|common| EntryLeader {
                common,
                entry_meta: entry_kind.map(|kind| EntryMeta {
                    r#type: EntryKind::name(kind),
                }),
            }),
            session_leader: leader(session_leader, &redacted.session_leader),
            group_leader: leader(group_leader, &redacted.group_leader),
            env_vars: redacted.variables.drain(..).map(Text).collect(),
        }
    }
}

impl PreviousName {
    pub(super) fn of(event: &ProcessEvent) -> Option<Self> {
        Text::known(&event.lineage.previous.name).map(|name| Self { name })
    }
}

/// The processes above the parent, the nearest first.
pub(super) fn ancestors(event: &ProcessEvent, host: &Host) -> Vec<Ancestor> {
    let ancestors = event.lineage.ancestors.iter();
    ancestors
        .map(|ancestor| Ancestor {
            common: Common::new(&ancestor.process, host, Args::default()),
            left: ancestor.has_left,
        })
        .collect()
}
