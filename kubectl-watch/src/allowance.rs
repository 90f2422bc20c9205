//! The narrowest useful exception for an alert, as the text of a file.
//!
//! It goes by what an intruder does not choose: who, where, with which content, started by which file. What is
//! chosen, as whom, by which kubeconfig, what is asked and with which arguments, only narrows it further; and what differs
//! by each run of the same job is no part of it.

mod fact;
mod pattern;

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::exception::{Exception, is_everybodys};
use crate::past::{PastAlert, shown};
use fact::{Fact, script};

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
    /// Fields that the exception is not to go by, each with all that are below it.
    pub without: Vec<String>,
}

/// An exception that was made.
#[derive(Debug)]
pub struct Allowance {
    /// The text of its file.
    pub text: String,
    /// What that says.
    pub exception: Exception,
    /// What it does not go by because somebody said so, each as the test that it would have been.
    pub left_out: Vec<String>,
    /// The fields that it does not go by because a secret was redacted in them.
    pub redacted: Vec<&'static str>,
}

/// Why there is no exception for an alert.
#[derive(Debug, thiserror::Error)]
pub enum AllowError {
    /// The alert says too little.
    #[error("the alert names no {0}, and an exception without it would silence intruders too")]
    TooLittle(&'static str),
    /// It has no such fact that could be left out.
    #[error("the exception does not go by {without}, so it cannot be left out; it goes by {}", facts.join(", "))]
    NotThere {
        /// What was to be left out.
        without: String,
        /// What there is.
        facts: Vec<&'static str>,
    },
    /// What was made cannot be used, which is this program's fault or that of what it was given.
    #[error("the exception cannot be used: {0}")]
    Unusable(String),
}

impl Wording {
    /// The file's text, and the exception that it is.
    pub fn exception(&self, alert: &PastAlert) -> Result<Allowance, AllowError> {
        if alert
            .text("user.name")
            .or_else(|| alert.text("user.id"))
            .is_none()
        {
            return Err(AllowError::TooLittle("user"));
        }
        let (left_out, facts) = self.divide(fact::all(alert))?;
        let mut doubts = doubts(alert);
        let is_doubted = |facts: &mut dyn Iterator<Item = &Fact>| {
            // Without any fact it is not even read.
            let made = self.made(alert, facts, &[], &[]);
            made.map_or(true, |(_, exception)| !exception.doubts.is_empty())
        };
        if is_doubted(&mut facts.iter()) {
            doubts.push(
                "Every intruder who gets this far can meet it: nothing in it is anybody's own. Rather let it be an alert, \
                 or add who did it or what started it.",
            );
        } else if is_doubted(&mut facts.iter().filter(|fact| !fact.is_of_place())) {
            doubts.push(
                "Nothing but the pod or the container tells this from an intruder, and who is root in a container that \
                 may make control groups can look like another one: add what started it, if there is something.",
            );
        }
        let (text, exception) = self.made(alert, &mut facts.iter(), &doubts, &left_out)?;
        let left_out = left_out.into_iter().map(|fact| fact.test).collect();
        Ok(Allowance {
            text,
            exception,
            left_out,
            redacted: fact::redacted(alert),
        })
    }

    /// What is to be left out, and what stays.
    fn divide(&self, facts: Vec<Fact>) -> Result<(Vec<Fact>, Vec<Fact>), AllowError> {
        for without in &self.without {
            if !facts.iter().any(|fact| fact.is_of(without)) {
                let mut names: Vec<_> = facts.iter().map(|fact| fact.field).collect();
                names.dedup();
                return Err(AllowError::NotThere {
                    without: without.clone(),
                    facts: names,
                });
            }
        }
        let is_left_out = |fact: &Fact| self.without.iter().any(|without| fact.is_of(without));
        Ok(facts.into_iter().partition(is_left_out))
    }

