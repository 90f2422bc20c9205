//! Which values of which fields an event must have for a query to match, for filters that come before it.
//!
//! One field of several is enough: what a query is anchored by. The answer may be too large and is never too small.

use std::collections::BTreeMap;

use super::condition::{Condition, Subject};
use super::names::Names;
use super::{Event, Field, Value};

/// What can anchor a query.
#[derive(Clone, Copy, Debug)]
pub struct Anchoring<'a> {
    /// Fields whose filter knows lists only.
    pub listed: &'a [Field],
    /// Fields whose filter knows patterns too, and whether there is a value at all. A list is preferred to them.
    pub open: &'a [Field],
}

/// What anchors a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchors {
    /// Nothing does: any event can match.
    Any,
    /// One of these fields has one of its values, or any at all where all are allowed.
    Of(BTreeMap<Field, Names>),
    /// Nothing matches.
    None,
}

impl Anchors {
    /// Whether an event has one of the values. Of one that is no text it is taken for granted.
    pub fn are_met<E: Event + ?Sized>(fields: &BTreeMap<Field, Names>, event: &E) -> bool {
        fields.iter().any(|(field, names)| {
            event.any(*field, &mut |value| match value {
                Value::Str(text) => names.allows(text),
                _ => true,
            })
        })
    }

    /// What anchors a condition.
    pub(super) fn of(condition: &Condition, fields: Anchoring<'_>) -> Self {
        Self::when(condition, fields, true)
    }

    /// What is needed for the condition to hold, or for it not to hold.
    fn when(condition: &Condition, fields: Anchoring<'_>, holds: bool) -> Self {
        match condition {
            Condition::Always(value) if *value == holds => Self::Any,
            Condition::Always(_) => Self::None,
            Condition::Test(Subject::Field(field), test) if holds => {
                Self::tested(*field, Names::tested(test), fields)
            }
            Condition::Test(..) => Self::Any,
            Condition::Not(inner) => Self::when(inner, fields, !holds),
            Condition::All(parts) if holds => Self::smallest(parts, fields, holds),
            Condition::Any(parts) if !holds => Self::smallest(parts, fields, holds),
            Condition::All(parts) | Condition::Any(parts) => parts
                .iter()
                .fold(Self::None, |all, part| all.or(Self::when(part, fields, holds))),
        }
    }

    /// A test holds for a field with a value only, whatever it is about.
    fn tested(field: Field, names: Names, fields: Anchoring<'_>) -> Self {
        let is_list = matches!(names, Names::Exact(_));
        let is_anchor = fields.open.contains(&field) || (is_list && fields.listed.contains(&field));
        match names {
            Names::None => Self::None,
            names if is_anchor => Self::Of(BTreeMap::from([(field, names)])),
            _ => Self::Any,
        }
    }

    /// Where several must hold, the part that leaves least will do.
    fn smallest(parts: &[Condition], fields: Anchoring<'_>, holds: bool) -> Self {
        let each = parts.iter().map(|part| Self::when(part, fields, holds));
        each.min_by_key(|anchors| anchors.size(fields))
            .unwrap_or(Self::Any)
    }

    fn size(&self, fields: Anchoring<'_>) -> (u8, usize) {
        match self {
            Self::None => (0, 0),
            Self::Of(anchors) => {
                let is_open = anchors.keys().any(|field| fields.open.contains(field));
                (
                    if is_open { 2 } else { 1 },
                    anchors.values().map(Names::length).sum(),
                )
            }
            Self::Any => (3, 0),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::None, anchors) | (anchors, Self::None) => anchors,
            (Self::Of(mut anchors), Self::Of(more)) => {
                for (field, names) in more {
                    let before = anchors.remove(&field).unwrap_or(Names::None);
                    anchors.insert(field, before.or(names));
                }
                Self::Of(anchors)
            }
        }
    }
}
