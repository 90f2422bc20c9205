//! The language a second time, straight from the tree, without a thought for speed. What it shares with the
//! real evaluation is the tree and the meaning of a regular expression.

mod call;

use std::cmp::Ordering;

use self::call::{call, glob};
use super::Sample;
use crate::eql::ast::{Comparison, Kind, Literal, Matching, Node, Operator};
use crate::eql::{Pattern, Value};

/// A value with its text beside it.
#[derive(Clone, Debug, PartialEq)]
enum Thing {
    Text(Vec<u8>),
    Whole(i128),
    Fraction(f64),
    Truth(bool),
}

use Thing::{Fraction, Text, Truth, Whole};

/// Whether a condition holds.
pub(super) fn holds(node: &Node, event: &Sample) -> bool {
    match &node.kind {
        Kind::Not(inner) => !holds(inner, event),
        Kind::And(parts) => !parts.iter().any(|part| !holds(part, event)),
        Kind::Or(parts) => parts.iter().any(|part| holds(part, event)),
        Kind::Compare(left, comparison, right) => compare(left, *comparison, right, event),
        Kind::In {
            subject,
            not,
            fold,
            list,
        } => {
            let wanted: Vec<Thing> = list.iter().flat_map(|item| values(item, event)).collect();
            let found = values(subject, event).iter().any(|value| {
                wanted.iter().any(|wanted| {
                    same(value, wanted) || *fold && texts(value, wanted) && lower(value) == lower(wanted)
                })
            });
            found != *not
        }
        Kind::Match {
            subject,
            operator,
            patterns,
            ..
        } => values(subject, event).iter().any(|value| {
            patterns.iter().filter_map(literal).any(|pattern| match operator {
                Matching::Colon | Matching::Like { fold: true } => glob(&lower(&pattern), &lower(value)),
                Matching::Like { fold: false } => glob(&printed(&pattern), &printed(value)),
                Matching::Regex { fold } => {
                    let pattern = String::from_utf8(printed(&pattern)).expect("a pattern is text");
                    Pattern::new(&pattern, *fold)
                        .expect("it was compiled")
                        .matches(&printed(value))
                }
            })
        }),
        _ => values(node, event).contains(&Truth(true)),
    }
}

fn compare(left: &Node, comparison: Comparison, right: &Node, event: &Sample) -> bool {
    let is_null = |node: &Node| node.kind == Kind::Literal(Literal::Null);
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if equality && (is_null(left) || is_null(right)) {
        let other = if is_null(left) { right } else { left };
        return values(other, event).is_empty() == (comparison == Comparison::Equal);
    }
    let (left, right) = (values(left, event), values(right, event));
    let any = |test: &dyn Fn(&Thing, &Thing) -> bool| {
        left.iter()
            .any(|left| right.iter().any(|right| test(left, right)))
    };
    match comparison {
        Comparison::Equal => any(&same),
        Comparison::NotEqual => !any(&same),
        Comparison::Less => any(&|left, right| order(left, right).is_some_and(Ordering::is_lt)),
        Comparison::LessOrEqual => any(&|left, right| order(left, right).is_some_and(Ordering::is_le)),
        Comparison::Greater => any(&|left, right| order(left, right).is_some_and(Ordering::is_gt)),
        Comparison::GreaterOrEqual => any(&|left, right| order(left, right).is_some_and(Ordering::is_ge)),
    }
}

/// Every value of an expression; none where it is missing.
fn values(node: &Node, event: &Sample) -> Vec<Thing> {
    match &node.kind {
        Kind::Literal(value) => literal(value).into_iter().collect(),
        Kind::Field { name, .. } => event.values(name).iter().map(|value| thing(*value)).collect(),
        Kind::Negative(inner) => {
            let negative = |value| match value {
                Whole(number) => whole(-number),
                Fraction(number) => Some(Fraction(-number)),
                Text(_) | Truth(_) => None,
            };
            values(inner, event).into_iter().filter_map(negative).collect()
        }
        Kind::Arithmetic(first, rest) => {
            rest.iter()
                .fold(values(first, event), |lefts, (operator, right)| {
                    let rights = values(right, event);
                    let pairs = lefts
                        .iter()
                        .flat_map(|left| rights.iter().map(move |right| (left, right)));
                    pairs
                        .filter_map(|(left, right)| compute(left, *operator, right))
                        .collect()
                })
        }
        Kind::Call {
            name,
            fold,
            arguments,
        } => {
            let mut rows = vec![vec![]];
            for argument in arguments {
                let values = values(argument, event);
                rows = rows
                    .iter()
                    .flat_map(|row| {
                        values
                            .iter()
                            .map(|value| [&row[..], std::slice::from_ref(value)].concat())
                    })
                    .collect();
            }
            if ["wildcard", "cidrMatch"].contains(&name.as_str()) {
                let held = rows.iter().any(|row| {
                    row[1..].iter().any(|pattern| {
                        if *fold {
                            glob(&lower(pattern), &lower(&row[0]))
                        } else {
                            glob(&printed(pattern), &printed(&row[0]))
                        }
                    })
                });
                return vec![Truth(held)];
            }
            let results: Vec<Thing> = rows.iter().filter_map(|row| call(name, *fold, row)).collect();
            if ["startsWith", "endsWith", "stringContains"].contains(&name.as_str()) {
                return vec![Truth(results.contains(&Truth(true)))];
            }
            results
        }
        _ => vec![Truth(holds(node, event))],
    }
}

