//! A word without its secrets, as it was written.

use super::Word;
use crate::redact::shape;

impl Word<'_> {
    /// Takes the secrets out of the commands in it, and gives the source of what comes of it.
    pub(in crate::redact) fn redact_commands(&mut self, mut redact: impl FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
        if self.commands.is_empty() {
            return self.source.to_vec();
        }
        let (mut source, mut bytes) = (Vec::new(), Vec::new());
        let (mut source_at, mut bytes_at) = (0, 0);
        for command in &mut self.commands {
            source.extend_from_slice(&self.source[source_at..command.source.start]);
            bytes.extend_from_slice(&self.bytes[bytes_at..command.bytes.start]);
            (source_at, bytes_at) = (command.source.end, command.bytes.end);
            let whole = &self.source[command.source.clone()];
            let inner = &whole[command.opening..whole.len() - 1];
            let given = if command.is_backquoted {
                without_backslashes(inner)
            } else {
                inner.to_vec()
            };
            let redacted = redact(&given);
            let shown = match redacted == given {
                true => inner.to_vec(),
                false if command.is_backquoted => with_backslashes(&redacted, b"\\`"),
                false => redacted,
            };
            let start = bytes.len();
            for out in [&mut source, &mut bytes] {
                out.extend_from_slice(&whole[..command.opening]);
                out.extend_from_slice(&shown);
                out.extend_from_slice(&whole[whole.len() - 1..]);
            }
            command.bytes = start..bytes.len();
        }
        source.extend_from_slice(&self.source[source_at..]);
        bytes.extend_from_slice(&self.bytes[bytes_at..]);
        self.bytes = bytes.into();
        source
    }
}

/// Writes what came of a word that was written like this, in the same quotes unless nothing but a mark is in them.
pub(in crate::redact) fn write(source: &[u8], word: &[u8], out: &mut Vec<u8>) {
    let plain = source
        .iter()
        .zip(word)
        .take_while(|(from, to)| from == to && !b"'\"\\".contains(from))
        .count();
    let (before, rest) = word.split_at(plain);
    out.extend_from_slice(before);
    match source.get(plain) {
        Some(b'\'') if !is_mark(rest) => {
            out.push(b'\'');
            for &byte in rest {
                if byte == b'\'' {
                    out.extend_from_slice(br"'\'");
                }
                out.push(byte);
            }
            out.push(b'\'');
        }
        Some(b'"') if !is_mark(rest) => {
            out.push(b'"');
            out.extend(with_backslashes(rest, b"\\\""));
            out.push(b'"');
        }
        _ => out.extend_from_slice(rest),
    }
}

fn is_mark(word: &[u8]) -> bool {
    shape::mark(word) == Some(word.len())
}

fn with_backslashes(bytes: &[u8], before: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        if before.contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

/// A command as its shell gets it that is in backquotes.
fn without_backslashes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut bytes = bytes;
    while let [byte, rest @ ..] = bytes {
        let escaped = match rest {
            [next, behind @ ..] if *byte == b'\\' && b"\\`$\"".contains(next) => Some((next, behind)),
            _ => None,
        };
        let (byte, rest) = escaped.unwrap_or((byte, rest));
        out.push(*byte);
        bytes = rest;
    }
    out
}
