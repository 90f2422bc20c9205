//! The facts of an alert that an exception goes by, in the order of their worth: first those that an intruder does not
//! choose, then those that he does, which only narrow it further.

mod asked;
mod credential;
mod variables;

use super::pattern::pattern;
use crate::eql::{Event as _, Field, Schema as _, Value};
use crate::exception::quoted;
use crate::facts::FactSchema;
use crate::past::PastAlert;
pub(super) use asked::command_line;

/// One test of the condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// What it says, for whoever reads the exception.
    pub(super) why: &'static str,
    /// The field.
    pub(super) field: &'static str,
    /// The test, as EQL has it.
    pub(super) test: String,
}

/// Facts that are taken as they are and that whoever runs a program does not choose, each with what it says. One that
/// another has said already is left out.
const UNCHOSEN: &[(&str, &str)] = &[
    ("user.name", "who"),
    ("user.id", "who, as the node knows no name for this id"),
    ("process.real_user.name", "who started it"),
    ("kubectl_watch.login_user.name", "who logged in"),
    ("source.ip", "from where"),
    ("orchestrator.namespace", "where"),
    (POD, "in which pods: `*` stands for what looks made for this one"),
    ("container.name", "where in the pod"),
    ("orchestrator.resource.id", "where, until this pod ends"),
    ("container.id", "where, until this container ends"),
    (
        "process.hash.sha256",
        "which program, by its content: an update of it is an alert again",
    ),
    ("process.executable", "which file"),
    ("process.parent.executable", "what started it"),
    ("process.parent.parent.executable", "what started that"),
];

/// The pod's name.
const POD: &str = "orchestrator.resource.name";
/// The content of the script.
pub(super) const SCRIPT_HASH: &str = "kubectl_watch.script.sha256";

/// Its path.
const SCRIPT_PATH: &str = "kubectl_watch.script.path";

/// Where it happened, as far as names of cgroups and the folders of the kubelet tell.
const PLACE: &[&str] = &[
    "orchestrator.namespace",
    "orchestrator.resource.id",
    POD,
    "container.id",
    "container.name",
];

impl Fact {
    /// That a field has this value.
    pub(super) fn is(why: &'static str, field: &'static str, value: &str) -> Self {
        let test = format!("{field} == {}", quoted(value));
        Self { why, field, test }
    }

    /// The same, but for what differs by each run.
    fn is_like(why: &'static str, field: &'static str, value: &str) -> Self {
        match pattern(value) {
            Some(pattern) => Self {
                why,
                field,
                test: format!("{field} like {}", quoted(&pattern)),
            },
            None => Self::is(why, field, value),
        }
    }

    /// That a field has no value.
    fn is_absent(why: &'static str, field: &'static str) -> Self {
        let test = format!("{field} == null");
        Self { why, field, test }
    }

    /// Whether it is one of those that are meant by a name: the field itself, or all below it.
    pub(super) fn is_of(&self, name: &str) -> bool {
        let rest = self.field.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether it says where.
    pub(super) fn is_of_place(&self) -> bool {
        PLACE.contains(&self.field)
    }
}

/// All facts of an alert.
pub(super) fn all(alert: &PastAlert) -> Vec<Fact> {
    let mut facts = Vec::new();
    for &(field, why) in UNCHOSEN {
        if !is_said(alert, field) {
            let values = values(alert, field).unwrap_or_default();
            let make = if field == POD { Fact::is_like } else { Fact::is };
            facts.extend(values.iter().map(|value| make(why, field, value)));
        }
    }
    if is_absent(alert, "container.id") {
        facts.push(Fact::is_absent("in no container", "container.id"));
    }
    if let Some(hash) = alert.text(SCRIPT_HASH) {
        let why = "by which script, by its content: a change of it is an alert again";
        facts.push(Fact::is(why, SCRIPT_HASH, hash));
    }
    credential::add(alert, &mut facts);
    variables::add(alert, &mut facts);
    if let Some(script) = script(alert).filter(|_| alert.text(SCRIPT_HASH).is_none()) {
        facts.push(Fact::is("the script, by its path", "process.parent.args", script));
    }
    if let Some(name) = values(alert, "process.parent.name").and_then(|names| names.into_iter().next())
        && !is_said(alert, "process.parent.name")
    {
        facts.push(Fact::is(
            "by which name that was started",
            "process.parent.name",
            &name,
        ));
    }
    asked::add(alert, &mut facts);
    facts
}

/// The fields that it would go by if no secret had been redacted in them: a mark in a condition would never be met.
pub(super) fn redacted(alert: &PastAlert) -> Vec<&'static str> {
    let unchosen = UNCHOSEN.iter().map(|&(field, _)| field);
    let others = ["process.parent.name", SCRIPT_PATH, credential::PATH].into_iter();
    let fields = unchosen.chain(others).chain(asked::fields());
    let mut redacted: Vec<_> = fields.filter(|field| alert.has_mark(field)).collect();
    if variables::is_redacted(alert) {
        redacted.push(variables::VARIABLES);
    }
    redacted
}

/// Each value of a field. None where it is not known, not all of it is in the alert, a secret was in it, or it is no
/// text: bytes have no way into a condition.
pub(super) fn values(alert: &PastAlert, name: &str) -> Option<Vec<String>> {
    let field = FactSchema.field(name).filter(|field| alert.is_known(*field))?;
    let (mut values, mut is_whole) = (Vec::new(), true);
    each_text(alert, field, &mut |text| match text {
        Some(text) if !text.ends_with('…') => values.push(text),
        _ => is_whole = false,
    });
    is_whole.then_some(values)
}

/// Shows each value; none for one that is no text.
fn each_text(alert: &PastAlert, field: Field, see: &mut dyn FnMut(Option<String>)) {
    alert.any(field, &mut |value| {
        see(match value {
            Value::Str(text) => String::from_utf8(text.to_vec()).ok(),
            Value::Int(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Float(_) => None,
        });
        false
    });
}

/// Whether it is known that a field has no value.
fn is_absent(alert: &PastAlert, name: &str) -> bool {
    values(alert, name).is_some_and(|values| values.is_empty())
}

/// Whether another fact says the same, or more that lasts.
fn is_said(alert: &PastAlert, field: &str) -> bool {
    let same = |other: &str| alert.text(field) == alert.text(other);
    let has_names = alert.text(POD).is_some();
    match field {
        "user.id" => alert.text("user.name").is_some(),
        "process.real_user.name" | "kubectl_watch.login_user.name" => same("user.name"),
        "orchestrator.resource.id" => has_names,
        "container.id" => has_names || alert.text("orchestrator.resource.id").is_some(),
        // Where it is the file's own name it says nothing more.
        "process.parent.name" => alert
            .text("process.parent.executable")
            .is_some_and(|path| alert.text(field) == Some(last(path))),
        _ => false,
    }
}

/// The path of the script that the parent runs, where it is one.
pub(super) fn script(alert: &PastAlert) -> Option<&str> {
    let name = alert.text("process.parent.name")?;
    if is_said(alert, "process.parent.name") {
        return None;
    }
    let args = alert.texts("process.parent.args");
    let path = args
        .into_iter()
        .find(|arg| arg.starts_with('/') && last(arg) == name);
    path.filter(|path| !path.contains(r"\x") && !path.ends_with('…'))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
