//! The fields a rule can name, and how an event answers for each of them.
//!
//! Nothing is copied to answer. A field that other products fill and this sensor does not is known as such, so
//! that a rule which needs it is told apart from one with a misspelt name.

mod executable;
mod known;
mod kubeconfig;
mod unfilled;
mod visit;

use self::known::{KNOWN, Known};
use self::visit::{args, args_count, capabilities, command_line, id, maybe, number, pid, text};
use super::{EntryKind, ProcessEvent};
use crate::eql::{Anchoring, Event, Field, Knowledge, Schema, Value};

/// The schema of [`ProcessEvent`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessSchema;

impl ProcessSchema {
    /// The number of a field that this sensor fills.
    fn known(field: Field) -> Option<Known> {
        KNOWN.get(usize::from(field.0)).map(|(known, _)| *known)
    }

    /// The number of `process.name`.
    pub const NAME: Field = Field(Known::ProcessName as u16);

    /// The number of `kubectl_watch.executable.tool`.
    pub const TOOL: Field = Field(Known::ExecutableTool as u16);

    /// The number of `kubectl_watch.executable.tool_source`.
    pub const TOOL_SOURCE: Field = Field(Known::ExecutableToolSource as u16);

    /// What saves the kernel from sending every exec for a rule: a name, or something that is in the file.
    pub const ANCHORING: Anchoring<'static> = Anchoring {
        listed: &[Self::NAME],
        open: &[
            Self::TOOL,
            Self::TOOL_SOURCE,
            Field(Known::ExecutableBuildId as u16),
            Field(Known::ExecutableGoModule as u16),
            Field(Known::ExecutableGoPath as u16),
            Field(Known::ExecutableGoVersion as u16),
            Field(Known::ExecutableKind as u16),
            Field(Known::ExecutableLoadedPath as u16),
            Field(Known::ExecutableLoadedTool as u16),
            Field(Known::ExecutablePacked as u16),
            Field(Known::ExecutableUnknown as u16),
        ],
    };

    /// The names of all fields that this sensor fills.
    pub fn filled(self) -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(_, name)| *name)
    }
}

impl Schema for ProcessSchema {
    fn field(&self, name: &str) -> Option<Field> {
        let known = KNOWN.iter().position(|(_, known)| *known == name);
        let number = known.or_else(|| unfilled::position(name).map(|position| KNOWN.len() + position))?;
        u16::try_from(number).ok().map(Field)
    }

    fn name(&self, field: Field) -> &'static str {
        let number = usize::from(field.0);
        match KNOWN.get(number) {
            Some((_, name)) => name,
            None => unfilled::name(number - KNOWN.len()),
        }
    }

    fn knowledge(&self, field: Field) -> Knowledge {
        let Some(known) = Self::known(field) else {
            return Knowledge::Never;
        };
        let constant: &'static str = match known {
            Known::EventAction => "exec",
            Known::EventCategory => "process",
            Known::EventDataset => "kubectl_watch.process",
            Known::EventKind => "event",
            Known::EventModule => "kubectl_watch",
            Known::EventOutcome => "success",
            Known::EventProvider => "ebpf",
            Known::EventType => "start",
            Known::HostOsType => "linux",
            _ => return Knowledge::Varies,
        };
        Knowledge::Always(Value::Str(constant.as_bytes()))
    }

    fn repeats(&self, field: Field) -> bool {
        matches!(
            Self::known(field),
            Some(
                Known::ExecutableTool
                    | Known::ExecutableToolSource
                    | Known::KubeconfigNamedFlag
                    | Known::KubeconfigNamedHomeOfOthers
                    | Known::KubeconfigNamedVariable
                    | Known::ProcessArgs
                    | Known::ProcessEntryLeaderArgs
                    | Known::ProcessEnvVars
                    | Known::ProcessGroupLeaderArgs
                    | Known::ProcessParentArgs
                    | Known::ProcessSessionLeaderArgs
                    | Known::ProcessThreadCapabilitiesEffective
                    | Known::ProcessThreadCapabilitiesPermitted
            )
        )
    }

    fn is_long(&self, field: Field) -> bool {
        matches!(
            Self::known(field),
            Some(Known::ProcessCommandLine | Known::ProcessParentCommandLine)
        )
    }

    fn category(&self) -> &'static str {
        "process"
    }
}

