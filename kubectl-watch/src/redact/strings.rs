//! Strings within a text of another language, JSON or Python: `["sh", "-c", "kubectl …"]`.

use super::line::{Token, Word};

/// Takes a text apart into strings and what is between them, if there is any string.
pub(super) fn read(text: &[u8]) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let (mut at, mut from) = (0, 0);
    while at < text.len() {
        let before = text[..at].last();
        let begins = before.is_none_or(|before| before.is_ascii_whitespace() || b"[{(,:=".contains(before));
        let string = match text[at] {
            mark @ (b'"' | b'\'') if begins => string(&text[at..], mark),
            _ => None,
        };
        let Some(word) = string else {
            at += 1;
            continue;
        };
        if from < at {
            tokens.push(Token::Gap(&text[from..at]));
        }
        at += word.source.len();
        from = at;
        tokens.push(Token::Word(word));
    }
    if tokens.is_empty() {
        return None;
    }
    if from < text.len() {
        tokens.push(Token::Gap(&text[from..]));
    }
    Some(tokens)
}

/// The string that a text begins with, if it ends.
fn string(text: &[u8], mark: u8) -> Option<Word<'_>> {
    let mut bytes = Vec::new();
    let mut at = 1;
    loop {
        match *text.get(at..)? {
            [] => return None,
            [b'\\', letter, ..] => {
                bytes.push(match letter {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    letter => letter,
                });
                at += 2;
            }
            [byte, ..] if byte == mark => break,
            [byte, ..] => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    let mut word = Word::default();
    (word.source, word.bytes) = (&text[..=at], bytes.into());
    Some(word)
}
