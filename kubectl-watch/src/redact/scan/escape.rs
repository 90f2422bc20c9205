//! A name of which letters are written as numbers, as JSON, YAML and Python let one: `"pass\u0077ord"`.

use super::super::shape::is_run;
use super::Scan;

/// Bytes of such a name, to its end, that are looked at.
const LONGEST: usize = 256;

impl Scan<'_> {
    /// The name whose last run is this, with its letters, and where it begins; if any of them is a number there.
    pub(super) fn unescaped(&self, start: usize, word: &[u8]) -> Option<(usize, Vec<u8>)> {
        let is_escape = start > 0 && self.text[start - 1] == b'\\' && number(word).is_some();
        let end = start + word.len();
        let is_end = || {
            let mut behind = self.text[end..].iter().skip_while(|&&byte| byte == b'\\');
            self.text.get(end) != Some(&b'\\') || !behind.next().is_some_and(|&byte| is_run(byte))
        };
        if !is_escape || !is_end() {
            return None;
        }
        let from = end.saturating_sub(LONGEST).min(start);
        let before = self.text[from..start].iter();
        let begin = start
            - before
                .rev()
                .take_while(|&&byte| is_run(byte) || byte == b'\\')
                .count();
        let mut name = Vec::new();
        let mut at = begin;
        while at < end {
            let byte = self.text[at];
            at += 1;
            if byte != b'\\' {
                name.push(byte);
            } else if let Some((letter, length)) = number(&self.text[at..end]) {
                name.push(letter);
                at += length;
            }
        }
        Some((begin, name))
    }
}

/// The letter that a number behind a backslash stands for, and how long that is. What is no ASCII is in no name.
fn number(text: &[u8]) -> Option<(u8, usize)> {
    let digits = match text.first()? {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let mut number = 0_u32;
    for &byte in text.get(1..=digits)? {
        number = number << 4 | char::from(byte).to_digit(16)?;
    }
    let letter = u8::try_from(number).ok().filter(u8::is_ascii);
    Some((letter.unwrap_or(b'?'), digits + 1))
}
