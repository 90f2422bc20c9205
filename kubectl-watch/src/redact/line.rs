//! A command line as its shell reads it: words without their quotes, and what is between them.
//!
//! What is no line of a shell, such as JSON or a text with a quotation mark too many, is none here: nobody knows then
//! where its words end.

mod nest;
mod word;
mod write;

use std::borrow::Cow;
use std::mem;
use std::ops::Range;

use nest::Nest;

use super::shape;
pub(super) use write::write;

/// Commands within commands, `$(… $(…))`, beyond which a text is no line.
const MAX_NESTED: usize = 32;

/// A part of a line.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// White space and operators.
    Gap(&'a [u8]),
    /// What is no command: a comment, or lines that a program reads.
    Text(&'a [u8]),
    /// A word.
    Word(Word<'a>),
}

/// A word.
#[derive(Debug, Default)]
pub(super) struct Word<'a> {
    /// As it is written.
    pub(super) source: &'a [u8],
    /// As its program gets it, but for the commands in it, which are as they are written. Mostly that is a part of the text.
    pub(super) bytes: Cow<'a, [u8]>,
    /// The commands in it, whose output is put there.
    pub(super) commands: Vec<Command>,
}

/// A command within a word.
#[derive(Debug)]
pub(super) struct Command {
    /// Where it is in the source, with what is around it.
    pub(super) source: Range<usize>,
    /// Where it is in the bytes.
    pub(super) bytes: Range<usize>,
    /// How long what opens it is. Of a backquote that is 1, of all others what closes it is.
    pub(super) opening: usize,
    /// It is in backquotes, in which some bytes have a backslash before them.
    pub(super) is_backquoted: bool,
}

impl Word<'_> {
    /// Whether it is one word once more for a shell that gets it as its line, but for the commands in it.
    pub(super) fn is_plain(&self) -> bool {
        let mut place = 0;
        let outside = |range: Range<usize>| !self.bytes[range].iter().any(|&byte| is_special(byte));
        self.commands.iter().all(|command| {
            let before = place..command.bytes.start;
            place = command.bytes.end;
            outside(before)
        }) && outside(place..self.bytes.len())
    }

    /// Whether it can be the key of YAML that it looks like: it begins a line, or is behind a bracket or a comma.
    pub(super) fn begins_yaml(&self, before: &[u8]) -> bool {
        let is_indent = |byte: &&u8| b" \t-".contains(byte);
        let line = &before[..before.len() - before.iter().rev().take_while(is_indent).count()];
        matches!(line, [] | [.., b'\n'])
            || matches!(self.source, [b'{' | b'[', ..])
            || matches!(before.trim_ascii_end(), [.., b'{' | b'[' | b','])
    }
}

/// Reads a line, if the text is one: of several words, or of one that is written in another way than its program
/// gets it.
pub(super) fn read(text: &[u8]) -> Option<Vec<Token<'_>>> {
    if !text.iter().any(|&byte| is_special(byte)) {
        return None;
    }
    let mut reader = Reader {
        text,
        at: 0,
        nested: 0,
    };
    let tokens = reader.line(false)?;
    match &tokens[..] {
        [Token::Word(word)] if word.bytes == word.source && word.commands.is_empty() => None,
        _ => Some(tokens),
    }
}

/// Whether what comes behind this, between two words, is none of the arguments before it.
pub(super) fn ends_command(gap: &[u8]) -> bool {
    gap.iter().any(|byte| b";|&()[]{}:".contains(byte))
}

/// Whether what comes behind this, outside any quotes, is another program: the end of a line, or an operator that is
/// no part of an address, `?a=b&c=d`, since it has white space behind it.
pub(super) fn ends_program(gap: &[u8]) -> bool {
    let ends = |two: &[u8]| matches!(two, [b';' | b'|' | b'&', space] if space.is_ascii_whitespace());
    gap.windows(2).any(ends) || (gap.contains(&b'\n') && !gap.starts_with(b"\\"))
}

/// Whether a byte ends a word.
fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b";|&()<>".contains(&byte)
}

/// Whether a byte is more to a shell than itself.
fn is_special(byte: u8) -> bool {
    ends_word(byte) || b"'\"\\`$".contains(&byte)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// In how many commands this is.
    nested: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Reads to the end, or to the parenthesis that closes it. None where there is no such end.
    fn line(&mut self, is_command: bool) -> Option<Vec<Token<'a>>> {
        let mut tokens = Vec::new();
        let mut nest = Nest::default();
        // What ends each document that begins in the next line, as in `cat <<EOF`.
        let mut documents: Vec<Cow<'a, [u8]>> = Vec::new();
        let mut begins_document = false;
        loop {
            let start = self.at;
            match *self.rest() {
                [] => return (!is_command).then_some(tokens),
                [b')', ..] if is_command && nest.is_closed() => return Some(tokens),
                [b'#', ..] => {
                    let length = self.rest().iter().take_while(|&&byte| byte != b'\n').count();
                    self.at += length;
                    tokens.push(Token::Text(&self.text[start..self.at]));
                }
                [byte, ..] if ends_word(byte) && !self.begins_word() => {
                    // The parenthesis that closes all is no part of what is before it.
                    let mut is_document = false;
                    while let Some(&byte) = self.rest().first()
                        && !is_document
                        && ends_word(byte)
                        && (self.at == start || !self.begins_word())
                        && !(byte == b')' && is_command && self.at > start && nest.is_closed())
                    {
                        nest.gap(byte);
                        self.at += 1;
                        is_document = byte == b'\n' && !documents.is_empty();
                    }
                    let gap = &self.text[start..self.at];
                    tokens.push(Token::Gap(gap));
                    if is_document {
                        for end in documents.drain(..) {
                            tokens.push(Token::Text(self.document(&end)));
                        }
                    }
                    let gap = gap.trim_ascii_end();
                    begins_document = gap.ends_with(b"<<") && !gap.ends_with(b"<<<");
                }
                [b'\\', b'\n', ..] => {
                    self.at += 2;
                    tokens.push(Token::Gap(&self.text[start..self.at]));
                }
                _ => {
                    let word = self.word()?;
                    nest.word(word.source);
                    if mem::take(&mut begins_document) {
                        documents.push(word.bytes.clone());
                    }
                    tokens.push(Token::Word(word));
                }
            }
        }
    }

    /// Reads lines up to one that is this.
    fn document(&mut self, end: &[u8]) -> &'a [u8] {
        let start = self.at;
        let end = end.strip_prefix(b"-").unwrap_or(end);
        while !self.rest().is_empty() {
            let length = self.rest().iter().take_while(|&&byte| byte != b'\n').count();
            let line = self.rest()[..length].trim_ascii_start();
            if line == end {
                break;
            }
            self.at = self.text.len().min(self.at + length + 1);
        }
        &self.text[start..self.at]
    }

    /// Whether a word begins here with a byte that ends one elsewhere: a command whose output is a file, or a mark.
    fn begins_word(&self) -> bool {
        matches!(self.rest(), [b'<' | b'>', b'(', ..]) || shape::mark(self.rest()).is_some()
    }
}
