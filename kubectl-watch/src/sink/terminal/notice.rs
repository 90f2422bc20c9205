//! A notice for a person at a terminal: like an alert's block where it is as grave as one, else one line.

use std::fmt::Write as _;

use anstyle::Style;

use super::{BOLD, DIM, colour, line, milliseconds};
use crate::alert::Notice;
use crate::shell::plain;

/// The block of a notice, in colour.
#[must_use]
pub(super) fn block(notice: &Notice) -> String {
    let document = &notice.document;
    let mut out = String::new();
    let time = milliseconds(&document.timestamp);
    let (name, host, reason) = (
        document.message,
        plain(&document.host.name),
        plain(document.reason()),
    );
    // Writing to a String cannot fail, here and below.
    let Some(severity) = notice.severity else {
        let _ = writeln!(out, "{DIM}{time}  {host}  {reason}{DIM:#}");
        return out;
    };
    let style = Style::new().bold().fg_color(Some(colour(severity).into()));
    let word = severity.name().to_uppercase();
    let _ = writeln!(
        out,
        "{style}{word:<8}{style:#}  {BOLD}{name}{BOLD:#}\n{DIM}{time}  {host}{DIM:#}"
    );
    line(&mut out, "what", &reason);
    line(&mut out, "id", notice.id());
    out.push('\n');
    out
}
