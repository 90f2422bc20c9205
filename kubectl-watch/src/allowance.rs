//! The narrowest useful exception for an alert, as the text of a file.
//!
//! It goes by what an intruder does not choose: who, where, with which content, started by which file. What is
//! chosen, names and arguments, only narrows it further. As whom kubectl acted is always part of it, because that is
//! what the alert was about.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::eql::Schema as _;
use crate::exception::{Exception, quoted};
use crate::facts::FactSchema;
use crate::past::{PastAlert, shown};

/// What the alert does not say.
#[derive(Clone, Debug)]
pub struct Wording {
    /// What to call the exception.
    pub name: Option<String>,
    /// Why it is harmless.
    pub reason: Option<String>,
    /// Who says so.
    pub owner: String,
    /// Until when.
    pub expires: String,
}

/// Why there is no exception for an alert.
#[derive(Debug, thiserror::Error)]
pub enum AllowError {
    /// The alert says too little.
    #[error("the alert names no {0}, and an exception without it would silence intruders too")]
    TooLittle(&'static str),
    /// What was made cannot be used, which is this program's fault or that of what it was given.
    #[error("the exception cannot be used: {0}")]
    Unusable(String),
}

/// Facts that are taken as they are, each with what it says, in the order in which they are written. One that this
/// program cannot ask for, or that another has said already, is left out.
const FACTS: &[(&str, &str)] = &[
    ("user.name", "who"),
    ("user.id", "who, as the node knows no name for this id"),
    ("process.real_user.name", "who started it"),
    ("kubectl_watch.login_user.name", "who logged in"),
    ("source.ip", "from where"),
    ("orchestrator.namespace", "where"),
    ("container.name", "where in the pod"),
    (
        "orchestrator.resource.id",
        "where, in this very pod: without it, in any that is like it",
    ),
    ("container.id", "where, until this container ends"),
    (
        "process.hash.sha256",
        "which program, by its content: an update of it is an alert again",
    ),
    ("process.executable", "which file"),
    ("process.parent.executable", "what started it"),
    ("process.parent.name", "the script that did, by its name"),
    ("process.parent.parent.executable", "what started that"),
    ("user.target.name", "as whom it acts"),
    ("user.target.id", "as whom it acts"),
    ("kubectl_watch.request.kubeconfig", "with which configuration"),
];

/// The content of the script.
const SCRIPT_HASH: &str = "kubectl_watch.script.sha256";

/// Programs that everybody has, so that to be started by one says nothing of who did it.
const EVERYBODYS: &[&str] = &[
    "ash", "bash", "busybox", "dash", "env", "fish", "ksh", "perl", "python", "sh", "sudo", "tcsh", "zsh",
];

impl Wording {
    /// The file's text, and the exception that it is.
    pub fn exception(&self, alert: &PastAlert) -> Result<(String, Exception), AllowError> {
        let tests = tests(alert)?;
        let rule = alert.rule();
        let name = self.name.clone().unwrap_or_else(|| name(alert));
        let reason = self
            .reason
            .clone()
            .unwrap_or_else(|| "Why is this harmless?".to_owned());
        let mut out = String::new();
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(out, "# From alert {} of {}.", shown(alert.id()), alert.time);
        let _ = writeln!(
            out,
            "# It goes by who, where, by which content and from which file. Names and arguments"
        );
        let _ = writeln!(
            out,
            "# are chosen by whoever runs a program: they narrow it, and are never all there is."
        );
        for doubt in doubts(alert) {
            let _ = writeln!(out, "# {doubt}");
        }
        let _ = writeln!(out, "[[exception]]");
        for (key, value) in [("name", &name), ("reason", &reason), ("owner", &self.owner)] {
            let _ = writeln!(out, "{key} = {}", toml::Value::String(value.clone()));
        }
        let _ = writeln!(out, "expires = {}", toml::Value::String(self.expires.clone()));
        let _ = writeln!(out, "# {}", alert.rule_name());
        let _ = writeln!(out, "rules = [{}]", toml::Value::String(rule.to_owned()));
        let _ = writeln!(out, "condition = '''\n{}\n'''", tests.join(" and\n"));
        let exceptions =
            Exception::from_toml(&out).map_err(|error| AllowError::Unusable(error.to_string()))?;
        match exceptions.into_iter().next() {
            Some(exception) => Ok((out, exception)),
            None => Err(AllowError::Unusable("it is empty".to_owned())),
        }
    }
}

/// When an exception ends if nobody says: in 90 days.
pub fn default_expiry(now: Timestamp) -> String {
    let end = now
        .saturating_add(SignedDuration::from_hours(90 * 24))
        .unwrap_or(now);
    end.to_string().chars().take("2027-06-30".len()).collect()
}

fn name(alert: &PastAlert) -> String {
    let who = alert
        .text("user.name")
        .or_else(|| alert.text("user.id"))
        .unwrap_or("somebody");
    let parent = alert
        .text("process.parent.name")
        .map(|parent| format!(" from {parent}"))
        .unwrap_or_default();
    let id: String = alert
        .id()
        .chars()
        .rev()
        .take(8)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    format!("{who}{parent} ({id})")
}

/// The tests, each with a comment before it.
fn tests(alert: &PastAlert) -> Result<Vec<String>, AllowError> {
    if alert
        .text("user.name")
        .or_else(|| alert.text("user.id"))
        .is_none()
    {
        return Err(AllowError::TooLittle("user"));
    }
    let test = |why: &str, field: &str, value: &str| format!("  // {why}\n  {field} == {}", quoted(value));
    let mut tests = Vec::new();
    for &(field, why) in FACTS {
        let name = if field == "process.parent.parent.executable" {
            "kubectl_watch.ancestors.0.executable"
        } else {
            field
        };
        let can_be_asked = FactSchema
            .field(field)
            .is_some_and(|field| !FactSchema.is_unfilled(field));
        match alert.text(name) {
            Some(value)
                if can_be_asked && is_exact(value) && !is_said(alert, field) && !is_told(alert, field) =>
            {
                tests.push(test(why, field, value));
            }
            _ => {}
        }
    }
    if let Some(hash) = alert.text(SCRIPT_HASH) {
        let why = "by which script, by its content: a change of it is an alert again";
        tests.push(test(why, SCRIPT_HASH, hash));
    } else if let Some(script) = script(alert) {
        tests.push(test("the script, by its path", "process.parent.args", script));
    }
    for group in alert.texts("user.target.group.name") {
        tests.push(test("as a member of", "user.target.group.name", group));
    }
    for (field, why) in [
        ("container.id", "in no container"),
        ("user.target.name", "as nobody who is known"),
    ] {
        if !alert.has(field) {
            tests.push(format!("  // {why}\n  {field} == null"));
        }
    }
    Ok(tests)
}

/// Whether another fact says the same, or more that lasts.
fn is_said(alert: &PastAlert, field: &str) -> bool {
    let same = |other: &str| alert.text(field) == alert.text(other);
    match field {
        "user.id" => alert.text("user.name").is_some(),
        "process.real_user.name" | "kubectl_watch.login_user.name" => same("user.name"),
        "container.id" => alert.text("orchestrator.resource.id").is_some(),
        // Where it is the file's own name it says nothing more.
        "process.parent.name" => alert
            .text("process.parent.executable")
            .is_some_and(|path| alert.text(field) == Some(last(path))),
        _ => false,
    }
}

/// Whether it is an origin that the environment alone tells of: exceptions believe only the kernel, so one by it would
/// never hold.
fn is_told(alert: &PastAlert, field: &str) -> bool {
    field == "source.ip" && alert.text("kubectl_watch.source.known_by") != Some("socket")
}

/// The path of the script that the parent runs, where it is one.
fn script(alert: &PastAlert) -> Option<&str> {
    let name = alert.text("process.parent.name")?;
    if is_said(alert, "process.parent.name") {
        return None;
    }
    let args = alert.texts("process.parent.args");
    let path = args
        .into_iter()
        .find(|arg| arg.starts_with('/') && last(arg) == name);
    path.filter(|path| is_exact(path))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a text is the value itself: bytes that are no text have no way into a condition.
fn is_exact(value: &str) -> bool {
    !value.contains(r"\x") && !value.ends_with('…')
}

/// What whoever reads the exception has to know.
fn doubts(alert: &PastAlert) -> Vec<&'static str> {
    let mut doubts = Vec::new();
    if alert.text("process.hash.sha256").is_none() {
        doubts.push(
            "Its content is not in the alert: the update that follows an alert has the hash. Give the file that both are in \
             with --alerts.",
        );
    }
    let parent = alert.text("process.parent.executable").map(last);
    let is_everybodys = |parent: &str| {
        let parent = parent.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.');
        EVERYBODYS.contains(&parent)
    };
    let has_script_hash = alert.text(SCRIPT_HASH).is_some();
    if !has_script_hash && script(alert).is_some() {
        doubts.push(
            "The script is named by its path alone, as the alert does not have its hash: whoever can write there chooses \
             what it does.",
        );
    }
    if parent.is_none_or(is_everybodys) && script(alert).is_none() && !has_script_hash {
        doubts.push("Everybody has the program that started it: what tells this from an intruder is who and where alone.");
    }
    if alert.text("container.id").is_some() {
        doubts.push(
            "A pod or a container ends, and this exception with it: name what stays, if there is something.",
        );
    }
    if alert.has_secret("process.args") {
        doubts.push(
            "A secret was redacted in the arguments: which token or password it was is no part of this.",
        );
    }
    doubts
}

#[cfg(test)]
mod tests;
