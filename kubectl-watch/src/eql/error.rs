//! What is wrong with a query, and where.
//!
//! An error carries the line it is about, so that it can be shown with a caret and no file at hand.

use std::fmt;

/// Where something stands in a query, in bytes from its start.
///
/// Two of them are always equal: where something stands is no part of what it says.
#[derive(Clone, Copy, Debug, Default)]
pub struct At(pub usize);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for At {}

/// Why a query cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not EQL.
    #[error("{0}")]
    Syntax(String),
    /// It is EQL, and asks for something that an event query on this sensor cannot answer.
    #[error("{0}")]
    Unsupported(String),
    /// It is EQL as far as it was read, and too deep or too large to go on.
    #[error("{0}")]
    TooLarge(String),
}

/// A query that cannot be used: why, and the place in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct EqlError {
    /// Why.
    #[source]
    pub problem: Problem,
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// The same place in bytes from the start of the query.
    pub offset: usize,
    /// The text of that line.
    pub text: String,
}

impl EqlError {
    /// An error at a place of `query`.
    pub(super) fn new(query: &str, at: At, problem: Problem) -> Self {
        let mut offset = at.0.min(query.len());
        while !query.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &query[..offset];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let text = query[start..].lines().next().unwrap_or_default();
        Self {
            problem,
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            offset,
            text: text.to_owned(),
        }
    }

    /// The line and, below it, a caret under the place.
    pub fn caret(&self) -> String {
        let under: String = self
            .text
            .chars()
            .chain(std::iter::repeat(' '))
            .take(self.column - 1)
            .map(|character| if character == '\t' { '\t' } else { ' ' })
            .collect();
        format!("{}\n{under}^", self.text)
    }
}

impl fmt::Display for EqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.problem)
    }
}

/// A problem with its place, before the text of the query is at hand.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) at: At,
    pub(super) problem: Problem,
}

impl Located {
    pub(super) fn syntax(at: At, text: impl Into<String>) -> Self {
        Self {
            at,
            problem: Problem::Syntax(text.into()),
        }
    }

    pub(super) fn unsupported(at: At, text: impl Into<String>) -> Self {
        Self {
            at,
            problem: Problem::Unsupported(text.into()),
        }
    }

    pub(super) fn too_large(at: At, text: impl Into<String>) -> Self {
        Self {
            at,
            problem: Problem::TooLarge(text.into()),
        }
    }

    pub(super) fn in_query(self, query: &str) -> EqlError {
        EqlError::new(query, self.at, self.problem)
    }
}
