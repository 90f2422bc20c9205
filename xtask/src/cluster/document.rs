//! The story as the document `docs/cluster.md`.

use super::story::{Act, Story, text};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fmt::Write as _;

const BEFORE: &str = include_str!("document/before.md");

/// The document.
pub(super) fn document(story: &Story) -> Result<String> {
    let mut page = BEFORE.to_owned();
    for (number, act) in (1..).zip(&story.acts) {
        write(&mut page, number, act)?;
    }
    let last = story.acts.last().context("nothing happened")?;
    writeln!(
        page,
        "## What to do\n\n`kubectl-watch runbook` says of the last of them:\n"
    )?;
    code(&mut page, "", last.runbook.trim_end())?;
    page.truncate(page.trim_end().len());
    Ok(page + "\n")
}

fn write(page: &mut String, number: usize, act: &Act) -> Result<()> {
    let args = act.alert["process"]["args"]
        .as_array()
        .context("an alert without arguments")?;
    let line: Vec<&str> = args.iter().filter_map(Value::as_str).collect();
    writeln!(page, "\n## {number}. `{}`\n", line.join(" "))?;
    writeln!(page, "Of the alert, and of what the process did next:\n")?;
    code(page, "json", &pretty(&part(&act.alert, OF_ALERT))?)?;
    code(page, "json", &pretty(&part(&act.follow_up, OF_FOLLOW_UP))?)?;
    writeln!(page, "What the API server logged, {}:\n", after(act)?)?;
    code(page, "json", &pretty(&act.request)?)?;
    writeln!(
        page,
        "Joined by:\n\n| of the alert | of the request | value |\n|---|---|---|"
    )?;
    for [field, other, value] in act.joins() {
        writeln!(page, "| `{field}` | `{other}` | `{value}` |")?;
    }
    writeln!(page).context("there is no room")
}

/// How long after the exec.
fn after(act: &Act) -> Result<String> {
    let time = |document, field| -> Result<jiff::Timestamp> {
        Ok(text(document, field).context("there is no time")?.parse()?)
    };
    let exec = time(&act.alert, "@timestamp")?;
    let request = time(&act.request, "requestReceivedTimestamp")?;
    Ok(format!(
        "{} ms after the exec",
        request.duration_since(exec).as_millis()
    ))
}

fn code(page: &mut String, language: &str, text: &str) -> Result<()> {
    writeln!(page, "```{language}\n{text}\n```\n").context("there is no room")
}

fn pretty(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).context("it cannot be written")
}

/// What is shown of an alert.
const OF_ALERT: &[&str] = &[
    "@timestamp",
    "event.id",
    "event.reason",
    "process.pid",
    "process.executable",
    "process.parent.command_line",
    "user",
    "container",
    "orchestrator",
    "kubectl_watch.credential",
    "kubectl_watch.matched",
    "kubectl_watch.request",
    "kubectl_watch.surroundings",
];
/// And of a follow-up.
const OF_FOLLOW_UP: &[&str] = &[
    "event.action",
    "event.end",
    "process.pid",
    "process.exit_code",
    "kubectl_watch",
];

/// A part of a document.
fn part(document: &Value, fields: &[&str]) -> Value {
    let mut part = Value::Null;
    for field in fields {
        let names: Vec<&str> = field.split('.').collect();
        let found = names.iter().try_fold(document, |value, name| value.get(name));
        if let Some(found) = found {
            *names.iter().fold(&mut part, |value, name| &mut value[name]) = found.clone();
        }
    }
    part
}