impl Event for ProcessEvent {
    fn any(&self, field: Field, visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        use Known as K;
        let Some(known) = ProcessSchema::known(field) else {
            return false;
        };
        let Self {
            process,
            parent,
            credentials,
            names,
            place,
            lineage,
            environment,
            ..
        } = self;
        let above = lineage.ancestors.first().map(|ancestor| &ancestor.process);
        match known {
            K::ContainerId => maybe(place.container_id.as_ref(), visit),
            K::OrchestratorResourceId => maybe(place.pod_uid.as_ref(), visit),
            K::EventSequence => number(self.sequence, visit),
            K::ProcessName => text(&process.name, visit),
            K::ProcessExecutable => text(&process.executable, visit),
            K::ProcessArgs => args(process, visit),
            K::ProcessArgsCount => args_count(process, visit),
            K::ProcessCommandLine => command_line(process, visit),
            K::ProcessEnvVars => environment.iter().any(|variable| visit(Value::Str(variable))),
            K::KubeconfigNamedFlag
            | K::KubeconfigNamedHome
            | K::KubeconfigNamedHomeOfOthers
            | K::KubeconfigNamedVariable => kubeconfig::any(self, known, visit),
            K::ProcessPid => pid(process.pid, visit),
            K::ProcessThreadId => pid(process.tid, visit),
            K::ProcessVpid => pid(place.ns_pid, visit),
            K::ProcessParentName => text(&parent.name, visit),
            K::ProcessParentExecutable => text(&parent.executable, visit),
            K::ProcessParentArgs => args(parent, visit),
            K::ProcessParentArgsCount => args_count(parent, visit),
            K::ProcessParentCommandLine => command_line(parent, visit),
            K::ProcessParentPid => pid(parent.pid, visit),
            K::ProcessParentThreadId => pid(parent.tid, visit),
            K::ProcessParentInteractive => {
                lineage.parent.session != 0 && visit(Value::Bool(lineage.parent.tty.is_some()))
            }
            K::ProcessParentParentExecutable => above.is_some_and(|it| text(&it.executable, visit)),
            K::ProcessParentParentName => above.is_some_and(|it| text(&it.name, visit)),
            K::ProcessParentParentPid => above.is_some_and(|it| pid(it.pid, visit)),
            K::ProcessPreviousExecutable => text(&lineage.previous.executable, visit),
            K::ProcessPreviousName => text(&lineage.previous.name, visit),
            K::ProcessEntryLeaderType => {
                text(lineage.entry_kind.map_or("", EntryKind::name).as_bytes(), visit)
            }
            K::ProcessEntryLeaderArgs => args(&lineage.entry_leader, visit),
            K::ProcessEntryLeaderArgsCount => args_count(&lineage.entry_leader, visit),
            K::ProcessEntryLeaderCommandLine => command_line(&lineage.entry_leader, visit),
            K::ProcessEntryLeaderExecutable => text(&lineage.entry_leader.executable, visit),
            K::ProcessEntryLeaderName => text(&lineage.entry_leader.name, visit),
            K::ProcessEntryLeaderPid => pid(lineage.entry_leader.pid, visit),
            K::ProcessGroupLeaderArgs => args(&lineage.group_leader, visit),
            K::ProcessGroupLeaderArgsCount => args_count(&lineage.group_leader, visit),
            K::ProcessGroupLeaderCommandLine => command_line(&lineage.group_leader, visit),
            K::ProcessGroupLeaderExecutable => text(&lineage.group_leader.executable, visit),
            K::ProcessGroupLeaderName => text(&lineage.group_leader.name, visit),
            K::ProcessGroupLeaderPid => pid(lineage.group_leader.pid, visit),
            K::ProcessSessionLeaderArgs => args(&lineage.session_leader, visit),
            K::ProcessSessionLeaderArgsCount => args_count(&lineage.session_leader, visit),
            K::ProcessSessionLeaderCommandLine => command_line(&lineage.session_leader, visit),
            K::ProcessSessionLeaderExecutable => text(&lineage.session_leader.executable, visit),
            K::ProcessSessionLeaderName => text(&lineage.session_leader.name, visit),
            K::ProcessSessionLeaderPid => pid(lineage.session_leader.pid, visit),
            K::UserId | K::UserEffectiveId | K::ProcessUserId => id(credentials.user.effective, visit),
            K::UserRealId | K::ProcessRealUserId => id(credentials.user.real, visit),
            K::ProcessSavedUserId => id(credentials.user.saved, visit),
            K::GroupId | K::ProcessGroupId => id(credentials.group.effective, visit),
            K::GroupRealId | K::ProcessRealGroupId => id(credentials.group.real, visit),
            K::ProcessSavedGroupId => id(credentials.group.saved, visit),
            K::UserName | K::UserEffectiveName | K::ProcessUserName => maybe(names.user.as_ref(), visit),
            K::UserRealName | K::ProcessRealUserName => maybe(names.real_user.as_ref(), visit),
            K::ProcessSavedUserName => maybe(names.saved_user.as_ref(), visit),
            K::GroupName | K::ProcessGroupName => maybe(names.group.as_ref(), visit),
            K::GroupRealName | K::ProcessRealGroupName => maybe(names.real_group.as_ref(), visit),
            K::Traced => self.is_traced && visit(Value::Bool(true)),
            K::ProcessInteractive => visit(Value::Bool(place.tty.is_some())),
            K::ProcessTtyMajor => place.tty.is_some_and(|(major, _)| number(major, visit)),
            K::ProcessTtyMinor => place.tty.is_some_and(|(_, minor)| number(minor, visit)),
            K::ProcessThreadCapabilitiesEffective => capabilities(credentials.cap_effective, visit),
            K::ProcessThreadCapabilitiesPermitted => capabilities(credentials.cap_permitted, visit),
            K::EventAction
            | K::EventCategory
            | K::EventDataset
            | K::EventKind
            | K::EventModule
            | K::EventOutcome
            | K::EventProvider
            | K::EventType
            | K::HostOsType => match ProcessSchema.knowledge(field) {
                Knowledge::Always(value) => visit(value),
                Knowledge::Varies | Knowledge::Never => false,
            },
            about_file => executable::any(self, about_file, visit),
        }
    }
}

#[cfg(test)]
mod tests;
