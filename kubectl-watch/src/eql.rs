//! EQL event queries, evaluated as Elasticsearch evaluates them.
//!
//! A query is text in, a [`Query`] out, and an answer for each [`Event`]. It knows no kernel, no file, no
//! clock and no JSON: an event is whatever can say which values a field has.

mod anchors;
pub mod ast;
pub mod calculation;
mod compile;
pub mod condition;
mod error;
mod function;
mod glob;
mod lexer;
mod names;
mod network;
mod parser;
mod pattern;
mod query;
mod set;
mod value;

pub use anchors::{Anchoring, Anchors};
pub use compile::Cause;
pub use error::{At, EqlError, Problem};
pub use function::Function;
pub use glob::Glob;
pub use names::Names;
pub use network::Network;
pub use pattern::Pattern;
pub use query::{Query, Reason, Warning};
pub use set::{Constants, Globs};
pub use value::{Constant, Test};

/// A field that a query can name, as its [`Schema`] numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field(pub u16);

/// One value of a field. Text is bytes, because a process chooses its own and need not choose UTF-8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Str(&'a [u8]),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Bool(bool),
}

/// What a query is asked about.
pub trait Event {
    /// Whether `visit` says yes to any value of the field. A field without a value never calls it.
    fn any(&self, field: Field, visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool;
}

/// What is known of a field before any event is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Knowledge {
    /// Its value differs from event to event.
    Varies,
    /// Every event has just this value.
    Always(Value<'static>),
    /// No event has it.
    Never,
}

/// The fields there are.
pub trait Schema {
    /// The number of a field, or none where there is no such field.
    fn field(&self, name: &str) -> Option<Field>;
    /// The name of a field.
    fn name(&self, field: Field) -> &'static str;
    /// What is known of it.
    fn knowledge(&self, field: Field) -> Knowledge;
    /// Whether one event may have several values of it.
    fn repeats(&self, field: Field) -> bool;
    /// Whether a value of it may be as long as all arguments of a process: megabytes, if that process likes.
    fn is_long(&self, field: Field) -> bool;
    /// The one category of event that there is: what may stand before `where`.
    fn category(&self) -> &'static str;
}

#[cfg(test)]
mod tests;
