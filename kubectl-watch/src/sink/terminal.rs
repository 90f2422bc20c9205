//! Alerts for a person at a terminal: a block of a few aligned lines each.
//!
//! Nearly all of it was chosen by whoever ran the process, so it goes through [`crate::shell`] before it is shown.

mod args;
mod circumstances;
mod content;
mod follow_up;
mod notice;
mod request;
mod surroundings;

use std::fmt::Write as _;
use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use super::Sink;
use super::kept::Kept;
use crate::alert::{Alert, Document, Message, Parent, RepeatSummary};
use crate::rule::Severity;
use crate::shell::plain;
use args::{command, shortened};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// Writes blocks to anything, a terminal as a rule.
#[derive(Debug)]
pub struct Terminal<W> {
    writer: W,
    /// Where what is shown is kept, so that it can be allowed.
    kept: Option<Kept>,
}

impl Terminal<AutoStream<io::Stdout>> {
    /// Writes to standard output, in colour where it can show it and `NO_COLOR` and the like don't forbid it.
    pub fn new() -> Self {
        Self::to(AutoStream::auto(io::stdout()))
    }
}

impl Default for Terminal<AutoStream<io::Stdout>> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Write> Terminal<W> {
    /// Writes elsewhere, always in colour.
    pub fn to(writer: W) -> Self {
        Self { writer, kept: None }
    }

    /// Keeps alerts in this file, and says of each how to allow it.
    #[must_use]
    pub fn keeping(self, kept: Kept) -> Self {
        Self {
            kept: Some(kept),
            ..self
        }
    }

    /// Keeps what an exception can be made of, and gives the command that does so for an alert.
    fn keep(&mut self, message: &Message) -> Option<String> {
        let (Message::Alert(_) | Message::Update(_)) = message else {
            return None;
        };
        let kept = self.kept.as_mut()?;
        match (kept.add(message), message) {
            (Ok(true), Message::Alert(alert)) => Some(kept.command(alert.id())),
            (Ok(_), _) => None,
            (Err(error), _) => {
                tracing::warn!(%error, "alerts are kept for `kubectl-watch allow` no longer");
                self.kept = None;
                None
            }
        }
    }

    /// What it wrote to.
    #[cfg(test)]
    pub(super) fn into_inner(self) -> W {
        self.writer
    }
}

impl<W: Write> Sink for Terminal<W> {
    fn name(&self) -> &'static str {
        "text"
    }

    fn deliver(&mut self, message: &Message) -> io::Result<()> {
        let allow = self.keep(message);
        let block = match message {
            Message::Alert(alert) => block(alert, allow.as_deref()),
            Message::Notice(notice) => notice::block(notice),
            Message::Update(update) => content::update(update),
            Message::Summary(summary) => summary_line(summary),
            Message::FollowUp(follow_up) => follow_up::block(follow_up),
        };
        self.writer.write_all(block.as_bytes())?;
        self.writer.flush()
    }
}

