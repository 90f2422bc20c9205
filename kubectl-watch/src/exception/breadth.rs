//! How much a condition lets through: too much is refused, and what an intruder can meet is doubted.
//!
//! Whether a condition is too broad is asked of the compiled form, by events that nobody would make an exception
//! for: one of which nothing is known, ones whose every field has the same value made up here, and the usual kubectl
//! as somebody of whom nothing else is known runs it.

use super::everybody::{Anybody, MADE_UP};
use crate::eql::condition::{Condition, Subject};
use crate::eql::{Event, Field, Schema as _, Value};
use crate::facts::FactSchema;

/// Fields that a doubt names.
const MAX_NAMED: usize = 4;

/// Fields whose value whoever runs a program chooses freely; which program that is, too.
const CHOSEN: &[&str] = &[
    "process.args",
    "process.args_count",
    "process.command_line",
    "process.entry_leader.args",
    "process.entry_leader.args_count",
    "process.entry_leader.command_line",
    "process.entry_leader.name",
    "process.env_vars",
    "process.executable",
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
    "kubectl_watch.script.path",
    "kubectl_watch.script.unknown",
];

/// Families of such fields. Everybody can run the same program, so its content says nothing of him; nobody has checked a
/// token, a kubeconfig has the names that its writer likes, and who has stolen one has it byte by byte.
const CHOSEN_FAMILIES: &[&str] = &[
    "kubectl_watch.credential.",
    "kubectl_watch.executable.",
    "kubectl_watch.kubeconfig.",
    "kubectl_watch.kuberc.",
    "kubectl_watch.request.",
    "orchestrator.cluster.",
    "process.hash.",
    "user.target.",
];

fn is_chosen(field: Field) -> bool {
    let name = FactSchema.name(field);
    CHOSEN.contains(&name) || CHOSEN_FAMILIES.iter().any(|family| name.starts_with(family))
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
    if events.any(|event| holds_somewhere(condition, &event, true)) {
        return Some(
            "it holds for an event that is made up, so it would silence everything: \
             name a user, a container, a hash or a path, not only that there is one",
        );
    }
    anybody(&[false])
        .any(|event| holds_somewhere(condition, &event, true))
        .then_some(
            "it holds for the usual program as anybody runs it, so it would silence a rule for everybody: \
             add who (user.name), where (container.id, orchestrator.namespace) or what started it \
             (kubectl_watch.script.sha256, or a process.parent.executable that not everybody has)",
        )
}

/// Why an intruder can meet it, if he can: by what is freely chosen and what everybody has.
pub(super) fn doubt(condition: &Condition) -> Option<String> {
    if !can_be_met(condition, true) {
        return None;
    }
    let (mut chosen, mut shared) = (Vec::new(), Vec::new());
    each_test(condition, &mut |test, field| {
        let list = match is_chosen(field) {
            true => &mut chosen,
            false if is_everybodys(test) => &mut shared,
            false => return,
        };
        let name = FactSchema.name(field);
        if !list.contains(&name) {
            list.push(name);
        }
    });
    let mut reasons = Vec::new();
    if !chosen.is_empty() {
        reasons.push(format!("whoever runs a program chooses {}", first(&chosen)));
    }
    if !shared.is_empty() {
        reasons.push(format!("everybody can have that {}", first(&shared)));
    }
    if reasons.is_empty() {
        reasons.push("what it asks for need only be absent".to_owned());
    }
    Some(format!(
        "every intruder can meet it: {}; add who (user.name), where (container.id, orchestrator.namespace) or what \
         started it (kubectl_watch.script.sha256, or a process.parent.executable that not everybody has)",
        reasons.join(", and ")
    ))
}

/// The first names of a list, and how many more there are.
fn first(names: &[&str]) -> String {
    let (first, rest) = names.split_at(names.len().min(MAX_NAMED));
    match rest.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// The usual program, run by whoever: started by what is usual or by something else, with much known or nothing.
fn anybody(roots: &'static [bool]) -> impl Iterator<Item = Anybody> {
    roots.iter().flat_map(|&is_root| {
        [true, false].into_iter().flat_map(move |is_usually_started| {
            [&[][..], &MADE_UP[..]].into_iter().map(move |rest| Anybody {
                is_usually_started,
                is_root,
                rest,
            })
        })
    })
}

/// Whether what everybody has meets a test.
fn is_everybodys(test: &Condition) -> bool {
    let is_of_node =
        matches!(test, Condition::Test(Subject::Field(field), _) if FactSchema.is_of_node(*field));
    is_of_node || anybody(&[false, true]).any(|event| test.holds(&event))
}

/// Shows each test with each field that it is about.
fn each_test(condition: &Condition, see: &mut dyn FnMut(&Condition, Field)) {
    match condition {
        Condition::Always(_) => {}
        Condition::Test(Subject::Field(field), _) => see(condition, *field),
        Condition::Test(Subject::Computed(calculation, _), _) => {
            calculation.each_field(&mut |field| see(condition, field));
        }
        Condition::Not(inner) => each_test(inner, see),
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                each_test(part, see);
            }
        }
    }
}

/// Whether it holds on some node: there what a test of the node says is what is `wanted` of it. To silence all that
/// happens on a node, or on all with a label, is too much.
fn holds_somewhere(condition: &Condition, event: &dyn Event, wanted: bool) -> bool {
    match condition {
        Condition::Test(Subject::Field(field), _) if FactSchema.is_of_node(*field) => wanted,
        Condition::Always(_) | Condition::Test(..) => condition.holds(event),
        Condition::Not(inner) => !holds_somewhere(inner, event, !wanted),
        Condition::All(parts) => parts.iter().all(|part| holds_somewhere(part, event, wanted)),
        Condition::Any(parts) => parts.iter().any(|part| holds_somewhere(part, event, wanted)),
    }
}

/// Whether an intruder can bring it to hold, or not to.
fn can_be_met(condition: &Condition, holds: bool) -> bool {
    match condition {
        Condition::Always(value) => *value == holds,
        // Not to have a value is easy.
        Condition::Test(..) if !holds => true,
        Condition::Test(..) => {
            let mut all = true;
            each_test(condition, &mut |_, field| all &= is_chosen(field));
            all || is_everybodys(condition)
        }
        Condition::Not(inner) => can_be_met(inner, !holds),
        Condition::All(parts) if holds => parts.iter().all(|part| can_be_met(part, true)),
        Condition::All(parts) => parts.iter().any(|part| can_be_met(part, false)),
        Condition::Any(parts) if holds => parts.iter().any(|part| can_be_met(part, true)),
        Condition::Any(parts) => parts.iter().all(|part| can_be_met(part, false)),
    }
}