    /// The text with these facts and comments, read as any other file of exceptions.
    fn made(
        &self,
        alert: &PastAlert,
        facts: &mut dyn Iterator<Item = &Fact>,
        doubts: &[&str],
        left_out: &[Fact],
    ) -> Result<(String, Exception), AllowError> {
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
        for doubt in doubts {
            let _ = writeln!(out, "# {doubt}");
        }
        for field in fact::redacted(alert) {
            let _ = writeln!(
                out,
                "# Broader than it could be, as a secret was redacted in it: {field}"
            );
        }
        for fact in left_out {
            let _ = writeln!(
                out,
                "# Broader than it could be, as this was left out: {}",
                fact.test
            );
        }
        let _ = writeln!(out, "[[exception]]");
        for (key, value) in [("name", &name), ("reason", &reason), ("owner", &self.owner)] {
            let _ = writeln!(out, "{key} = {}", toml::Value::String(value.clone()));
        }
        let _ = writeln!(out, "expires = {}", toml::Value::String(self.expires.clone()));
        let _ = writeln!(out, "# {}", alert.rule_name());
        let _ = writeln!(out, "rules = [{}]", toml::Value::String(alert.rule().to_owned()));
        let _ = writeln!(out, "condition = '''\n{}\n'''", condition(facts));
        let exceptions =
            Exception::from_toml(&out).map_err(|error| AllowError::Unusable(error.to_string()))?;
        match exceptions.into_iter().next() {
            Some(exception) => Ok((out, exception)),
            None => Err(AllowError::Unusable("it is empty".to_owned())),
        }
    }
}

/// The tests, each with a comment before it; those that follow each other and say the same with one.
fn condition(facts: &mut dyn Iterator<Item = &Fact>) -> String {
    let mut out = String::new();
    let mut said = "";
    for fact in facts {
        if !out.is_empty() {
            out.push_str(" and\n");
        }
        if fact.why != said {
            let _ = writeln!(out, "  // {}", fact.why);
            said = fact.why;
        }
        let _ = write!(out, "  {}", fact.test);
    }
    out
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

/// What whoever reads the exception has to know.
fn doubts(alert: &PastAlert) -> Vec<&'static str> {
    let mut doubts = Vec::new();
    if alert.text("process.hash.sha256").is_none() {
        doubts.push(
            "Its content is not in the alert: the update that follows an alert has the hash. Give the file that both are in \
             with --alerts.",
        );
    }
    let parent = alert.text("process.parent.executable");
    let has_script_hash = alert.text(fact::SCRIPT_HASH).is_some();
    if !has_script_hash && script(alert).is_some() {
        doubts.push(
            "The script is named by its path alone, as the alert does not have its hash: whoever can write there chooses \
             what it does.",
        );
    }
    if parent.is_none_or(is_everybodys) && script(alert).is_none() && !has_script_hash {
        doubts.push("Everybody has the program that started it: what tells this from an intruder is who and where alone.");
    }
    let has_names = alert.text("orchestrator.resource.name").is_some();
    if alert.text("container.id").is_some() && !has_names {
        doubts.push(
            "A pod or a container ends, and this exception with it: name what stays, if there is something.",
        );
    }
    if alert.has_secret("process.args") {
        doubts.push(
            "A secret was redacted in the arguments: which token or password it was is no part of this.",
        );
    }
    if fact::command_line(alert).is_none() {
        doubts.push("Its arguments are no part of this, as they are long or no text: it lets pass the same with others.");
    }
    let gaps = alert.texts("kubectl_watch.gaps");
    if gaps.contains(&"kubectl_watch.kubeconfig") {
        doubts.push(
            "Its kubeconfig was not read: an update may have it. Give the file that both are in with --alerts.",
        );
    }
    if gaps.contains(&"process.env_vars") {
        doubts.push("Its environment was not read: which kubeconfig a variable names is no part of this.");
    }
    doubts
}

#[cfg(test)]
mod tests;
