//! A password that stands beside its user: in the text of a `.netrc`, in a call of Python and in SQL.

use super::super::quote::{self, Found};
use super::super::value;
use super::{Kind, Meaning, Scan};

/// Bytes before a password in which its user is looked for.
const LONGEST: usize = 256;

impl Scan<'_> {
    /// Whether a name that begins here is the password of a `.netrc`: behind the user, or the host, of one.
    pub(super) fn is_netrc(&mut self, start: usize, meaning: Meaning) -> bool {
        const BEFORE: [&[u8]; 4] = [b"login", b"machine", b"default", b"account"];
        let text = self.text;
        if meaning != Meaning::Secret(Kind::Password) {
            return false;
        }
        let has_words = || {
            let has = |names: &[&[u8]]| words(text).any(|word| is_of(word, names));
            has(&BEFORE[..1]) && has(&BEFORE[1..3])
        };
        // Of a user in a domain two words come before.
        *self.names_login.get_or_insert_with(has_words)
            && words(&text[start.saturating_sub(LONGEST)..start])
                .rev()
                .take(3)
                .any(|word| is_of(word, &BEFORE))
    }

    /// Where the password is that SQL has behind a word that ends here: `ALTER USER bob PASSWORD 'x'` and
    /// `IDENTIFIED BY 'x'`.
    pub(super) fn password_of_sql(&self, start: usize, name: &[u8]) -> Option<usize> {
        let before: &[&[u8]] = match name.len() {
            2 if name.eq_ignore_ascii_case(b"by") => &[b"identified"],
            8 if name.eq_ignore_ascii_case(b"password") => &[b"with", b"user", b"role"],
            _ => return None,
        };
        let password = value::skip_space(self.text, self.at);
        let is_string = password > self.at && matches!(quote::at(self.text, password), Found::Delimiter(..));
        let mut words = words(&self.text[start.saturating_sub(LONGEST)..start])
            .rev()
            .take(3);
        (is_string && words.any(|word| is_of(word, before))).then_some(password)
    }

    /// Where the password is of `auth=("bob", "x")` and `HTTPBasicAuth("bob", "x")`, whose name ends here.
    pub(super) fn password_of_call(&self, name: &[u8]) -> Option<usize> {
        const NAME: &[u8] = b"auth";
        let end = name.len().checked_sub(NAME.len())?;
        if !name[end..].eq_ignore_ascii_case(NAME) {
            return None;
        }
        let mut place = self.at;
        if let Found::Delimiter(_, length) = quote::at(self.text, place) {
            place += length;
        }
        place = value::skip_space(self.text, place);
        if matches!(self.text.get(place), Some(b'=' | b':')) {
            place = value::skip_space(self.text, place + 1);
        }
        if !matches!(self.text.get(place), Some(b'(' | b'[')) {
            return None;
        }
        let mut open = 0_usize;
        for (length, byte) in self.text[place..].iter().take(LONGEST).enumerate() {
            match byte {
                b'(' | b'[' => open += 1,
                b')' | b']' => open -= 1,
                b',' => {
                    let second = value::skip_space(self.text, place + length + 1);
                    let is_prefixed = matches!(self.text.get(second), Some(b'b' | b'f' | b'r' | b'u'));
                    let second = second + usize::from(is_prefixed);
                    if matches!(quote::at(self.text, second), Found::Delimiter(..)) {
                        return Some(second);
                    }
                }
                _ => {}
            }
            if open == 0 {
                break;
            }
        }
        None
    }
}

/// The words of a text, be it in quotes, with its lines as they are or by `\n`.
fn words(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || b"\"'`\\".contains(byte))
        .filter(|word| !word.is_empty())
}

/// Whether a word is one of these, or is so behind the letter of `\n`.
fn is_of(word: &[u8], names: &[&[u8]]) -> bool {
    let is = |word: &[u8]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
    is(word) || word.strip_prefix(b"n").is_some_and(is)
}
