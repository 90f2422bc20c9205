//! What a query computes from fields: arithmetic and functions.
//!
//! A missing argument makes the whole missing, and so do a division by zero, a number and a text too large.

use std::fmt::{self, Display, Formatter};

use super::ast::Operator;
use super::condition::Condition;
use super::function::Function;
use super::value::{Constant, float};
use super::{Event, Field};

/// Bytes of text that a function takes in all: two of the longest command lines that Linux allows, and more. A
/// query can name one as often as it likes.
const MAX_TEXT: usize = 16 * 1024 * 1024;

/// Something that has at most one value for one event and one value of its repeating field.
#[derive(Clone, Debug, PartialEq)]
pub enum Calculation {
    /// No value.
    Missing,
    /// Always this value.
    Constant(Constant),
    /// The value of a field.
    Field(Field),
    /// The value below zero for one above, and the other way round.
    Negative(Box<Calculation>),
    /// Operators from left to right.
    Arithmetic(Box<Calculation>, Vec<(Operator, Calculation)>),
    /// A function.
    Call {
        /// Which.
        function: Function,
        /// Whether case is ignored.
        fold: bool,
        /// What it is given.
        arguments: Vec<Calculation>,
    },
    /// Whether something holds.
    Holds(Box<Condition>),
}

/// One value of the field that has several, while the others have one.
pub(super) type Bound<'a> = Option<(Field, &'a Constant)>;

impl Calculation {
    /// The value.
    pub(super) fn value<E: Event + ?Sized>(&self, event: &E, bound: Bound<'_>) -> Option<Constant> {
        match self {
            Self::Missing => None,
            Self::Constant(constant) => Some(constant.clone()),
            Self::Field(field) => match bound {
                Some((known, value)) if known == *field => Some(value.clone()),
                _ => {
                    let mut found = None;
                    event.any(*field, &mut |value| {
                        found = Some(Constant::of(value));
                        true
                    });
                    found
                }
            },
            Self::Negative(inner) => match inner.value(event, bound)? {
                Constant::Int(number) => number.checked_neg().map(Constant::Int),
                Constant::Float(number) => Some(Constant::Float(-number)),
                Constant::Str(_) | Constant::Bool(_) => None,
            },
            Self::Arithmetic(first, rest) => {
                let mut total = first.value(event, bound)?;
                for (operator, term) in rest {
                    total = compute(&total, *operator, &term.value(event, bound)?)?;
                }
                Some(total)
            }
            Self::Call {
                function,
                fold,
                arguments,
            } => {
                let mut room = MAX_TEXT;
                let values = arguments.iter().map(|argument| {
                    let value = argument.value(event, bound)?;
                    room = room.checked_sub(value.text().map_or(0, <[u8]>::len))?;
                    Some(value)
                });
                function.apply(*fold, &values.collect::<Option<Vec<_>>>()?)
            }
            Self::Holds(condition) => Some(Constant::Bool(condition.holds(event))),
        }
    }

    /// Shows every field that is read, those of inner conditions included.
    pub(crate) fn each_field(&self, see: &mut dyn FnMut(Field)) {
        match self {
            Self::Missing | Self::Constant(_) => {}
            Self::Field(field) => see(*field),
            Self::Negative(inner) => inner.each_field(see),
            Self::Arithmetic(first, rest) => {
                first.each_field(see);
                for (_, term) in rest {
                    term.each_field(see);
                }
            }
            Self::Call { arguments, .. } => arguments.iter().for_each(|argument| argument.each_field(see)),
            Self::Holds(condition) => condition.each_field(see),
        }
    }

    /// Prints it with fields by name.
    pub(super) fn write(&self, f: &mut Formatter<'_>, name: &dyn Fn(Field) -> &'static str) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "nothing"),
            Self::Constant(constant) => write!(f, "{constant}"),
            Self::Field(field) => write!(f, "{}", name(*field)),
            Self::Negative(inner) => {
                write!(f, "-")?;
                inner.write(f, name)
            }
            Self::Arithmetic(first, rest) => {
                write!(f, "(")?;
                first.write(f, name)?;
                for (operator, term) in rest {
                    write!(f, " {} ", operator.sign())?;
                    term.write(f, name)?;
                }
                write!(f, ")")
            }
            Self::Call {
                function,
                fold,
                arguments,
            } => {
                write!(f, "{}{}(", function.name(), if *fold { "~" } else { "" })?;
                for (index, argument) in arguments.iter().enumerate() {
                    write!(f, "{}", if index == 0 { "" } else { ", " })?;
                    argument.write(f, name)?;
                }
                write!(f, ")")
            }
            Self::Holds(_) => write!(f, "(a condition)"),
        }
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sign())
    }
}

fn compute(left: &Constant, operator: Operator, right: &Constant) -> Option<Constant> {
    let (left, right) = match (left, right) {
        (Constant::Int(left), Constant::Int(right)) => {
            return whole(*left, operator, *right).map(Constant::Int);
        }
        (Constant::Int(left), Constant::Float(right)) => (float(*left), *right),
        (Constant::Float(left), Constant::Int(right)) => (*left, float(*right)),
        (Constant::Float(left), Constant::Float(right)) => (*left, *right),
        _ => return None,
    };
    let result = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
    };
    result.is_finite().then_some(Constant::Float(result))
}

/// Division rounds down; a remainder has the sign of what was divided.
fn whole(left: i64, operator: Operator, right: i64) -> Option<i64> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => {
            let quotient = left.checked_div(right)?;
            let above = left.checked_rem(right)? != 0 && (left < 0) != (right < 0);
            Some(if above { quotient - 1 } else { quotient })
        }
        Operator::Remainder => left.checked_rem(right),
    }
}
