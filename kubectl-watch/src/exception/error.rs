//! What is wrong with a file of exceptions, and where.

use crate::rule::Place;

/// A file that gives no exceptions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{place}{message}{}", name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default(), place.caret())]
pub struct ExceptionError {
    /// The exception's name, if it was read so far.
    pub name: Option<String>,
    /// What is wrong, and how to put it right.
    pub message: String,
    /// Where in the file.
    pub place: Place,
}

impl ExceptionError {
    /// A fault at a place, so many bytes into the file.
    pub(super) fn at(text: &str, offset: usize, name: Option<&str>, message: impl Into<String>) -> Self {
        Self {
            name: name.map(str::to_owned),
            message: message.into(),
            place: Place::new(text, offset),
        }
    }
}
