//! JSON in which nothing steers a terminal, in case somebody reads it there.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::text::is_harmful;

/// Compact JSON that escapes more than it must.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Most of it is plain, and to look at each of its characters takes as long as all the rest. What is below a
        // space never comes here: JSON itself escapes it.
        // It is looked at as a whole, so that many bytes are at once.
        let highest = fragment.bytes().fold(0, u8::max);
        if highest < 0x7f {
            return writer.write_all(fragment.as_bytes());
        }
        let (mut written, mut at) = (0, 0);
        // What is looked at begins behind all that is plain.
        while let Some(plain) = fragment.as_bytes()[at..].iter().position(|&byte| byte >= 0x7f) {
            let place = at + plain;
            let Some(char) = fragment[place..].chars().next() else {
                break;
            };
            at = place + char.len_utf8();
            if is_harmful(char) {
                writer.write_all(&fragment.as_bytes()[written..place])?;
                let mut units = [0; 2];
                for unit in char.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                written = at;
            }
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }
}

/// Adds a document as one line.
pub(super) fn write(document: &impl Serialize, out: &mut Vec<u8>) {
    // No part of a document can fail, and neither can a Vec.
    let result = document.serialize(&mut Serializer::with_formatter(&mut *out, Harmless));
    debug_assert!(result.is_ok(), "{result:?}");
    out.push(b'\n');
}

/// A document as one line.
pub(super) fn line(document: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    write(document, &mut out);
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_steers_a_terminal_is_escaped_and_read_back() {
        let text = "a\u{1b}[31m\u{9b}b\u{202e}c\u{7f}\u{e0041}\nü\u{feff}";
        let line = String::from_utf8(super::line(&text)).expect("text");
        assert_eq!(
            line,
            "\"a\\u001b[31m\\u009bb\\u202ec\\u007f\\udb40\\udc41\\nü\\ufeff\"\n"
        );
        assert_eq!(serde_json::from_str::<String>(&line).expect("JSON"), text);
    }
}
