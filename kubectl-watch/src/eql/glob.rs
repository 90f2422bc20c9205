//! Wildcards: `*` is any run of characters, `?` exactly one. Nothing escapes them.
//!
//! A value is bytes. A character is a UTF-8 sequence, and a byte that belongs to none is one character, so
//! that no argument can hide from `?` or `*` by being malformed.

mod needle;

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use bstr::{BStr, ByteSlice};

use self::needle::Needle;

/// A pattern in the cheapest form that does the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glob {
    shape: Shape,
    fold: bool,
}

/// What is left to compare. Where case is ignored the text is lowered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    All,
    Exact(Vec<u8>),
    Prefix(Vec<u8>),
    Suffix(Vec<u8>),
    Contains(Box<Needle>),
    General(Vec<Part>),
}

/// A step of a general pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Run,
    One,
    Byte(u8),
}

impl Glob {
    /// Reads a pattern.
    pub fn new(pattern: &str, fold: bool) -> Self {
        let lowered = lower(pattern.as_bytes(), fold);
        let inner = pattern.trim_matches('*');
        let (front, back) = (pattern.starts_with('*'), pattern.ends_with('*'));
        let text = || lower(inner.as_bytes(), fold);
        let shape = match (front, back) {
            (true, _) if inner.is_empty() => Shape::All,
            _ if inner.contains(['*', '?']) => Shape::General(parts(&lowered)),
            (false, false) => Shape::Exact(lowered),
            (false, true) => Shape::Prefix(text()),
            (true, false) => Shape::Suffix(text()),
            (true, true) => Shape::Contains(Box::new(Needle::new(text()))),
        };
        Self { shape, fold }
    }

    /// What begins with a text in which `*` and `?` are plain.
    pub fn prefix(text: &[u8], fold: bool) -> Self {
        Self {
            shape: Shape::Prefix(lower(text, fold)),
            fold,
        }
    }

    /// What ends with a text in which `*` and `?` are plain.
    pub fn suffix(text: &[u8], fold: bool) -> Self {
        Self {
            shape: Shape::Suffix(lower(text, fold)),
            fold,
        }
    }

    /// What contains a text in which `*` and `?` are plain.
    pub fn contains(text: &[u8], fold: bool) -> Self {
        Self {
            shape: Shape::Contains(Box::new(Needle::new(lower(text, fold)))),
            fold,
        }
    }

    /// Whether the whole value is as the pattern says.
    pub fn matches(&self, value: &[u8]) -> bool {
        match &self.shape {
            Shape::All => true,
            Shape::Exact(text) => same(value, text, self.fold),
            Shape::Prefix(text) => value
                .get(..text.len())
                .is_some_and(|start| same(start, text, self.fold)),
            Shape::Suffix(text) => {
                let start = value.len().checked_sub(text.len());
                start.is_some_and(|start| same(&value[start..], text, self.fold))
            }
            Shape::Contains(needle) if self.fold => find(value, needle.text(), true).is_some(),
            Shape::Contains(needle) => needle.is_in(value),
            Shape::General(parts) => general(parts, value, self.fold),
        }
    }

    /// The one text that it matches, if there is only one but for case.
    pub(super) fn exact(&self) -> Option<&[u8]> {
        match &self.shape {
            Shape::Exact(text) => Some(text),
            _ => None,
        }
    }

    /// The byte that a value must begin with, in lower case where case is ignored.
    pub(super) fn first(&self) -> Option<u8> {
        match &self.shape {
            Shape::Exact(text) | Shape::Prefix(text) => text.first().copied(),
            Shape::General(parts) => match parts.first() {
                Some(Part::Byte(byte)) => Some(*byte),
                _ => None,
            },
            Shape::All | Shape::Suffix(_) | Shape::Contains(_) => None,
        }
    }

    /// Whether case is ignored.
    pub(super) fn ignores_case(&self) -> bool {
        self.fold
    }

