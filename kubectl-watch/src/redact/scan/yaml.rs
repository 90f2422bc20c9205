//! The value of a key of YAML that begins a line: to the end of the line, or a block of deeper ones.

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

    /// Takes the block of lines that a key at a column has as its value, if what is behind its colon says that there
    /// is one, as in `password: |`. All its lines are one secret, without what they are indented by.
    pub(super) fn block(&mut self, colon: usize, column: usize, meaning: Meaning) -> bool {
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
            let value = value::at(self.text, start, &self.quotes, Until::Line);
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
