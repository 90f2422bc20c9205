//! Lists of texts and of patterns, of which most values meet none.
//!
//! Nearly every pattern begins with plain text, so a look at the first byte of a value usually is all it takes.

use std::ops::Deref;

use super::glob::Glob;
use super::value::Constant;

/// The bytes with which something can begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Firsts([u64; 4]);

impl Firsts {
    fn add(&mut self, byte: u8, fold: bool) {
        for byte in [byte, if fold { byte.to_ascii_uppercase() } else { byte }] {
            self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
    }

    fn has(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }
}

/// Patterns, of which any will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Globs {
    /// Those that say how a value begins come first.
    list: Vec<Glob>,
    anchored: usize,
    firsts: Firsts,
}

impl Globs {
    /// Takes the patterns, each once.
    pub(super) fn new(list: Vec<Glob>) -> Self {
        let mut list = Glob::distinct(list);
        list.sort_by_key(|glob| glob.first().is_none());
        let mut firsts = Firsts::default();
        let mut anchored = 0;
        for (glob, first) in list
            .iter()
            .map_while(|glob| glob.first().map(|first| (glob, first)))
        {
            firsts.add(first, glob.ignores_case());
            anchored += 1;
        }
        Self {
            list,
            anchored,
            firsts,
        }
    }

    /// Whether any of them fits the whole value.
    pub fn matches(&self, value: &[u8]) -> bool {
        let (anchored, floating) = self.list.split_at(self.anchored);
        let may = value.first().is_some_and(|&first| self.firsts.has(first));
        may && anchored.iter().any(|glob| glob.matches(value))
            || floating.iter().any(|glob| glob.matches(value))
    }
}

impl Deref for Globs {
    type Target = [Glob];

    fn deref(&self) -> &[Glob] {
        &self.list
    }
}

/// Constants, of which one is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Constants {
    list: Vec<Constant>,
    fold: bool,
    firsts: Firsts,
    /// Whether the empty text is one of them.
    empty: bool,
}

impl Constants {
    /// Takes the constants.
    pub(super) fn new(list: Vec<Constant>, fold: bool) -> Self {
        let mut firsts = Firsts::default();
        let mut empty = false;
        for constant in &list {
            match constant.printed().first() {
                Some(&first) => firsts.add(if fold { first.to_ascii_lowercase() } else { first }, fold),
                None => empty = true,
            }
        }
        Self {
            list,
            fold,
            firsts,
            empty,
        }
    }

    /// Whether case is ignored.
    pub(super) fn ignores_case(&self) -> bool {
        self.fold
    }

    /// Whether a text can be among them, going by how it begins.
    pub(super) fn may_have(&self, text: &[u8]) -> bool {
        text.first().map_or(self.empty, |&first| self.firsts.has(first))
    }
}

impl Deref for Constants {
    type Target = [Constant];

    fn deref(&self) -> &[Constant] {
        &self.list
    }
}
