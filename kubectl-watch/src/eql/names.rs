//! Which values of a field a query can need, for a filter that comes before it.
//!
//! The answer may be too large and is never too small: an event whose value it leaves out cannot match.

use std::collections::BTreeSet;

use super::Field;
use super::condition::{Condition, Subject};
use super::glob::Glob;
use super::value::Test;

/// Values of a field, deaf to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// Any value, or none at all.
    All,
    /// One of these, in lower case.
    Exact(BTreeSet<Vec<u8>>),
    /// One of these, in lower case, or one that a pattern fits.
    Globs(BTreeSet<Vec<u8>>, Vec<Glob>),
    /// No value will do: the query matches nothing.
    None,
}

impl Names {
    /// Whether an event with this value can match.
    pub fn allows(&self, name: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Exact(exact) => exact.contains(&name.to_ascii_lowercase()),
            Self::Globs(exact, globs) => {
                exact.contains(&name.to_ascii_lowercase()) || globs.iter().any(|glob| glob.matches(name))
            }
            Self::None => false,
        }
    }

    /// What `condition` needs of `field`.
    pub(super) fn of(condition: &Condition, field: Field) -> Self {
        Self::when(condition, field, true)
    }

    /// What is needed for the condition to hold, or for it not to hold.
    fn when(condition: &Condition, field: Field, holds: bool) -> Self {
        match condition {
            Condition::Always(value) if *value == holds => Self::All,
            Condition::Always(_) => Self::None,
            Condition::Test(Subject::Field(tested), test) if holds && *tested == field => Self::tested(test),
            Condition::Test(..) => Self::All,
            Condition::Not(inner) => Self::when(inner, field, !holds),
            Condition::All(parts) if holds => Self::smallest(parts, field, holds),
            Condition::Any(parts) if !holds => Self::smallest(parts, field, holds),
            Condition::All(parts) | Condition::Any(parts) => parts
                .iter()
                .fold(Self::None, |all, part| all.or(Self::when(part, field, holds))),
        }
    }

    /// What a test needs to hold.
    pub(super) fn tested(test: &Test) -> Self {
        match test {
            Test::Equal(list) => Self::from_parts(
                list.iter()
                    .map(|constant| constant.printed().to_ascii_lowercase())
                    .collect(),
                vec![],
            ),
            Test::Like(globs) => {
                let (exact, open): (Vec<_>, Vec<_>) = globs.iter().partition(|glob| glob.exact().is_some());
                let exact = exact
                    .iter()
                    .filter_map(|glob| glob.exact())
                    .map(<[u8]>::to_ascii_lowercase)
                    .collect();
                Self::from_parts(exact, open.into_iter().map(Glob::folded).collect())
            }
            Test::Present | Test::True | Test::Regex(_) | Test::Order(..) | Test::Network(_) => Self::All,
        }
    }

    fn from_parts(exact: BTreeSet<Vec<u8>>, globs: Vec<Glob>) -> Self {
        match (exact.is_empty(), globs.is_empty()) {
            (true, true) => Self::None,
            (false, true) => Self::Exact(exact),
            _ => Self::Globs(exact, globs),
        }
    }

    /// Where several must hold, the part that leaves least will do.
    fn smallest(parts: &[Condition], field: Field, holds: bool) -> Self {
        let each = parts.iter().map(|part| Self::when(part, field, holds));
        each.min_by_key(Self::size).unwrap_or(Self::All)
    }

    fn size(&self) -> (u8, usize) {
        match self {
            Self::None => (0, 0),
            Self::Exact(exact) => (1, exact.len()),
            Self::Globs(exact, globs) => (2, exact.len() + globs.len()),
            Self::All => (3, 0),
        }
    }

    /// How many there are.
    pub(super) fn length(&self) -> usize {
        self.size().1
    }

    /// The values of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let (mut exact, mut globs) = match self {
            Self::All => return Self::All,
            Self::None => return other,
            Self::Exact(exact) => (exact, Vec::new()),
            Self::Globs(exact, globs) => (exact, globs),
        };
        match other {
            Self::All => return Self::All,
            Self::None => {}
            Self::Exact(more) => exact.extend(more),
            Self::Globs(more, patterns) => {
                exact.extend(more);
                globs.extend(patterns);
            }
        }
        Self::from_parts(exact, Glob::distinct(globs))
    }
}
