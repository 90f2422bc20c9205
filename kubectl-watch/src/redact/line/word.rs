//! A word of a line.

use std::borrow::Cow;
use std::mem;

use super::{Command, MAX_NESTED, Reader, Word, ends_word, is_special};
use crate::redact::shape;

impl<'a> Reader<'a> {
    /// Reads a word. None where a quotation mark is too many, or where it is another language.
    pub(super) fn word(&mut self) -> Option<Word<'a>> {
        let start = self.at;
        let mut word = Word::default();
        loop {
            if let Some(length) = shape::mark(self.rest()) {
                self.take(length, &mut word);
                continue;
            }
            match *self.rest() {
                [b'<' | b'>', b'(', ..] => self.command(start, 2, &mut word)?,
                // An array.
                [b'(', ..] if word.bytes.ends_with(b"=") => self.command(start, 1, &mut word)?,
                [] => break,
                [byte, ..] if ends_word(byte) => break,
                [b'\\', b'\n', ..] => self.at += 2,
                [b'\\', byte, ..] => {
                    word.bytes.to_mut().push(byte);
                    self.at += 2;
                }
                [b'\'', ..] => {
                    if self.is_of_other(start) {
                        return None;
                    }
                    self.at += 1;
                    let length = self.rest().iter().position(|&byte| byte == b'\'')?;
                    self.take(length, &mut word);
                    self.at += 1;
                }
                [b'"', ..] | [b'$', b'"', ..] => {
                    if self.is_of_other(start) {
                        return None;
                    }
                    self.at += 1 + usize::from(self.rest()[0] == b'$');
                    self.double(start, &mut word)?;
                    if self.rest().starts_with(b":") {
                        return None;
                    }
                }
                [b'$', b'\'', ..] => {
                    self.at += 2;
                    self.escaped(&mut word)?;
                }
                _ => self.one(start, &mut word)?,
            }
        }
        word.source = &self.text[start..self.at];
        Some(word)
    }

    /// Reads what is between double quotes, and the one that ends it.
    fn double(&mut self, start: usize, word: &mut Word<'a>) -> Option<()> {
        loop {
            match *self.rest() {
                [] => return None,
                [b'"', ..] => {
                    self.at += 1;
                    return Some(());
                }
                [b'\\', b'\n', ..] => self.at += 2,
                [b'\\', byte @ (b'"' | b'\\' | b'$' | b'`'), ..] => {
                    word.bytes.to_mut().push(byte);
                    self.at += 2;
                }
                _ => self.one(start, word)?,
            }
        }
    }

    /// Reads a byte, or what stands for other bytes in double quotes and outside of them.
    fn one(&mut self, start: usize, word: &mut Word<'a>) -> Option<()> {
        match *self.rest() {
            [b'$', b'(', ..] => self.command(start, 2, word),
            [b'`', ..] => self.backquoted(start, word),
            [b'$', b'{', ..] => self.parameter(word),
            _ => {
                let plain = self.rest().iter().take_while(|&&byte| !is_special(byte)).count();
                self.take(plain.max(1), word);
                Some(())
            }
        }
    }

    /// Takes bytes as they are.
    fn take(&mut self, length: usize, word: &mut Word<'a>) {
        let from = self.at;
        self.at += length;
        word.bytes = match mem::take(&mut word.bytes) {
            before if before.is_empty() => Cow::Borrowed(&self.text[from..self.at]),
            // They go on in the text where the word has come to.
            Cow::Borrowed(before) if before.as_ptr_range().end == self.text[from..].as_ptr() => {
                Cow::Borrowed(&self.text[from - before.len()..self.at])
            }
            mut bytes => {
                bytes.to_mut().extend_from_slice(&self.text[from..self.at]);
                bytes
            }
        };
    }

    /// Reads a command to the parenthesis that closes it.
    fn command(&mut self, start: usize, opening: usize, word: &mut Word<'a>) -> Option<()> {
        if self.nested == MAX_NESTED {
            return None;
        }
        let from = self.at;
        self.at += opening;
        self.nested += 1;
        self.line(true)?;
        self.nested -= 1;
        self.at += 1;
        self.push(start, from, opening, word);
        Some(())
    }

    /// Reads a command to the backquote that closes it.
    fn backquoted(&mut self, start: usize, word: &mut Word<'a>) -> Option<()> {
        let from = self.at;
        self.at += 1;
        loop {
            match *self.rest() {
                [] => return None,
                [b'\\', _, ..] => self.at += 2,
                [b'`', ..] => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.push(start, from, 1, word);
        Some(())
    }

    fn push(&mut self, start: usize, from: usize, opening: usize, word: &mut Word<'a>) {
        let source = &self.text[from..self.at];
        let place = word.bytes.len();
        word.bytes.to_mut().extend_from_slice(source);
        word.commands.push(Command {
            source: from - start..self.at - start,
            bytes: place..word.bytes.len(),
            opening,
            is_backquoted: source.starts_with(b"`"),
        });
    }

    /// Reads `${…}`, and leaves it as it is.
    fn parameter(&mut self, word: &mut Word<'a>) -> Option<()> {
        let from = self.at;
        let mut open = 0;
        let mut inner = Word::default();
        loop {
            match *self.rest() {
                [] => return None,
                [b'\\', _, ..] | [b'$', b'\'', ..] => self.at += 2,
                [b'$', b'{', ..] => {
                    open += 1;
                    self.at += 2;
                }
                [b'}', ..] => {
                    open -= 1;
                    self.at += 1;
                    if open == 0 {
                        word.bytes.to_mut().extend_from_slice(&self.text[from..self.at]);
                        return Some(());
                    }
                }
                [b'"', ..] => {
                    self.at += 1;
                    self.double(from, &mut inner)?;
                }
                [b'$', b'(', ..] => self.command(from, 2, &mut inner)?,
                [b'`', ..] => self.backquoted(from, &mut inner)?,
                _ => self.at += 1,
            }
        }
    }

    /// Reads what is between `$'` and `'`.
    fn escaped(&mut self, word: &mut Word<'a>) -> Option<()> {
        loop {
            match *self.rest() {
                [] => return None,
                [b'\'', ..] => {
                    self.at += 1;
                    return Some(());
                }
                [b'\\', letter, ..] => {
                    self.at += 2;
                    let (digits, radix) = match letter {
                        b'x' => (2, 16),
                        b'u' => (4, 16),
                        b'U' => (8, 16),
                        b'0'..=b'7' => {
                            self.at -= 1;
                            (3, 8)
                        }
                        _ => {
                            word.bytes.to_mut().push(match letter {
                                b'n' => b'\n',
                                b't' => b'\t',
                                b'r' => b'\r',
                                other => other,
                            });
                            continue;
                        }
                    };
                    self.number(digits, radix, matches!(letter, b'u' | b'U'), word);
                }
                _ => self.take(1, word),
            }
        }
    }

    /// Reads a number of at most so many digits, which stands for a byte or a character.
    fn number(&mut self, digits: usize, radix: u32, is_char: bool, word: &mut Word<'a>) {
        let digits = self.rest().iter().take(digits);
        let digits = digits.map_while(|&byte| char::from(byte).to_digit(radix));
        let (length, number) = digits.fold((0, 0_u32), |(length, number), digit| {
            (length + 1, number.wrapping_mul(radix).wrapping_add(digit))
        });
        self.at += length;
        match char::from_u32(number).filter(|_| is_char) {
            Some(char) => word
                .bytes
                .to_mut()
                .extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None => word.bytes.to_mut().push(number.to_le_bytes()[0]),
        }
    }

    /// Whether a quotation mark here is one of another language, JSON or Python: no shell has it behind these.
    fn is_of_other(&self, start: usize) -> bool {
        match self.text[..self.at] {
            [.., before, b'('] if self.at == start => before.is_ascii_alphanumeric() || before == b'_',
            [.., b'{' | b'['] if self.at > start => true,
            [.., b'"', b','] if self.at > start => self.rest().starts_with(b"\""),
            _ => false,
        }
    }
}
