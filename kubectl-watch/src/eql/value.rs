//! Values and the tests that hold one against constants.

use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};
use std::io::Write;

use bstr::BStr;

use super::Value;
use super::ast::{Comparison, Literal};
use super::glob::{Glob, same};
use super::network::Network;
use super::pattern::Pattern;
use super::set::{Constants, Globs};

/// A value that a query names or computes.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// Text.
    Str(Vec<u8>),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Bool(bool),
}

/// A question about one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Is there one?
    Present,
    /// Is it true?
    True,
    /// Is it one of these?
    Equal(Constants),
    /// Does any of the patterns fit?
    Like(Globs),
    /// Does any of the regular expressions fit?
    Regex(Vec<Pattern>),
    /// Is it so, compared with this?
    Order(Comparison, Constant),
    /// Is it an address in one of the ranges?
    Network(Vec<Network>),
}

impl Constant {
    /// The constant for a literal; none for `null`.
    pub(super) fn new(literal: &Literal) -> Option<Self> {
        match literal {
            Literal::Null => None,
            Literal::Bool(value) => Some(Self::Bool(*value)),
            Literal::Int(number) => Some(Self::Int(*number)),
            Literal::Float(number) => Some(Self::Float(*number)),
            Literal::Str(text) => Some(Self::Str(text.clone().into_bytes())),
        }
    }

    /// The constant for a value.
    pub(super) fn of(value: Value<'_>) -> Self {
        match value {
            Value::Str(text) => Self::Str(text.to_vec()),
            Value::Int(number) => Self::Int(number),
            Value::Float(number) => Self::Float(number),
            Value::Bool(value) => Self::Bool(value),
        }
    }

    pub(super) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Str(text) => Value::Str(text),
            Self::Int(number) => Value::Int(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Bool(value) => Value::Bool(*value),
        }
    }

    /// The text, if it is text.
    pub(super) fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Its text, or how it is printed.
    pub(super) fn printed(&self) -> Vec<u8> {
        with_text(self.as_value(), <[u8]>::to_vec)
    }
}

impl Test {
    /// The answer.
    pub fn meets(&self, value: Value<'_>) -> bool {
        match self {
            Self::Present => true,
            Self::True => value == Value::Bool(true),
            Self::Equal(list) => {
                let among = || {
                    list.iter()
                        .any(|constant| equal(value, constant.as_value(), list.ignores_case()))
                };
                match value {
                    Value::Str(text) => list.may_have(text) && among(),
                    _ => among(),
                }
            }
            Self::Like(globs) => with_text(value, |text| globs.matches(text)),
            Self::Regex(patterns) => {
                with_text(value, |text| patterns.iter().any(|pattern| pattern.matches(text)))
            }
            Self::Order(comparison, constant) => {
                order(value, constant.as_value()).is_some_and(|order| match comparison {
                    Comparison::Equal => order.is_eq(),
                    Comparison::NotEqual => order.is_ne(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                })
            }
            Self::Network(networks) => match value {
                Value::Str(text) => networks.iter().any(|network| network.contains(text)),
                _ => false,
            },
        }
    }

    /// A guess at the work, to do cheap tests first.
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Present | Self::True | Self::Order(..) => 1,
            Self::Equal(list) => list.len(),
            Self::Like(globs) => 4 * globs.len(),
            Self::Network(networks) => 20 * networks.len(),
            Self::Regex(patterns) => 50 * patterns.len(),
        }
    }
}

/// Equality. Between text and a number or a truth value it is that of the texts, because `user.id` is text to
/// some and a number to others.
pub(super) fn equal(left: Value<'_>, right: Value<'_>, fold: bool) -> bool {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => left.len() == right.len() && same(left, right, fold),
        (Value::Str(text), other) | (other, Value::Str(text)) => with_text(other, |printed| printed == text),
        _ => order(left, right) == Some(Ordering::Equal),
    }
}

/// Order among numbers, among texts byte by byte, and among truth values. Nothing else has one.
pub(super) fn order(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(&right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(&right)),
        (Value::Str(text), number @ (Value::Int(_) | Value::Float(_))) => order(read_number(text)?, number),
        (number @ (Value::Int(_) | Value::Float(_)), Value::Str(text)) => order(number, read_number(text)?),
        (Value::Int(left), Value::Float(right)) => float(left).partial_cmp(&right),
        (Value::Float(left), Value::Int(right)) => left.partial_cmp(&float(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(&right),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "comparing with a fraction is inexact past 2^53 to Elasticsearch too"
)]
pub(super) fn float(number: i64) -> f64 {
    number as f64
}

/// The number that a text is, where it is one and nothing else.
fn read_number(text: &[u8]) -> Option<Value<'static>> {
    let plain = text
        .iter()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte));
    let text = std::str::from_utf8(text).ok().filter(|_| plain)?;
    text.parse()
        .map(Value::Int)
        .or_else(|_| text.parse().map(Value::Float))
        .ok()
}

/// Gives the text of a value, printed without allocation where it is not text.
pub(super) fn with_text<T>(value: Value<'_>, see: impl FnOnce(&[u8]) -> T) -> T {
    let mut buffer = [0; 24];
    let mut rest = &mut buffer[..];
    let written = match value {
        Value::Str(text) => return see(text),
        Value::Bool(true) => return see(b"true"),
        Value::Bool(false) => return see(b"false"),
        Value::Int(number) => write!(rest, "{number}"),
        Value::Float(number) => return see(number.to_string().as_bytes()),
    };
    let left = rest.len();
    debug_assert!(written.is_ok(), "an i64 has at most 20 characters");
    see(&buffer[..buffer.len() - left])
}

impl Display for Constant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => write!(f, "{:?}", BStr::new(text)),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Bool(value) => write!(f, "{value}"),
        }
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let case = |fold: bool| if fold { " (any case)" } else { "" };
        match self {
            Self::Present => write!(f, "is present"),
            Self::True => write!(f, "is true"),
            Self::Equal(constants) => {
                let list: Vec<String> = constants.iter().map(ToString::to_string).collect();
                write!(f, "is {}{}", list.join(" or "), case(constants.ignores_case()))
            }
            Self::Like(globs) => {
                let list: Vec<String> = globs.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "is like {}{}",
                    list.join(" or "),
                    case(globs.iter().any(Glob::ignores_case))
                )
            }
            Self::Regex(patterns) => {
                let list: Vec<String> = patterns.iter().map(ToString::to_string).collect();
                write!(f, "matches {}", list.join(" or "))
            }
            Self::Order(comparison, constant) => write!(f, "{} {constant}", comparison.sign()),
            Self::Network(networks) => {
                let list: Vec<String> = networks.iter().map(ToString::to_string).collect();
                write!(f, "is in {}", list.join(" or "))
            }
        }
    }
}
