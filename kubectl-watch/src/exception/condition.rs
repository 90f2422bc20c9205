//! The condition of an exception: EQL as it is written, or made from plain pairs of field and value.

use std::fmt::Write as _;

use super::breadth;
use crate::eql::{Query, Schema as _};
use crate::facts::FactSchema;

/// What stands before a condition to make a query of it.
const HEAD: &str = "any where\n";

/// A condition that can be used, and what is doubtful about it.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) query: Query,
    pub(super) doubts: Vec<String>,
}

/// Why a condition cannot be used, and where in it.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Bytes from its start.
    pub(super) offset: usize,
    pub(super) message: String,
}

/// Reads a condition; `process where` before it may be left out.
pub(super) fn compile(text: &str) -> Result<Compiled, Refusal> {
    let has_head = ["any", "process"].iter().any(|category| {
        let rest = text.trim_start().strip_prefix(category).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with("where"))
    });
    let head = if has_head { "" } else { HEAD };
    let whole = format!("{head}{text}");
    let query = Query::parse(&whole, &FactSchema).map_err(|error| Refusal {
        offset: error.offset.saturating_sub(head.len()),
        message: error.problem.to_string(),
    })?;
    let refuse = |message: String| Refusal { offset: 0, message };
    if let Some(unknown) = query.warnings().first() {
        let at = place(&whole, unknown.line, unknown.column);
        let message = format!("there is no field `{}`{}", unknown.field, remedy(&unknown.field));
        return Err(Refusal {
            offset: at.saturating_sub(head.len()),
            message,
        });
    }
    if let Some(field) = query.unfilled().first() {
        let at = whole.find(field.as_str()).unwrap_or(head.len());
        return Err(Refusal {
            offset: at.saturating_sub(head.len()),
            message: format!(
                "no event of this sensor has the field `{field}`, so nothing can be excepted by it: \
                 docs/exceptions.md lists those it has"
            ),
        });
    }
    if let Some(reason) = query.impossible() {
        return Err(refuse(format!("it can never hold: {reason}")));
    }
    if let Some(fault) = breadth::fault(query.condition()) {
        return Err(refuse(fault.to_owned()));
    }
    let doubts = breadth::doubt(query.condition());
    Ok(Compiled {
        query,
        doubts: doubts.into_iter().collect(),
    })
}

/// A test for one field: that it has one of these values. In those that are patterns `*` and `?` stand for others.
pub(super) fn test(field: &str, values: &[String], are_patterns: bool) -> String {
    let list: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    let operator = if are_patterns { "like" } else { "in" };
    format!("{field} {operator} ({})", list.join(", "))
}

/// A text as EQL writes it, and with nothing in it that would end a TOML string.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            // Writing to a String cannot fail.
            char if char == '\'' || crate::alert::text::is_harmful(char) => {
                let _ = write!(out, "\\u{{{:02x}}}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

/// Whether a word can stand for a field: EQL reads anything else as something else.
pub(super) fn is_field_name(word: &str) -> bool {
    let is_of_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.');
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word.chars().all(is_of_name)
}

/// The place of a line and a character, in bytes.
fn place(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.chars().take(column - 1).map(char::len_utf8).sum::<usize>()
}

/// The field that was meant, if one is near, or where they are listed.
pub(super) fn remedy(unknown: &str) -> String {
    let known = FactSchema
        .filled()
        .filter(|known| FactSchema.field(known).is_some());
    let nearest = known.min_by_key(|known| distance(unknown, known));
    match nearest.filter(|nearest| distance(unknown, nearest) <= 3) {
        Some(nearest) => format!("; `{nearest}` is one"),
        None => "; docs/exceptions.md lists those there are".to_owned(),
    }
}

/// How many letters have to be added, removed or replaced to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, one) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(one != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
