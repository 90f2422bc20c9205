//! The fields a rule can name, and how an event answers for each of them.
//!
//! Nothing is copied to answer. A field that other products fill and this sensor does not is known as such, so
//! that a rule which needs it is told apart from one with a misspelt name.

mod unfilled;
mod visit;

use self::visit::{args, args_count, capabilities, command_line, id, maybe, number, pid, text};
use super::{EntryKind, ProcessEvent};
use crate::eql::{Event, Field, Knowledge, Schema, Value};

/// The fields that this sensor fills, in the order of their numbers.
macro_rules! fields {
    ($($variant:ident = $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        enum Known { $($variant,)* }
        const KNOWN: &[(Known, &str)] = &[$((Known::$variant, $name),)*];
    };
}

fields! {
    ContainerId = "container.id",
    EventAction = "event.action",
    EventCategory = "event.category",
    EventDataset = "event.dataset",
    EventKind = "event.kind",
    EventModule = "event.module",
    EventOutcome = "event.outcome",
    EventProvider = "event.provider",
    EventSequence = "event.sequence",
    EventType = "event.type",
    GroupId = "group.id",
    GroupName = "group.name",
    GroupRealId = "group.Ext.real.id",
    GroupRealName = "group.Ext.real.name",
    HostOsType = "host.os.type",
    OrchestratorResourceId = "orchestrator.resource.id",
    ProcessArgs = "process.args",
    ProcessArgsCount = "process.args_count",
    ProcessCommandLine = "process.command_line",
    ProcessEntryLeaderArgs = "process.entry_leader.args",
    ProcessEntryLeaderArgsCount = "process.entry_leader.args_count",
    ProcessEntryLeaderCommandLine = "process.entry_leader.command_line",
    ProcessEntryLeaderExecutable = "process.entry_leader.executable",
    ProcessEntryLeaderName = "process.entry_leader.name",
    ProcessEntryLeaderPid = "process.entry_leader.pid",
    ProcessEntryLeaderType = "process.entry_leader.entry_meta.type",
    ProcessEnvVars = "process.env_vars",
    ProcessExecutable = "process.executable",
    ProcessGroupId = "process.group.id",
    ProcessGroupName = "process.group.name",
    ProcessGroupLeaderArgs = "process.group_leader.args",
    ProcessGroupLeaderArgsCount = "process.group_leader.args_count",
    ProcessGroupLeaderCommandLine = "process.group_leader.command_line",
    ProcessGroupLeaderExecutable = "process.group_leader.executable",
    ProcessGroupLeaderName = "process.group_leader.name",
    ProcessGroupLeaderPid = "process.group_leader.pid",
    ProcessInteractive = "process.interactive",
    ProcessName = "process.name",
    ProcessParentArgs = "process.parent.args",
    ProcessParentArgsCount = "process.parent.args_count",
    ProcessParentCommandLine = "process.parent.command_line",
    ProcessParentExecutable = "process.parent.executable",
    ProcessParentInteractive = "process.parent.interactive",
    ProcessParentName = "process.parent.name",
    ProcessParentParentExecutable = "process.parent.parent.executable",
    ProcessParentParentName = "process.parent.parent.name",
    ProcessParentParentPid = "process.parent.parent.pid",
    ProcessParentPid = "process.parent.pid",
    ProcessParentThreadId = "process.parent.thread.id",
    ProcessPid = "process.pid",
    ProcessPreviousExecutable = "process.previous.executable",
    ProcessPreviousName = "process.previous.name",
    ProcessRealGroupId = "process.real_group.id",
    ProcessRealGroupName = "process.real_group.name",
    ProcessRealUserId = "process.real_user.id",
    ProcessRealUserName = "process.real_user.name",
    ProcessSavedGroupId = "process.saved_group.id",
    ProcessSavedUserId = "process.saved_user.id",
    ProcessSavedUserName = "process.saved_user.name",
    ProcessSessionLeaderArgs = "process.session_leader.args",
    ProcessSessionLeaderArgsCount = "process.session_leader.args_count",
    ProcessSessionLeaderCommandLine = "process.session_leader.command_line",
    ProcessSessionLeaderExecutable = "process.session_leader.executable",
    ProcessSessionLeaderName = "process.session_leader.name",
    ProcessSessionLeaderPid = "process.session_leader.pid",
    ProcessThreadCapabilitiesEffective = "process.thread.capabilities.effective",
    ProcessThreadCapabilitiesPermitted = "process.thread.capabilities.permitted",
    ProcessThreadId = "process.thread.id",
    ProcessTtyMajor = "process.tty.char_device.major",
    ProcessTtyMinor = "process.tty.char_device.minor",
    ProcessUserId = "process.user.id",
    ProcessUserName = "process.user.name",
    ProcessVpid = "process.vpid",
    UserEffectiveId = "user.effective.id",
    UserEffectiveName = "user.effective.name",
    UserId = "user.id",
    UserName = "user.name",
    UserRealId = "user.Ext.real.id",
    UserRealName = "user.Ext.real.name",
}

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
                Known::ProcessArgs
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
        }
    }
}

#[cfg(test)]
mod tests;