fn thing(value: Value<'_>) -> Thing {
    match value {
        Value::Str(text) => Text(text.to_vec()),
        Value::Int(number) => Whole(number.into()),
        Value::Float(number) => Fraction(number),
        Value::Bool(value) => Truth(value),
    }
}

fn literal(literal: &Literal) -> Option<Thing> {
    match literal {
        Literal::Null => None,
        Literal::Bool(value) => Some(Truth(*value)),
        Literal::Int(number) => Some(Whole((*number).into())),
        Literal::Float(number) => Some(Fraction(*number)),
        Literal::Str(text) => Some(Text(text.clone().into_bytes())),
    }
}

fn printed(value: &Thing) -> Vec<u8> {
    match value {
        Text(text) => text.clone(),
        Whole(number) => number.to_string().into_bytes(),
        Fraction(number) => number.to_string().into_bytes(),
        Truth(value) => value.to_string().into_bytes(),
    }
}

fn lower(value: &Thing) -> Vec<u8> {
    printed(value).to_ascii_lowercase()
}

#[expect(clippy::cast_precision_loss, reason = "as the real one does")]
fn number(value: &Thing) -> Option<f64> {
    match value {
        Whole(number) => Some(*number as f64),
        Fraction(number) => Some(*number),
        Text(text) => std::str::from_utf8(text)
            .ok()
            .filter(|text| text.bytes().all(|byte| b"0123456789+-.eE".contains(&byte)))?
            .parse()
            .ok(),
        Truth(_) => None,
    }
}

/// A text that is a number as that number.
fn read(value: &Thing) -> Thing {
    let text = match value {
        Text(text) => std::str::from_utf8(text).unwrap_or_default(),
        _ => "",
    };
    match (text.parse::<i64>(), number(value)) {
        (Ok(whole), _) => Whole(whole.into()),
        (_, Some(fraction)) if !text.is_empty() => Fraction(fraction),
        _ => value.clone(),
    }
}

/// Their order, among equals of one kind; a text that is a number is one beside a number.
fn order(left: &Thing, right: &Thing) -> Option<Ordering> {
    match (left, right) {
        (Text(left), Text(right)) => Some(left.cmp(right)),
        (Truth(left), Truth(right)) => Some(left.cmp(right)),
        (Truth(_), _) | (_, Truth(_)) => None,
        _ => match (read(left), read(right)) {
            (Whole(left), Whole(right)) => Some(left.cmp(&right)),
            (left, right) => number(&left)?.partial_cmp(&number(&right)?),
        },
    }
}

fn same(left: &Thing, right: &Thing) -> bool {
    match (left, right) {
        (Text(_), _) | (_, Text(_)) => printed(left) == printed(right),
        _ => order(left, right) == Some(Ordering::Equal),
    }
}

/// Whether both are text.
fn texts(left: &Thing, right: &Thing) -> bool {
    matches!((left, right), (Text(_), Text(_)))
}

fn whole(number: i128) -> Option<Thing> {
    i64::try_from(number).is_ok().then_some(Whole(number))
}

fn compute(left: &Thing, operator: Operator, right: &Thing) -> Option<Thing> {
    if let (Whole(left), Whole(right)) = (left, right) {
        return match operator {
            Operator::Add => whole(left + right),
            Operator::Subtract => whole(left - right),
            Operator::Multiply => whole(left * right),
            Operator::Divide | Operator::Remainder if *right == 0 => None,
            Operator::Divide => {
                whole((left - left.rem_euclid(*right)) / right).map(|quotient| match quotient {
                    // Euclid rounds up for a negative divisor.
                    Whole(quotient) if quotient * right != *left && *right < 0 => Whole(quotient - 1),
                    other => other,
                })
            }
            // The one remainder that does not fit is that of a division that does not fit.
            Operator::Remainder => whole(left / right).and(whole(left % right)),
        };
    }
    if matches!(left, Text(_)) || matches!(right, Text(_)) {
        return None;
    }
    let (left, right) = (number(left)?, number(right)?);
    let result = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
    };
    result.is_finite().then_some(Fraction(result))
}
