//! Bytes that somebody chose, as words of a command line: as a shell would take them, and nothing that steers a terminal.

use std::fmt::Write;

use crate::alert::text::is_harmful;

/// A word as a POSIX shell or bash takes it: bare, in quotes, or as `$'…'` where bytes have to be named.
pub fn quoted(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.bytes().all(is_bare) => text.to_owned(),
        Ok(text) if !text.contains(|char| char == '\'' || is_harmful(char)) => format!("'{text}'"),
        _ => format!("$'{}'", named(bytes, true)),
    }
}

/// A name that is no command line: only what steers a terminal is named.
pub fn plain(text: &str) -> String {
    named(text.as_bytes(), false)
}

/// Names the bytes and characters that must not be shown; for a shell also its own quotes.
fn named(bytes: &[u8], shell: bool) -> String {
    let mut out = String::with_capacity(bytes.len() + 8);
    // Writing to a String cannot fail.
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\n' => out.push_str(r"\n"),
                '\t' => out.push_str(r"\t"),
                '\r' => out.push_str(r"\r"),
                '\\' | '\'' if shell => drop(write!(out, r"\{char}")),
                char if !is_harmful(char) => out.push(char),
                char if char.is_ascii() => drop(write!(out, r"\x{:02x}", u32::from(char))),
                // Its bytes: what bash makes of its number depends on the locale.
                char if shell => {
                    let mut bytes = [0; 4];
                    for byte in char.encode_utf8(&mut bytes).bytes() {
                        let _ = write!(out, r"\x{byte:02x}");
                    }
                }
                char if u32::from(char) <= 0xffff => drop(write!(out, r"\u{:04x}", u32::from(char))),
                char => drop(write!(out, r"\U{:08x}", u32::from(char))),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, r"\x{byte:02x}");
        }
    }
    out
}

/// Whether a shell takes a byte as it is.
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_=+,./:@%^".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_quoted_as_little_as_will_do() {
        for (bytes, want) in [
            (&b"--as=system:admin"[..], "--as=system:admin"),
            (b"", "''"),
            (b"a b", "'a b'"),
            (br"a\b", r"'a\b'"),
            ("größe".as_bytes(), "'größe'"),
            (b"it's", r"$'it\'s'"),
            (
                b"<redacted:token sha256:0011aabb>",
                "'<redacted:token sha256:0011aabb>'",
            ),
            (b"\x1b[31m\n\\\xff", r"$'\x1b[31m\n\\\xff'"),
            (
                "\u{202e}\u{200b}\u{9b}\u{e0041}".as_bytes(),
                r"$'\xe2\x80\xae\xe2\x80\x8b\xc2\x9b\xf3\xa0\x81\x81'",
            ),
        ] {
            assert_eq!(quoted(bytes), want);
        }
        assert_eq!(plain("node\x1b]0;x\x07"), r"node\x1b]0;x\x07");
    }

    proptest! {
        #[test]
        fn nothing_steers_the_terminal(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(!quoted(&bytes).contains(is_harmful));
        }
    }
}
