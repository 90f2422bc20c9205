//! A secret whose name is the value of another key of the same mapping, before it or behind it:
//! `"name": "DB_PASSWORD", "value": "x"`, in JSON or in YAML.

use super::super::name::Meaning;
use super::super::quote::{self, Found};
use super::super::value::{self, Until};
use super::data::Data;
use super::{Follow, Scan};

/// The key of what may be a secret.
const VALUE: &[u8] = b"value";

/// Keys whose values are names.
const NAMES: &[&[u8]] = &[b"name", b"key", b"path"];

/// What is known of the mapping that is being read.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    /// Behind the colon of the last key whose value is a name, and that key's column.
    name: Option<(usize, Option<usize>)>,
    /// What that name says, and the column of its key.
    meaning: Option<(Meaning, Option<usize>)>,
    /// What was written of the value, which no name has told of yet.
    value: Option<Written>,
}

/// A value, as it was read and as it was written.
#[derive(Debug)]
struct Written {
    bytes: Vec<u8>,
    /// The column of its key.
    column: Option<usize>,
    /// Where it ends in the text.
    end: usize,
    /// Where it begins and ends in what was written.
    out: usize,
    out_end: Option<usize>,
}

impl Scan<'_> {
    /// Where the value begins that is beside a name, right behind it, and how far it goes.
    pub(super) fn beside(&self, follow: &Follow) -> Option<(usize, Until)> {
        let place = match *follow {
            Follow::Space(place) | Follow::Item(place) | Follow::Comma(place) => place,
            Follow::Other if self.text[self.at..].starts_with(b",") => {
                value::skip_space(self.text, self.at + 1)
            }
            _ => return None,
        };
        let opening = self.mark_length(place);
        let start = place + opening;
        if !starts_with_key(&self.text[start..]) {
            return None;
        }
        let end = start + VALUE.len();
        let colon = value::skip_space(self.text, end + self.mark_length(end));
        if self.text.get(colon) != Some(&b':') {
            return None;
        }
        let of_name = self.mapping.meaning.and_then(|(_, column)| column);
        if of_name.is_some_and(|column| self.column(start).is_some_and(|other| other != column)) {
            return None;
        }
        Some(self.extent(start, colon + 1, opening > 0))
    }

    /// Notes a key of the mapping, and takes its value where a name before it says that it is a secret. True where it
    /// was taken.
    pub(super) fn note_key(&mut self, word: &[u8], start: usize, follow: &Follow, is_quoted: bool) -> bool {
        if word.iter().all(|&byte| byte == b'-') && !self.is_in_value() && self.begins_line(start) {
            // The next item of a list.
            self.mapping = Mapping::default();
        }
        let Follow::Colon(colon) = *follow else {
            return false;
        };
        if NAMES.iter().any(|name| word.eq_ignore_ascii_case(name)) {
            self.mapping.name = Some((colon, self.column(start)));
        } else if word.eq_ignore_ascii_case(VALUE) {
            let (value, until) = self.extent(start, colon, is_quoted);
            let column = self.column(start);
            if let Some((meaning, _)) = self.mapping.meaning.take_if(|(_, other)| *other == column) {
                self.value(value, meaning, until);
                return true;
            }
            let is_within = |written: &Written| value < written.end;
            if !self.mapping.value.as_ref().is_some_and(is_within) {
                self.note_value(value, until, column);
            }
        }
        false
    }

    /// Behind the colon of the last key whose value is a name, or a path, and is being read.
    pub(super) fn path(&self) -> Option<usize> {
        self.mapping.name.map(|(colon, _)| colon)
    }

    /// Notes what a name says that is the value of a key, and takes the value that was before it.
    pub(super) fn note_name(&mut self, start: usize, meaning: Meaning) {
        let is_inside = matches!(self.text.get(self.at), Some(b'/' | b':' | b'='));
        let Some((colon, column)) = self.mapping.name.filter(|_| !is_inside) else {
            return;
        };
        self.mapping.name = None;
        let before = self.text[colon..start].trim_ascii_start();
        let before = match quote::at(before, 0) {
            Found::Delimiter(_, length) => &before[length..],
            _ => before,
        };
        let is_path = before.starts_with(b"/")
            && !before
                .iter()
                .any(|&byte| byte == b',' || byte.is_ascii_whitespace());
        if !before.is_empty() && !is_path {
            return;
        }
        let Some(written) = self.mapping.value.take_if(|written| written.column == column) else {
            self.mapping.meaning = Some((meaning, column));
            return;
        };
        let mut mark = Vec::new();
        if let Some(end) = written.out_end
            && self.memory.redact(meaning, &written.bytes, &mut mark)
        {
            self.out.splice(written.out..end, mark);
        }
    }

    /// Goes on in the mapping to where the text is read now.
    pub(super) fn note_place(&mut self) {
        if let Some(written) = &mut self.mapping.value
            && written.out_end.is_none()
            && written.end <= self.at
        {
            written.out_end = Some(self.out.len());
        }
    }

    /// Notes a byte between runs: outside of the value it may begin or end a mapping.
    pub(super) fn note_byte(&mut self, byte: u8) {
        if byte == b'}' && self.data == Some(Data::Brackets) {
            self.data = None;
        }
        if b"{}[]".contains(&byte) && !self.is_in_value() {
            self.mapping = Mapping::default();
        }
    }

    /// Whether nothing but white space is before a place in its line.
    fn begins_line(&self, place: usize) -> bool {
        let space = self.text[..place].iter().rev();
        let space = space.take_while(|byte| b" \t".contains(byte)).count();
        matches!(self.text[..place - space], [] | [.., b'\n'])
    }

    /// Whether the text is read in the value that may be taken.
    fn is_in_value(&self) -> bool {
        let is_open = |written: &Written| written.out_end.is_none();
        self.mapping.value.as_ref().is_some_and(is_open)
    }

    fn note_value(&mut self, start: usize, until: Until, column: Option<usize>) {
        // Lines that are read already are not read again, be they deeper and deeper.
        let until = match until {
            Until::Lines(_) if start < self.noted => Until::Lines(usize::MAX),
            until => until,
        };
        let value = value::without_commands(self.text, start, &self.quotes, until);
        self.noted = self.noted.max(value.end);
        // One without an end is none, or all that comes would be.
        let is_closed = value.end < self.text.len() || matches!(until, Until::Lines(_));
        self.mapping.value = is_closed.then(|| Written {
            bytes: value.bytes,
            column,
            end: value.end,
            out: self.out.len() + (start - self.at),
            out_end: None,
        });
    }

    /// Where the value of a key begins, and how far it goes.
    fn extent(&self, key: usize, colon: usize, is_quoted: bool) -> (usize, Until) {
        let value = value::skip_space(self.text, colon);
        let until = if self.mark_length(value) > 0 {
            Until::Json
        } else if self.is_in_flow(key) {
            Until::Flow
        } else if is_quoted {
            Until::Json
        } else {
            Until::Lines(self.column(key).unwrap_or(usize::MAX))
        };
        (value, until)
    }

    fn mark_length(&self, place: usize) -> usize {
        match quote::at(self.text, place) {
            Found::Delimiter(_, length) => length,
            _ => 0,
        }
    }
}

fn starts_with_key(text: &[u8]) -> bool {
    text.get(..VALUE.len())
        .is_some_and(|key| key.eq_ignore_ascii_case(VALUE))
}
