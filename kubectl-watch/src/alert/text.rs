//! Bytes as text, so that the bytes can be had back.
//!
//! A byte that is not part of valid UTF-8 becomes `\xNN`, with two small hexadecimal digits. A backslash that
//! would look like the beginning of one becomes `\x5c`. All else stays as it is. So replacing every `\xNN` by
//! its byte gives the bytes back.

use std::borrow::Cow;
use std::fmt::Write;

use serde::ser::{Serialize, SerializeSeq, Serializer};

use crate::event::Args;
use crate::redact;

/// Shows bytes as text.
#[must_use]
pub fn shown(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\\') || !text.contains(r"\x") => return Cow::Borrowed(text),
        _ => {}
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(place) = rest.find(r"\x") {
            out.push_str(&rest[..place]);
            let hex = rest.as_bytes()[place + 2..]
                .iter()
                .take(2)
                .filter(|byte| byte.is_ascii_hexdigit());
            out.push_str(if hex.count() == 2 { r"\x5c" } else { r"\" });
            rest = &rest[place + 1..];
        }
        out.push_str(rest);
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, r"\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

/// The bytes that are [`shown`] as a text.
#[must_use]
pub fn read(text: &str) -> Cow<'_, [u8]> {
    if !text.contains(r"\x") {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let number = match rest {
            [b'\\', b'x', high, low, ..] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        let byte = number.and_then(|(high, low)| u8::try_from(16 * high + low).ok());
        out.push(byte.unwrap_or(first));
        rest = byte.and_then(|_| rest.get(4..)).unwrap_or(tail);
    }
    Cow::Owned(out)
}

/// Whether a character does something to a terminal, or to what is beside it, instead of being seen: control
/// characters, and those of Unicode that turn the direction of text, join it, or have no width.
#[must_use]
pub fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Bytes that go into a document as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl Text {
    /// What somebody may have chosen, as a path or a name, without the secrets in it.
    pub(crate) fn chosen(bytes: &[u8]) -> Self {
        Self(redact::text(bytes))
    }

    /// The same, where no bytes mean that they are not known.
    pub(crate) fn known(bytes: &[u8]) -> Option<Self> {
        (!bytes.is_empty()).then(|| Self::chosen(bytes))
    }

    /// At most so many bytes of it, with a mark where some are missing.
    pub(crate) fn cut(mut bytes: Vec<u8>, length: usize) -> Self {
        if bytes.len() > length {
            let end = (length.saturating_sub(3)..=length)
                .rev()
                .find(|&end| bytes[end] & 0b1100_0000 != 0b1000_0000)
                .unwrap_or(length);
            bytes.truncate(end);
            bytes.extend_from_slice("…".as_bytes());
        }
        Self(bytes)
    }

    /// The text.
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        shown(&self.0)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}

/// Arguments that go into a document as an array of text. A million of them take no more room than their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ArgList(pub(crate) Args);

impl Serialize for ArgList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for arg in self.0.iter() {
            list.serialize_element(&shown(arg))?;
        }
        list.end()
    }
}

/// Arguments joined to one line. It shares their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandLine(pub(crate) Args);

impl Serialize for CommandLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(self.0.command_line()))
    }
}

/// The first arguments, of so many bytes together: the last one is [cut](Text::cut) where it does not fit.
pub(crate) fn excerpt(args: &Args, bytes: usize) -> Args {
    if args.command_line().len() <= bytes {
        return args.clone();
    }
    let mut room = bytes;
    let mut first = Vec::with_capacity(bytes + "…".len() + 1);
    for arg in args.iter() {
        if arg.len() >= room {
            let last = Text::cut(arg[..arg.len().min(room + 1)].to_vec(), room);
            first.extend_from_slice(&last.0);
            first.push(0);
            break;
        }
        first.extend_from_slice(arg);
        first.push(0);
        room -= arg.len() + 1;
    }
    Args::from_bytes(first).cut()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_stays_and_bytes_are_named() {
        for (bytes, text) in [
            (&b"--as=x"[..], "--as=x"),
            ("größe\n".as_bytes(), "größe\n"),
            (br"C:\new", r"C:\new"),
            (b"a\xff\xfeb", r"a\xff\xfeb"),
            (br"\xff", r"\x5cxff"),
            (br"\xyz\x", r"\xyz\x"),
            (b"\xe2\x82", r"\xe2\x82"),
        ] {
            assert_eq!(shown(bytes), text);
        }
        for (text, bytes) in [
            (r"a\xFFb", &b"a\xffb"[..]),
            (r"\x+f\x f", br"\x+f\x f"),
            (r"\x5cx5c\x5c", br"\x5c\"),
        ] {
            assert_eq!(&*read(text), bytes, "{text}");
        }
    }

    #[test]
    fn a_cut_is_between_characters() {
        assert_eq!(Text::cut("aöö".into(), 4).shown(), "aö…");
        assert_eq!(Text::cut("aöö".into(), 5).shown(), "aöö");
        assert_eq!(Text::cut(vec![0x80; 9], 4).shown(), r"\x80\x80\x80\x80…");
    }

    #[test]
    fn an_excerpt_ends_between_characters_and_says_so() {
        let args: Args = ["sh", "aöö", "", "x"].iter().collect();
        for (bytes, shown, is_cut) in [
            (11, &["sh", "aöö", "", "x"][..], false),
            (10, &["sh", "aöö", "", "…"], true),
            (9, &["sh", "aöö", ""], true),
            (8, &["sh", "aöö"], true),
            (7, &["sh", "aö…"], true),
            (3, &["sh", "…"], true),
            (2, &["sh"], true),
            (1, &["s…"], true),
        ] {
            let excerpt = excerpt(&args, bytes);
            let expected: Vec<&[u8]> = shown.iter().map(|arg| arg.as_bytes()).collect();
            assert_eq!(
                (excerpt.iter().collect(), excerpt.is_cut()),
                (expected, is_cut),
                "{bytes}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_bytes_can_be_had_back(
            parts in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..4),
                    Just(br"\".to_vec()),
                    Just(br"\x".to_vec()),
                    Just(br"\xf".to_vec()),
                    Just(b"ff".to_vec()),
                ],
                0..8,
            ),
        ) {
            let bytes = parts.concat();
            prop_assert_eq!(read(&shown(&bytes)).into_owned(), bytes);
        }
    }
}