/// The block of an alert, in colour, with an empty line behind it. How to allow it is said where there is a command that
/// does so.
#[must_use]
pub fn block(alert: &Alert, allow: Option<&str>) -> String {
    let document = &alert.document;
    let mut out = String::new();
    let colour = Style::new().bold().fg_color(Some(colour(alert.severity).into()));
    let exception = document.kubectl_watch.exception.as_ref();
    let severity = exception.map_or(alert.severity.name().to_uppercase(), |_| "EXCEPTED".into());
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        out,
        "{colour}{severity:<8}{colour:#}  {BOLD}{}{BOLD:#}\n{DIM}{}  {}{DIM:#}",
        plain(&document.rule.name),
        milliseconds(&document.timestamp),
        plain(&document.host.name),
    );
    let process = &document.process.common;
    if let Some(args) = &process.args {
        line(&mut out, "ran", &command(&args.0, &alert.matched_args));
    }
    line(
        &mut out,
        "file",
        &file(process.executable.as_ref().map(|text| &text.0), process.pid),
    );
    if let Some(content) = document
        .kubectl_watch
        .executable
        .as_ref()
        .and_then(content::content)
    {
        line(&mut out, "is", &content);
    }
    line(&mut out, "user", &user(document));
    if let Some(asked) = request::acts_as(document) {
        line(&mut out, "acts as", &asked);
    }
    if let Some(asked) = document.kubectl_watch.request.as_ref().and_then(request::asks) {
        line(&mut out, "asks", &asked);
    }
    line(&mut out, "parent", &parent(&document.process.parent));
    for (label, text) in circumstances::Known::of(document).lines() {
        line(&mut out, label, &text);
    }
    if let Some(with) = surroundings::with(&document.kubectl_watch) {
        line(&mut out, "with", &with);
    }
    for (index, matched) in document.kubectl_watch.matched.iter().enumerate() {
        let value = shortened(&matched.value.0);
        line(
            &mut out,
            if index == 0 { "matched" } else { "" },
            &format!("{} = {value}", plain(&matched.field)),
        );
    }
    if !document.kubectl_watch.gaps().is_empty() {
        line(
            &mut out,
            "unknown",
            &format!("not all of {}", document.kubectl_watch.gaps().join(", ")),
        );
    }
    if let Some(by) = exception {
        line(
            &mut out,
            "by",
            &format!("{}: {}", plain(&by.name), plain(&by.reason)),
        );
    }
    if let Some(response) = &document.kubectl_watch.response {
        line(&mut out, "done", &follow_up::response(response));
    }
    let allow = allow.filter(|_| exception.is_none());
    if let Some(command) = allow {
        line(&mut out, "allow", command);
    }
    if let (Some(step), None) = (document.kubectl_watch.runbook.first(), exception) {
        line(&mut out, "next", &step.command);
    }
    // The command has it, too.
    if allow.is_none() {
        line(&mut out, "id", alert.id());
    }
    out.push('\n');
    out
}

/// How often an alert was repeated, in one line.
fn summary_line(summary: &RepeatSummary) -> String {
    let document = &summary.document;
    let (time, reason) = (milliseconds(&document.timestamp), plain(&document.event.reason));
    format!("{DIM}{time}  {reason}{DIM:#}\n")
}

/// A time without what a person does not read of it.
fn milliseconds(time: &str) -> String {
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, "000"));
    format!("{seconds}.{}Z", fraction.get(..3).unwrap_or("000"))
}

fn colour(severity: Severity) -> AnsiColor {
    match severity {
        Severity::Low => AnsiColor::Cyan,
        Severity::Medium => AnsiColor::Yellow,
        Severity::High => AnsiColor::Red,
        Severity::Critical => AnsiColor::BrightRed,
    }
}

fn line(out: &mut String, label: &str, text: &str) {
    let _ = writeln!(out, "  {DIM}{label:<7}{DIM:#}  {text}");
}

fn file(executable: Option<&Vec<u8>>, pid: u32) -> String {
    let executable = executable.map_or_else(|| "unknown".to_owned(), |path| shortened(path));
    let pid = if pid == 0 {
        String::new()
    } else {
        format!("  pid {pid}")
    };
    format!("{executable}{pid}")
}

/// Who it runs as, who started it and who logged in, as far as they differ.
fn user(document: &Document) -> String {
    let user = &document.user.own;
    let mut out = format!("{} ({})", plain(user.called()), plain(&user.id));
    let real = &document.process.real_user;
    let login = document.kubectl_watch.login_user.as_ref();
    for (what, other) in [("started by", Some(real)), ("logged in as", login)] {
        if let Some(other) = other.filter(|other| other.id != user.id) {
            let _ = write!(out, "  {what} {} ({})", plain(other.called()), plain(&other.id));
        }
    }
    out
}

fn parent(parent: &Parent) -> String {
    let parent = &parent.common;
    let name = parent
        .name
        .as_ref()
        .map_or_else(|| "unknown".to_owned(), |name| shortened(&name.0));
    let executable = parent
        .executable
        .as_ref()
        .map(|path| format!(" ({})", shortened(&path.0)));
    let pid = if parent.pid == 0 {
        String::new()
    } else {
        format!("  pid {}", parent.pid)
    };
    let args = parent
        .args
        .as_ref()
        .map(|args| format!(": {}", command(&args.0, &[])));
    format!(
        "{name}{}{pid}{}",
        executable.unwrap_or_default(),
        args.unwrap_or_default()
    )
}
