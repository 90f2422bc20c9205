//! How a value of each kind is shown to a rule.

use std::io::Write;

use crate::eql::Value;
use crate::event::{Args, Process, capability};

/// Who is shown a value, and says whether it is the one.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Value<'_>) -> bool;

/// Text that is empty where it is unknown.
pub(super) fn text(text: &[u8], visit: Visit<'_>) -> bool {
    !text.is_empty() && visit(Value::Str(text))
}

/// Text that may be unknown.
pub(super) fn maybe(text: Option<&String>, visit: Visit<'_>) -> bool {
    text.is_some_and(|text| visit(Value::Str(text.as_bytes())))
}

/// A number, unless it is too large to be one in a rule.
pub(super) fn number(number: impl TryInto<i64>, visit: Visit<'_>) -> bool {
    number.try_into().is_ok_and(|number| visit(Value::Int(number)))
}

/// A process id, which is 0 where it is unknown.
pub(super) fn pid(pid: u32, visit: Visit<'_>) -> bool {
    pid != 0 && number(pid, visit)
}

/// The count, unless the arguments themselves are unknown: every process is exec'd with at least one.
pub(super) fn args_count(process: &Process, visit: Visit<'_>) -> bool {
    !process.args.is_empty() && number(i64::try_from(process.args.len()).unwrap_or(i64::MAX), visit)
}

/// A user's or group's id, which is text in ECS.
pub(super) fn id(id: u32, visit: Visit<'_>) -> bool {
    let mut digits = [0; 10];
    let mut rest = &mut digits[..];
    if write!(rest, "{id}").is_err() {
        return false;
    }
    let left = rest.len();
    visit(Value::Str(&digits[..digits.len() - left]))
}

/// Whether `visit` says yes to the name of any capability.
pub(super) fn capabilities(set: u64, visit: Visit<'_>) -> bool {
    capability::names(set).any(|name| visit(Value::Str(name.as_bytes())))
}

/// Each argument.
pub(super) fn args(process: &Process, visit: Visit<'_>) -> bool {
    each(&process.args, visit)
}

/// Each text of a list.
pub(super) fn each(list: &Args, visit: Visit<'_>) -> bool {
    list.iter().any(|text| visit(Value::Str(text)))
}

/// All arguments with a space between.
pub(super) fn command_line(process: &Process, visit: Visit<'_>) -> bool {
    text(process.args.command_line(), visit)
}
