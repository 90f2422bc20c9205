//! A query, ready to be asked.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use super::anchors::{Anchoring, Anchors};
use super::ast::Tree;
use super::compile::{Cause, Compiled, compile};
use super::condition::Condition;
use super::error::{EqlError, Problem};
use super::names::Names;
use super::parser::parse;
use super::value::Constant;
use super::{Event, Field, Schema};

/// How many values [`Query::reasons`] gives at most: how many match is the process's choice.
const MAX_REASONS: usize = 32;

/// An event query.
#[derive(Clone, Debug)]
pub struct Query {
    tree: Tree,
    condition: Condition,
    causes: Vec<Cause>,
    warnings: Vec<Warning>,
    unfilled: Vec<String>,
    fields: BTreeMap<Field, &'static str>,
}

/// Something in a query that is probably a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The field that nobody knows, named without `?`. It counts as missing.
    pub field: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
}

impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { field, line, column } = self;
        write!(
            f,
            "line {line}, column {column}: there is no field `{field}`, so it counts as missing"
        )
    }
}

/// A value that made a part of a query true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The name of the field.
    pub field: &'static str,
    /// The value, a number as it is printed.
    pub value: Vec<u8>,
}

impl Query {
    /// Reads a query.
    pub fn parse(text: &str, schema: &dyn Schema) -> Result<Self, EqlError> {
        let tree = parse(text).map_err(|error| error.in_query(text))?;
        let compiled = compile(&tree, schema).map_err(|error| error.in_query(text))?;
        let Compiled {
            condition,
            causes,
            unknown,
            unfilled,
            fields,
        } = compiled;
        let warnings = unknown.into_iter().map(|(field, at)| {
            let EqlError { line, column, .. } = EqlError::new(text, at, Problem::Syntax(String::new()));
            Warning { field, line, column }
        });
        Ok(Self {
            tree,
            condition,
            causes,
            warnings: warnings.collect(),
            unfilled: unfilled.into_iter().collect(),
            fields,
        })
    }

    /// Whether it matches an event.
    pub fn matches<E: Event + ?Sized>(&self, event: &E) -> bool {
        self.condition.holds(event)
    }

    /// Whether it matches an event of which not every field is known; none where that depends on what is not.
    pub fn judge<E: Event + ?Sized>(&self, event: &E, is_known: &dyn Fn(Field) -> bool) -> Option<bool> {
        self.condition.judge(event, is_known)
    }

    /// The values that made it match an event, each once and at most 32 of them.
    pub fn reasons<E: Event + ?Sized>(&self, event: &E) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        self.condition.each_reason(event, &mut |field, value| {
            let reason = Reason {
                field: self.fields.get(&field).copied().unwrap_or_default(),
                value: Constant::of(value).printed(),
            };
            if reasons.len() < MAX_REASONS && !reasons.contains(&reason) {
                reasons.push(reason);
            }
        });
        reasons
    }

    /// Which values of a field an event must have to match.
    pub fn names(&self, field: Field) -> Names {
        Names::of(&self.condition, field)
    }

    /// Which values of which fields an event must have to match.
    pub fn anchors(&self, fields: Anchoring<'_>) -> Anchors {
        Anchors::of(&self.condition, fields)
    }

    /// The fields that it reads once all that is known beforehand is worked out.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &'static str)> {
        self.fields.iter().map(|(&field, &name)| (field, name))
    }

    /// Probable mistakes.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Fields that it names and that no event has.
    pub fn unfilled(&self) -> &[String] {
        &self.unfilled
    }

    /// Why no event can match, if none can.
    pub fn impossible(&self) -> Option<String> {
        if self.condition != Condition::Always(false) {
            return None;
        }
        let mut causes: Vec<String> = self.causes.iter().map(ToString::to_string).collect();
        causes.dedup();
        Some(if causes.is_empty() {
            "its condition is never true".to_owned()
        } else {
            causes.join(", ")
        })
    }

    /// The query as it was written, but for comments and white space.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The compiled form.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }
}

/// The compiled form, one test a line.
impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.condition
            .write(f, 0, &|field| self.fields.get(&field).copied().unwrap_or("?"))
    }
}
