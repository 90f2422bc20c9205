//! What is wrong with a rule file, and where.

use std::fmt::{self, Display, Formatter};

use crate::eql::{EqlError, Problem};

/// A rule file that gives no rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct RuleError {
    /// The rule's name, if it was read so far.
    pub name: Option<String>,
    /// Whether the file is in our own format, where everything is meant for this program.
    pub ours: bool,
    /// Why.
    #[source]
    pub fault: Fault,
}

/// Why a rule file gives no rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// It is not TOML, or a key is missing, unknown or of the wrong type.
    #[error("{place}{message}{}", place.caret())]
    File {
        /// What is wrong.
        message: String,
        /// Where in the file.
        place: Place,
    },
    /// Its query cannot be used.
    #[error("{place}{}{}", error.problem, place.caret())]
    Query {
        /// Why; its line and column count within the query.
        error: Box<EqlError>,
        /// Where in the file, or in the query if the file writes it with escapes.
        place: Place,
    },
    /// It is not an EQL rule.
    #[error("it is of type {0}, and only eql is supported")]
    Type(String),
    /// No event of this sensor can match it.
    #[error("it can never match: {0}")]
    Impossible(String),
}

/// A place in a text, with the line to show it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Whether it counts within the query, not within the file.
    pub in_query: bool,
    /// The line, from 1; 0 where the place is unknown.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// The line itself.
    pub text: String,
}

impl Place {
    /// The place so many bytes into a text.
    pub(crate) fn new(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            in_query: false,
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            text: text[start..].lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// The line with a caret below, on lines of their own; empty where the place is unknown.
    pub(crate) fn caret(&self) -> String {
        if self.line == 0 {
            return String::new();
        }
        let blank = |character| if character == '\t' { '\t' } else { ' ' };
        let under: String = self
            .text
            .chars()
            .map(blank)
            .take(self.column.saturating_sub(1))
            .collect();
        format!("\n    {}\n    {under}^", self.text)
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self { line: 0, .. } => Ok(()),
            Self {
                in_query: true,
                line,
                column,
                ..
            } => write!(f, "line {line}, column {column} of the query: "),
            Self { line, column, .. } => write!(f, "line {line}, column {column}: "),
        }
    }
}

impl Display for RuleError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}: ")?;
        }
        write!(f, "{}", self.fault)
    }
}

impl RuleError {
    /// Whether a set of rules may go on without this one.
    ///
    /// A rule for another system or of another kind is no mistake anywhere. In a public collection neither is one
    /// that this program cannot read; in a file that was written for it that is a mistake.
    pub fn may_be_skipped(&self) -> bool {
        match &self.fault {
            Fault::Type(_) | Fault::Impossible(_) => true,
            Fault::File { .. } | Fault::Query { .. } => !self.ours,
        }
    }

    /// The reason in a line, for a list of what was skipped.
    pub fn reason(&self) -> String {
        match &self.fault {
            Fault::File { message, place } => format!("{place}{message}"),
            Fault::Query { error, place } => match &error.problem {
                Problem::Unsupported(text) => text.clone(),
                problem => format!("{place}{problem}"),
            },
            fault => fault.to_string(),
        }
    }
}
