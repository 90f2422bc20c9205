//! Command lines as a shell would take them: of long ones the beginning, and what a rule matched.

use std::fmt::Write as _;

use anstyle::Style;

use super::DIM;
use crate::event::Args;
use crate::shell::quoted;

/// Arguments that are shown besides those that the rule matched.
const MAX_ARGS: usize = 40;
/// Matched arguments that are shown.
const MAX_MATCHED: usize = 20;
/// Bytes of one argument that are shown.
const MAX_ARG: usize = 400;

const MATCH: Style = Style::new().bold().underline();

/// The command line, as a shell would take it, the matched arguments set off. Of a long one the beginning and the
/// matched arguments are shown, and how much is not.
pub(super) fn command(args: &Args, matched: &[usize]) -> String {
    let mut out = String::new();
    let mut hidden = (0usize, 0usize);
    let mut matched = matched.iter().take(MAX_MATCHED).copied().peekable();
    for (index, arg) in args.iter().enumerate() {
        let is_match = matched.next_if_eq(&index).is_some();
        if index >= MAX_ARGS && !is_match {
            hidden = (hidden.0 + 1, hidden.1 + arg.len() + 1);
            continue;
        }
        omitted(&mut out, &mut hidden);
        if !out.is_empty() {
            out.push(' ');
        }
        if is_match {
            let _ = write!(out, "{MATCH}{}{MATCH:#}", shortened(arg));
        } else {
            out.push_str(&shortened(arg));
        }
    }
    omitted(&mut out, &mut hidden);
    out
}

/// Says how many arguments were left out, and begins to count anew.
fn omitted(out: &mut String, hidden: &mut (usize, usize)) {
    let (count, bytes) = std::mem::take(hidden);
    if count > 0 {
        let _ = write!(out, " {DIM}… ({count} more, {bytes} bytes){DIM:#}");
    }
}

/// An argument, quoted, with its end left out where it is long.
pub(super) fn shortened(arg: &[u8]) -> String {
    if arg.len() <= MAX_ARG {
        return quoted(arg);
    }
    let end = (MAX_ARG - 3..=MAX_ARG)
        .rev()
        .find(|&end| arg[end] & 0b1100_0000 != 0b1000_0000)
        .unwrap_or(MAX_ARG);
    format!(
        "{}{DIM}… ({} more bytes){DIM:#}",
        quoted(&arg[..end]),
        arg.len() - end
    )
}
