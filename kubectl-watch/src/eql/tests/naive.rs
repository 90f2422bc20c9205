//! The language a second time, straight from the tree, without a thought for speed. What it shares with the
//! real evaluation is the tree and the meaning of a regular expression.

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
                    if *fold {
                        lower(value) == lower(wanted)
                    } else {
                        same(value, wanted)
                    }
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
        Comparison::Less => any(&|left, right| less(left, right)),
        Comparison::LessOrEqual => any(&|left, right| less(left, right) || ranked_same(left, right)),
        Comparison::Greater => any(&|left, right| less(right, left)),
        Comparison::GreaterOrEqual => any(&|left, right| less(right, left) || ranked_same(left, right)),
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
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?
            .parse()
            .ok(),
        Truth(_) => None,
    }
}

fn same(left: &Thing, right: &Thing) -> bool {
    match (left, right) {
        (Whole(_) | Fraction(_), Whole(_) | Fraction(_)) => number(left) == number(right),
        (Truth(left), Truth(right)) => left == right,
        (Text(_), _) | (_, Text(_)) => printed(left) == printed(right),
        _ => false,
    }
}

/// Whether they have an order and the same place in it.
fn ranked_same(left: &Thing, right: &Thing) -> bool {
    match (left, right) {
        (Text(left), Text(right)) => left == right,
        (Truth(left), Truth(right)) => left == right,
        _ => number(left).is_some() && number(left) == number(right),
    }
}

fn less(left: &Thing, right: &Thing) -> bool {
    match (left, right) {
        (Text(left), Text(right)) => left < right,
        (Truth(left), Truth(right)) => !left & right,
        _ => number(left)
            .zip(number(right))
            .is_some_and(|(left, right)| left < right),
    }
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

fn call(name: &str, fold: bool, arguments: &[Thing]) -> Option<Thing> {
    let text = |index: usize| {
        let text = printed(&arguments[index]);
        if fold { text.to_ascii_lowercase() } else { text }
    };
    let offset = |index: usize| match arguments.get(index) {
        None => Some(None),
        Some(Whole(number)) => Some(Some(*number)),
        Some(_) => None,
    };
    match name {
        "length" | "substring" if !matches!(arguments[0], Text(_)) => None,
        "length" => whole(characters(&printed(&arguments[0])).len().try_into().ok()?),
        "startsWith" => Some(Truth(text(0).starts_with(&text(1)))),
        "endsWith" => Some(Truth(text(0).ends_with(&text(1)))),
        "stringContains" => Some(Truth(windows(&text(0), &text(1)).next().is_some())),
        "concat" => Some(Text(arguments.iter().flat_map(printed).collect())),
        "indexOf" => {
            let (whole_text, part) = (text(0), text(1));
            let characters = characters(&whole_text);
            let skipped = usize::try_from(offset(2)?.unwrap_or(0).max(0)).ok()?;
            let from: usize = characters.get(..skipped)?.iter().map(Vec::len).sum();
            let at = windows(&whole_text, &part).find(|at| *at >= from)?;
            whole(self::characters(&whole_text[..at]).len().try_into().ok()?)
        }
        "substring" => {
            let characters = characters(&printed(&arguments[0]));
            let length = i128::try_from(characters.len()).ok()?;
            let place = |place: i128| (if place < 0 { place + length } else { place }).clamp(0, length);
            let (start, end) = (place(offset(1)??), place(offset(2)?.unwrap_or(length)));
            let range = usize::try_from(start).ok()?..usize::try_from(end.max(start)).ok()?;
            Some(Text(characters[range].concat()))
        }
        other => panic!("no function {other}"),
    }
}

/// The places at which a part stands in a text.
fn windows<'a>(text: &'a [u8], part: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    (0..=text.len()).filter(move |&at| text[at..].starts_with(part))
}

fn characters(mut text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while !text.is_empty() {
        let one = |length: &usize| {
            std::str::from_utf8(&text[..*length]).is_ok_and(|text| text.chars().count() == 1)
        };
        let length = (1..=text.len().min(4)).find(one).unwrap_or(1);
        found.push(text[..length].to_vec());
        text = &text[length..];
    }
    found
}

fn glob(pattern: &[u8], value: &[u8]) -> bool {
    fn step(pattern: &[Vec<u8>], value: &[Vec<u8>]) -> bool {
        match (pattern, value) {
            ([], value) => value.is_empty(),
            ([star, rest @ ..], value) if star == b"*" => {
                (0..=value.len()).any(|taken| step(rest, &value[taken..]))
            }
            ([one, rest @ ..], [first, others @ ..]) => (one == b"?" || one == first) && step(rest, others),
            (_, []) => false,
        }
    }
    step(&characters(pattern), &characters(value))
}
