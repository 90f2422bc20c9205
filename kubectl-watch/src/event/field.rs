//! The fields a rule can name, and how an event answers for each of them.

use super::{Process, ProcessEvent, basename};
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
    EventProvider = "event.provider",
    EventType = "event.type",
    GroupId = "group.id",
    HostOsFamily = "host.os.family",
    HostOsType = "host.os.type",
    ProcessArgs = "process.args",
    ProcessArgsCount = "process.args_count",
    ProcessCommandLine = "process.command_line",
    ProcessExecutable = "process.executable",
    ProcessGroupId = "process.group.id",
    ProcessInteractive = "process.interactive",
    ProcessName = "process.name",
    ProcessParentArgs = "process.parent.args",
    ProcessParentArgsCount = "process.parent.args_count",
    ProcessParentCommandLine = "process.parent.command_line",
    ProcessParentExecutable = "process.parent.executable",
    ProcessParentName = "process.parent.name",
    ProcessParentPid = "process.parent.pid",
    ProcessPid = "process.pid",
    ProcessRealGroupId = "process.real_group.id",
    ProcessRealUserId = "process.real_user.id",
    ProcessSavedGroupId = "process.saved_group.id",
    ProcessSavedUserId = "process.saved_user.id",
    ProcessThreadCapabilitiesEffective = "process.thread.capabilities.effective",
    ProcessThreadCapabilitiesPermitted = "process.thread.capabilities.permitted",
    ProcessThreadId = "process.thread.id",
    ProcessTtyMajor = "process.tty.char_device.major",
    ProcessTtyMinor = "process.tty.char_device.minor",
    ProcessUserId = "process.user.id",
    UserId = "user.id",
}
