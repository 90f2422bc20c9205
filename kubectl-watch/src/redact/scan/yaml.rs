//! The value of a key of YAML: to the end of its line and over the deeper ones that follow, or as far as its brackets
//! let it go.

use super::super::quote::{self, Found};
use super::super::shape::is_run;
use super::super::value::{self, Until};
use super::{Kind, Meaning, Scan};

impl Scan<'_> {
    /// How far from the beginning of its line a key is, if nothing but white space and the signs of a list is before
    /// it.
    pub(super) fn column(&self, start: usize) -> Option<usize> {
        let before = &self.text[..start];
        let is_indent = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'-');
        let column = before.iter().rev().take_while(is_indent).count();
        matches!(before[..start - column], [] | [.., b'\n']).then_some(column)
    }

    /// Takes the value behind the colon of a key: of YAML where it begins a line, at a column, or else of JSON or of a
    /// header.
    pub(super) fn key(
        &mut self,
        start: usize,
        colon: usize,
        meaning: Meaning,
        is_quoted: bool,
        is_json: bool,
    ) {
        let column = if is_json { None } else { self.column(start) };
        if column.is_some_and(|column| self.block(colon, column, meaning)) {
            return;
        }
        let value = value::skip_space(self.text, colon);
        let is_below = self.text[colon..value].contains(&b'\n');
        // As in `secret:` of a volume, whose name is in the next line.
        if column.is_some() && is_below && self.is_key(value) {
            return;
        }
        let is_header = matches!(meaning, Meaning::Header(_)) && !self.quotes.is_empty();
        let is_mapping = matches!(self.text.get(value), Some(b'{' | b'['));
        let is_in_flow = !is_mapping && self.is_in_flow(start);
        let until = match (quote::at(self.text, value), column) {
            (Found::Delimiter(delimiter, _), _) if is_json || !self.quotes.has(delimiter) => Until::Json,
            _ if is_json && !is_in_flow => Until::Json,
            _ if (is_header || is_quoted) && !is_json => Until::Quotes,
            _ if is_in_flow => Until::Flow,
            (_, Some(column)) if !is_below || self.column(value) > Some(column) => Until::Lines(column),
            _ => Until::Space,
        };
        self.value(value, meaning, until);
    }

    /// Whether what begins here is in brackets of YAML: behind one, or behind a comma.
    pub(super) fn is_in_flow(&self, start: usize) -> bool {
        let opening = self.text[..start].iter().rev();
        let mut before = opening.skip_while(|byte| b"\"'\\".contains(byte) || byte.is_ascii_whitespace());
        self.has_bracket && before.next().is_some_and(|byte| b"{[,".contains(byte))
    }

    /// Whether a key of YAML is at a place.
    fn is_key(&self, place: usize) -> bool {
        let rest = &self.text[place..];
        let length = rest.iter().take_while(|&&byte| is_run(byte)).count();
        length > 0 && matches!(rest[length..], [b':', space, ..] if space.is_ascii_whitespace())
    }

    /// Takes the block of lines that a key at a column has as its value, if what is behind its colon says that there
    /// is one, as in `password: |`. All its lines are one secret, without what they are indented by.
    fn block(&mut self, colon: usize, column: usize, meaning: Meaning) -> bool {
        let line = self.line(colon);
        if !begins_block(line) {
            return false;
        }
        let is_folded = line.contains(&b'>');
        let mut at = colon + line.len();
        let (mut begin, mut end, mut secret) = (None, at, Vec::new());
        while self.text.get(at) == Some(&b'\n') {
            let line = self.line(at + 1);
            let line_length = line.len();
            let indent = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if indent < line_length && indent <= column {
                break;
            }
            let start = at + 1 + indent;
            if indent < line_length && begin.is_none() {
                begin = Some(start);
            }
            if begin.is_some_and(|begin| begin < start) {
                secret.push(if is_folded { b' ' } else { b'\n' });
            }
            let value = value::at(self.text, start, &self.quotes, Until::Lines(usize::MAX));
            secret.extend_from_slice(&value.bytes);
            at = value.end;
            if indent < line_length {
                end = at;
            }
        }
        if let Some(begin) = begin {
            self.copy_to(begin);
            let kind = match meaning {
                Meaning::Secret(kind) | Meaning::Header(kind) => kind,
                _ => Kind::Secret,
            };
            // Empty lines at the end are none of it.
            let empty = secret
                .iter()
                .rev()
                .take_while(|&&byte| byte == b'\n' || byte == b' ')
                .count();
            secret.truncate(secret.len() - empty);
            self.memory.mark(kind, &secret, self.out);
            self.at = end;
        }
        true
    }

    /// The rest of the line at a place.
    fn line(&self, place: usize) -> &[u8] {
        let rest = &self.text[place..];
        &rest[..rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())]
    }
}

/// Whether a block follows a line that ends like this: `|`, `>-`, `!!str |2`.
fn begins_block(line: &[u8]) -> bool {
    let words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let mut words = words.skip_while(|word| matches!(word, [b'!' | b'&', ..]));
    let is_sign = |word: &[u8]| match word {
        [b'|' | b'>', rest @ ..] => rest.iter().all(|byte| b"+-0123456789".contains(byte)),
        _ => false,
    };
    words.next().is_some_and(is_sign) && words.next().is_none_or(|word| word.starts_with(b"#"))
}
