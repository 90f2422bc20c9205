//! The narrowest useful exception for an alert, as the text of a file.
//!
//! It goes by what an intruder does not choose: who, where, with which content, started by which file. What is
//! chosen, names and arguments, only narrows it further. As whom kubectl acted is always part of it, because that is
//! what the alert was about.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::exception::{Exception, quoted};
use crate::past::PastAlert;

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
    #[error("the alert names no {0}, and without it an exception would silence intruders too")]
    TooLittle(&'static str),
    /// What was made cannot be used, which is this program's fault or that of what it was given.
    #[error("the exception cannot be used: {0}")]
    Unusable(String),
}

/// How much a fact says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worth {
    /// An intruder cannot choose it without more rights than he uses here.
    Firm,
    /// It narrows, and is chosen freely.
    Chosen,
}

/// Facts that are taken as they are, in the order in which they are written.
const FACTS: &[(&str, Worth, &str)] = &[
    ("user.name", Worth::Firm, "who"),
    (
        "user.id",
        Worth::Firm,
        "who, as the node knows no name for this id",
    ),
    ("process.real_user.name", Worth::Firm, "who started it"),
    ("orchestrator.namespace", Worth::Firm, "where"),
    (
        "kubernetes.pod.name",
        Worth::Firm,
        "where; a pod's name changes with each pod of a deployment",
    ),
    ("container.image.name", Worth::Firm, "where"),
    (
        "container.id",
        Worth::Firm,
        "where; an id changes with each start of the container",
    ),
    (
        "process.hash.sha256",
        Worth::Firm,
        "which program, by its content; an update of it is a new hash",
    ),
    (
        "process.executable",
        Worth::Chosen,
        "which file; of use only where others may not write it",
    ),
    ("process.parent.executable", Worth::Firm, "what started it"),
    ("process.parent.name", Worth::Chosen, "the script that did"),
    ("user.target.name", Worth::Chosen, "as whom it acts"),
    ("user.target.id", Worth::Chosen, "as whom it acts"),
    (
        "kubectl_watch.request.kubeconfig",
        Worth::Chosen,
        "with which configuration",
    ),
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
        let _ = writeln!(out, "# From alert {} of {}.", alert.id(), alert.time);
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
        let _ = writeln!(out, "# {}", alert.rule_name().replace(char::is_control, " "));
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

/// The tests, each a line with a comment behind it.
fn tests(alert: &PastAlert) -> Result<Vec<String>, AllowError> {
    let mut tests = Vec::new();
    let mut firm = 0;
    for &(field, worth, why) in FACTS {
        // One name for a user is enough, and who started it says nothing new if it is the same.
        let is_said = match field {
            "user.id" => alert.text("user.name").is_some(),
            "process.real_user.name" => alert.text(field) == alert.text("user.name"),
            "container.id" => alert.text("orchestrator.namespace").is_some(),
            _ => false,
        };
        let Some(value) = alert.text(field).filter(|value| !is_said && is_exact(value)) else {
            continue;
        };
        firm += usize::from(worth == Worth::Firm);
        tests.push(format!("  /* {why} */ {field} == {}", quoted(value)));
    }
    if alert.text("container.id").is_none() {
        tests.push("  /* where: in no container */ container.id == null".to_owned());
    }
    for group in alert.texts("user.target.group.name") {
        if is_exact(group) {
            tests.push(format!(
                "  /* as a member of */ user.target.group.name == {}",
                quoted(group)
            ));
        }
    }
    if alert.text("user.target.name").is_none() {
        tests.push("  /* as nobody else by a flag */ user.target.name == null".to_owned());
    }
    if alert
        .text("user.name")
        .or_else(|| alert.text("user.id"))
        .is_none()
    {
        return Err(AllowError::TooLittle("user"));
    }
    if firm < 2 {
        return Err(AllowError::TooLittle(
            "container, content hash or file of the parent",
        ));
    }
    Ok(tests)
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
            "The content of the program is not in the alert: its update has the hash, if it is in the file of alerts.",
        );
    }
    if alert.text("container.id").is_some() && alert.text("orchestrator.namespace").is_none() {
        doubts.push("container.id ends with the container: name what stays, such as orchestrator.resource.id or a user.");
    }
    if alert.has_secret("process.args") {
        doubts.push(
            "A secret was redacted in the arguments: which token or password it was is no part of this.",
        );
    }
    doubts
}
