//! Functions and wildcards, the plain way.

use super::Thing::{self, Text, Truth, Whole};
use super::{printed, whole};

pub(super) fn call(name: &str, fold: bool, arguments: &[Thing]) -> Option<Thing> {
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

pub(super) fn glob(pattern: &[u8], value: &[u8]) -> bool {
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
