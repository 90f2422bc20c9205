//! The fields a rule can name, and how an event answers for each of them.
//!
//! Nothing is copied to answer. A field that other products fill and this sensor does not is known as such, so
//! that a rule which needs it is told apart from one with a misspelt name.

mod unfilled;

use std::io::Write;

use super::{Process, ProcessEvent, capability};
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
    ProcessExecutable = "process.executable",
    ProcessGroupId = "process.group.id",
    ProcessGroupName = "process.group.name",
    ProcessInteractive = "process.interactive",
    ProcessName = "process.name",
    ProcessParentArgs = "process.parent.args",
    ProcessParentArgsCount = "process.parent.args_count",
    ProcessParentCommandLine = "process.parent.command_line",
    ProcessParentExecutable = "process.parent.executable",
    ProcessParentName = "process.parent.name",
    ProcessParentPid = "process.parent.pid",
    ProcessParentThreadId = "process.parent.thread.id",
    ProcessPid = "process.pid",
    ProcessRealGroupId = "process.real_group.id",
    ProcessRealGroupName = "process.real_group.name",
    ProcessRealUserId = "process.real_user.id",
    ProcessRealUserName = "process.real_user.name",
    ProcessSavedGroupId = "process.saved_group.id",
    ProcessSavedUserId = "process.saved_user.id",
    ProcessSavedUserName = "process.saved_user.name",
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
                    | Known::ProcessParentArgs
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
            ..
        } = self;
        match known {
            K::ContainerId => maybe(place.container_id.as_ref(), visit),
            K::OrchestratorResourceId => maybe(place.pod_uid.as_ref(), visit),
            K::EventSequence => number(self.sequence, visit),
            K::ProcessName => text(&process.name, visit),
            K::ProcessExecutable => text(&process.executable, visit),
            K::ProcessArgs => process.args.iter().any(|arg| visit(Value::Str(arg))),
            K::ProcessArgsCount => args_count(process, visit),
            K::ProcessCommandLine => text(process.args.command_line(), visit),
            K::ProcessPid => pid(process.pid, visit),
            K::ProcessThreadId => pid(process.tid, visit),
            K::ProcessVpid => pid(place.ns_pid, visit),
            K::ProcessParentName => text(&parent.name, visit),
            K::ProcessParentExecutable => text(&parent.executable, visit),
            K::ProcessParentArgs => parent.args.iter().any(|arg| visit(Value::Str(arg))),
            K::ProcessParentArgsCount => args_count(parent, visit),
            K::ProcessParentCommandLine => text(parent.args.command_line(), visit),
            K::ProcessParentPid => pid(parent.pid, visit),
            K::ProcessParentThreadId => pid(parent.tid, visit),
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

type Visit<'a> = &'a mut dyn FnMut(Value<'_>) -> bool;

/// Text that is empty where it is unknown.
fn text(text: &[u8], visit: Visit<'_>) -> bool {
    !text.is_empty() && visit(Value::Str(text))
}

fn maybe(text: Option<&String>, visit: Visit<'_>) -> bool {
    text.is_some_and(|text| visit(Value::Str(text.as_bytes())))
}

fn number(number: impl TryInto<i64>, visit: Visit<'_>) -> bool {
    number.try_into().is_ok_and(|number| visit(Value::Int(number)))
}

/// A process id, which is 0 where it is unknown.
fn pid(pid: u32, visit: Visit<'_>) -> bool {
    pid != 0 && number(pid, visit)
}

/// The count, unless the arguments themselves are unknown: every process is exec'd with at least one.
fn args_count(process: &Process, visit: Visit<'_>) -> bool {
    !process.args.is_empty() && number(i64::try_from(process.args.len()).unwrap_or(i64::MAX), visit)
}

/// A user's or group's id, which is text in ECS.
fn id(id: u32, visit: Visit<'_>) -> bool {
    let mut digits = [0; 10];
    let mut rest = &mut digits[..];
    if write!(rest, "{id}").is_err() {
        return false;
    }
    let left = rest.len();
    visit(Value::Str(&digits[..digits.len() - left]))
}

/// Whether `visit` says yes to the name of any capability.
fn capabilities(set: u64, visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    capability::names(set).any(|name| visit(Value::Str(name.as_bytes())))
}

#[cfg(test)]
mod tests;