    /// The same, deaf to case.
    pub(super) fn folded(&self) -> Self {
        let fold_text = |text: &[u8]| text.to_ascii_lowercase();
        let shape = match &self.shape {
            Shape::All => Shape::All,
            Shape::Exact(text) => Shape::Exact(fold_text(text)),
            Shape::Prefix(text) => Shape::Prefix(fold_text(text)),
            Shape::Suffix(text) => Shape::Suffix(fold_text(text)),
            Shape::Contains(needle) => Shape::Contains(Box::new(Needle::new(fold_text(needle.text())))),
            Shape::General(parts) => Shape::General(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Byte(byte) => Part::Byte(byte.to_ascii_lowercase()),
                        other => *other,
                    })
                    .collect(),
            ),
        };
        Self { shape, fold: true }
    }

    /// Takes out what other patterns of the list already say.
    pub(super) fn distinct(globs: Vec<Self>) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        globs
            .into_iter()
            .filter(|glob| seen.insert(glob.clone()))
            .collect()
    }
}

impl Display for Glob {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = |text: &[u8]| format!("{:?}", BStr::new(text));
        match &self.shape {
            Shape::All => write!(f, "anything"),
            Shape::Exact(exact) => write!(f, "exactly {}", text(exact)),
            Shape::Prefix(prefix) => write!(f, "{}…", text(prefix)),
            Shape::Suffix(suffix) => write!(f, "…{}", text(suffix)),
            Shape::Contains(needle) => write!(f, "…{}…", text(needle.text())),
            Shape::General(parts) => {
                let pattern: Vec<u8> = parts
                    .iter()
                    .map(|part| match part {
                        Part::Run => b'*',
                        Part::One => b'?',
                        Part::Byte(byte) => *byte,
                    })
                    .collect();
                write!(f, "pattern {}", text(&pattern))
            }
        }
    }
}

fn lower(text: &[u8], fold: bool) -> Vec<u8> {
    if fold {
        text.to_ascii_lowercase()
    } else {
        text.to_vec()
    }
}

/// Steps of a pattern, with runs of `*` as one.
fn parts(pattern: &[u8]) -> Vec<Part> {
    let mut parts = Vec::with_capacity(pattern.len());
    for &byte in pattern {
        match byte {
            b'*' if parts.last() == Some(&Part::Run) => {}
            b'*' => parts.push(Part::Run),
            b'?' => parts.push(Part::One),
            byte => parts.push(Part::Byte(byte)),
        }
    }
    parts
}

/// Equality of bytes; `text` is lowered where case is ignored.
pub(super) fn same(value: &[u8], text: &[u8], fold: bool) -> bool {
    if fold {
        value.eq_ignore_ascii_case(text)
    } else {
        value == text
    }
}

/// The first place of `text` in `value`; `text` is lowered where case is ignored.
pub(super) fn find(value: &[u8], text: &[u8], fold: bool) -> Option<usize> {
    let Some(&first) = text.first() else {
        return Some(0);
    };
    if !fold {
        return value.find(text);
    }
    let both = [first, first.to_ascii_uppercase()];
    let mut from = 0;
    while let Some(found) = value.get(from..)?.find_byteset(both) {
        let at = from + found;
        if value.get(at..at + text.len())?.eq_ignore_ascii_case(text) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Length in bytes of the character at the start of `value`.
pub(super) fn character(value: &[u8]) -> usize {
    match bstr::decode_utf8(value) {
        (Some(_), length) => length,
        (None, _) => 1,
    }
}

/// The general matcher. Only the last `*` is ever tried again, which is enough: an earlier one that took more
/// could not help what follows the last. So a value costs its length times the pattern's, at worst.
fn general(parts: &[Part], value: &[u8], fold: bool) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    loop {
        let step = match parts.get(part) {
            Some(Part::Run) => {
                part += 1;
                again = Some((part, at));
                continue;
            }
            Some(Part::One) if at < value.len() => Some(character(&value[at..])),
            Some(Part::Byte(byte)) => {
                let met = value
                    .get(at)
                    .is_some_and(|&found| found == *byte || fold && found.to_ascii_lowercase() == *byte);
                met.then_some(1)
            }
            None if at == value.len() => return true,
            Some(Part::One) | None => None,
        };
        if let Some(step) = step {
            part += 1;
            at += step;
            continue;
        }
        match &mut again {
            Some((after, start)) if *start < value.len() => {
                *start += character(&value[*start..]);
                (part, at) = (*after, *start);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
