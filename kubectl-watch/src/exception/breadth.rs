//! How much a condition lets through: too much is refused, and what an intruder can choose is doubted.
//!
//! Whether a condition is too broad is asked of the compiled form, by events that nobody would make an exception
//! for: one of which nothing is known, and ones whose every field has the same value made up here.

use crate::eql::condition::{Condition, Subject};
use crate::eql::{Event, Field, Schema as _, Value};
use crate::facts::FactSchema;

/// Values that nobody would name: only a test that nearly everything meets is met by one. Numbers are there large
/// and below zero, for `>` and `<`.
const MADE_UP: [Value<'static>; 6] = [
    Value::Str(b"\x01nobody's value\x01"),
    Value::Str(b"/\x01nowhere/nobody's value\x01"),
    Value::Int(0x7777_7777_7777),
    Value::Int(-0x7777_7777_7777),
    Value::Bool(true),
    Value::Bool(false),
];

/// Fields whose value whoever runs a program chooses freely.
const CHOSEN: &[&str] = &[
    "process.args",
    "process.args_count",
    "process.command_line",
    "process.entry_leader.args",
    "process.entry_leader.args_count",
    "process.entry_leader.command_line",
    "process.entry_leader.name",
    "process.env_vars",
    "process.group_leader.args",
    "process.group_leader.args_count",
    "process.group_leader.command_line",
    "process.group_leader.name",
    "process.interactive",
    "process.name",
    "process.parent.args",
    "process.parent.args_count",
    "process.parent.command_line",
    "process.parent.name",
    "process.parent.parent.name",
    "process.previous.name",
    "process.session_leader.args",
    "process.session_leader.args_count",
    "process.session_leader.command_line",
    "process.session_leader.name",
    "kubectl_watch.exec_path",
    "kubectl_watch.executable.loaded.path",
    "kubectl_watch.script.path",
    "kubectl_watch.script.unknown",
];

/// Families of such fields: nobody has checked a token or a certificate, a kubeconfig has the names that its writer
/// likes, and the rest is in the arguments. A hash is what it is.
const CHOSEN_FAMILIES: &[&str] = &[
    "kubectl_watch.credential.",
    "kubectl_watch.kubeconfig.",
    "kubectl_watch.request.",
    "orchestrator.cluster.",
    "user.target.",
];

fn is_chosen(field: Field) -> bool {
    let name = FactSchema.name(field);
    let is_of_family = CHOSEN_FAMILIES.iter().any(|family| name.starts_with(family));
    CHOSEN.contains(&name) || (is_of_family && !name.ends_with(".sha256"))
}

/// An event of which every field has these values.
struct Same<'a>(&'a [Value<'static>]);

impl Event for Same<'_> {
    fn any(&self, _: Field, visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.0.iter().any(|value| visit(*value))
    }
}

/// Why a condition would silence everything, if it would.
pub(super) fn fault(condition: &Condition) -> Option<&'static str> {
    if holds_somewhere(condition, &Same(&[]), true) {
        return Some(
            "it holds for an event of which nothing is known, so it would silence everything: \
             say what has to be there, not only what must not",
        );
    }
    let singles = MADE_UP.iter().map(std::slice::from_ref);
    let mut events = singles.chain([&MADE_UP[..]]).map(Same);
    events
        .any(|event| holds_somewhere(condition, &event, true))
        .then_some(
            "it holds for an event that is made up, so it would silence everything: \
         name a user, a container, a hash or a path, not only that there is one",
        )
}

/// Whether somebody who chooses names, arguments and variables can meet it by that alone.
pub(super) fn is_anybodys_choice(condition: &Condition) -> bool {
    can_be_chosen(condition, true)
}

/// Whether it holds on some node: there what a test of the node says is what is `wanted` of it. To silence all that
/// happens on a node, or on all with a label, is too much.
fn holds_somewhere(condition: &Condition, event: &Same<'_>, wanted: bool) -> bool {
    match condition {
        Condition::Test(Subject::Field(field), _) if FactSchema.is_of_node(*field) => wanted,
        Condition::Always(_) | Condition::Test(..) => condition.holds(event),
        Condition::Not(inner) => !holds_somewhere(inner, event, !wanted),
        Condition::All(parts) => parts.iter().all(|part| holds_somewhere(part, event, wanted)),
        Condition::Any(parts) => parts.iter().any(|part| holds_somewhere(part, event, wanted)),
    }
}

/// Whether it can be brought to hold, or not to, by what is freely chosen.
fn can_be_chosen(condition: &Condition, holds: bool) -> bool {
    match condition {
        Condition::Always(value) => *value == holds,
        // Not to have a value is easy.
        Condition::Test(..) if !holds => true,
        Condition::Test(Subject::Field(field), _) => is_chosen(*field),
        Condition::Test(Subject::Computed(calculation, _), _) => {
            let mut all = true;
            calculation.each_field(&mut |field| all &= is_chosen(field));
            all
        }
        Condition::Not(inner) => can_be_chosen(inner, !holds),
        Condition::All(parts) if holds => parts.iter().all(|part| can_be_chosen(part, true)),
        Condition::All(parts) => parts.iter().any(|part| can_be_chosen(part, false)),
        Condition::Any(parts) if holds => parts.iter().any(|part| can_be_chosen(part, true)),
        Condition::Any(parts) => parts.iter().all(|part| can_be_chosen(part, false)),
    }
}
