//! `regex`: the regular expressions of Lucene, translated to those of the `regex` crate.
//!
//! They look alike and differ: here `^` and `$` are plain characters, a match is always of the whole value,
//! and only `. ? + * | {} [] () \` mean something. What only Lucene has (`~ & @ # < "`) is refused.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use regex::bytes::{Regex, RegexBuilder};

use super::glob::character;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

/// How much memory one compiled pattern may take.
const MAX_COMPILED: usize = 1 << 20;
/// How much it may take besides once it is used.
const MAX_CACHE: usize = 1 << 19;

impl Pattern {
    /// Reads a pattern; an error says what is wrong with it.
    pub fn new(source: &str, fold: bool) -> Result<Self, String> {
        let regex = RegexBuilder::new(&format!(r"\A(?:{})\z", translate(source, fold)?))
            .dot_matches_new_line(true)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_CACHE)
            .nest_limit(64)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => "this regular expression is too large".to_owned(),
                _ => "this is not a regular expression".to_owned(),
            })?;
        Ok(Self {
            source: source.to_owned(),
            regex,
        })
    }

    /// Whether the whole value matches. A byte that is not UTF-8 is a character like any other.
    pub fn matches(&self, value: &[u8]) -> bool {
        self.regex.is_match(&readable(value))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "regex {:?}", self.source)
    }
}

/// The value with each byte that is not UTF-8 as a replacement character, so that `.` meets it once.
fn readable(value: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(value).is_ok() {
        return Cow::Borrowed(value);
    }
    let mut text = Vec::with_capacity(value.len() + 8);
    let mut rest = value;
    while !rest.is_empty() {
        let (next, others) = rest.split_at(character(rest));
        text.extend_from_slice(if std::str::from_utf8(next).is_ok() {
            next
        } else {
            "\u{fffd}".as_bytes()
        });
        rest = others;
    }
    Cow::Owned(text)
}

fn translate(source: &str, fold: bool) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = source.chars();
    // Where the last thing that can be repeated begins, and where each open group does.
    let (mut atom, mut groups) = (0, Vec::new());
    let mut repeated = false;
    while let Some(next) = rest.next() {
        let repeats = matches!(next, '?' | '+' | '*' | '{');
        if repeats && repeated {
            // To Lucene `a+?` is `(a+)?`; here it would be a lazy `a+`.
            out.insert_str(atom, "(?:");
            out.push(')');
        } else if !repeats && next != ')' {
            atom = out.len();
        }
        repeated = repeats;
        match next {
            '.' | '?' | '+' | '*' | '|' => out.push(next),
            ')' => {
                atom = groups.pop().ok_or("this `)` closes nothing")?;
                out.push(')');
            }
            // A group that captures nothing: Lucene has no captures and no flags.
            '(' if rest.as_str().starts_with('?') => return Err("a group cannot begin with `?`".to_owned()),
            '(' => {
                groups.push(atom);
                out.push_str("(?:");
            }
            '{' => out.push_str(&repetition(&mut rest)?),
            '[' => class(&mut rest, fold, &mut out)?,
            '\\' => escape(&mut rest, fold, &mut out)?,
            '~' | '&' | '@' | '#' | '<' | '"' => {
                return Err(format!(
                    "`{next}` is an operator of Lucene that is not supported; `\\{next}` is plain"
                ));
            }
            plain => letter(plain, fold, &mut out),
        }
    }
    Ok(out)
}

/// A plain character, in both cases where case is ignored.
fn letter(plain: char, fold: bool, out: &mut String) {
    if fold && plain.is_ascii_alphabetic() {
        out.extend(['[', plain.to_ascii_lowercase(), plain.to_ascii_uppercase(), ']']);
    } else {
        out.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4])));
    }
}

/// `{n}`, `{n,}`, `{n,m}`, the opening brace taken.
fn repetition(rest: &mut std::str::Chars<'_>) -> Result<String, String> {
    let text = rest.as_str();
    let body = text.find('}').map(|end| &text[..end]);
    let counted = body.filter(|body| {
        let (least, most) = body.split_once(',').unwrap_or((body, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        !least.is_empty() && digits(least) && digits(most)
    });
    let counted = counted.ok_or("`{` begins a count such as {2,3}; `\\{` is plain")?;
    *rest = text[counted.len() + 1..].chars();
    Ok(format!("{{{counted}}}"))
}

fn escape(rest: &mut std::str::Chars<'_>, fold: bool, out: &mut String) -> Result<(), String> {
    let next = rest.next().ok_or("nothing follows the last backslash")?;
    match shorthand(next) {
        Some(set) => out.extend(["[", set, "]"]),
        None => letter(next, fold, out),
    }
    Ok(())
}

/// What `\d` and its like stand for: ASCII, as in Lucene.
fn shorthand(letter: char) -> Option<&'static str> {
    match letter {
        'd' => Some("0-9"),
        'D' => Some("^0-9"),
        's' => Some(r" \t\n\r"),
        'S' => Some(r"^ \t\n\r"),
        'w' => Some("0-9A-Za-z_"),
        'W' => Some("^0-9A-Za-z_"),
        _ => None,
    }
}

/// `[…]`, the opening bracket taken.
fn class(rest: &mut std::str::Chars<'_>, fold: bool, out: &mut String) -> Result<(), String> {
    const OPEN: &str = "this `[` has no `]`";
    out.push('[');
    if rest.as_str().starts_with('^') {
        rest.next();
        out.push('^');
    }
    let mut empty = true;
    loop {
        let low = match rest.next().ok_or(OPEN)? {
            ']' if empty => return Err("a class cannot be empty; `\\]` is plain".to_owned()),
            ']' => break,
            '\\' => {
                let next = rest.next().ok_or(OPEN)?;
                if let Some(set) = shorthand(next) {
                    out.extend(["[", set, "]"]);
                    empty = false;
                    continue;
                }
                next
            }
            plain => plain,
        };
        empty = false;
        let mut high = low;
        if rest.as_str().starts_with('-') && !rest.as_str().starts_with("-]") {
            rest.next();
            high = match rest.next().ok_or(OPEN)? {
                '\\' => rest.next().ok_or(OPEN)?,
                plain => plain,
            };
        }
        if high < low {
            return Err(format!("the range {low}-{high} is backwards"));
        }
        range(low, high, out);
        if fold {
            for (from, to, shift) in [(b'a', b'z', 0), (b'A', b'Z', 1)] {
                let (first, last) = (low.max(char::from(from)), high.min(char::from(to)));
                let turn = |c: char| {
                    if shift == 0 {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                };
                if first <= last {
                    range(turn(first), turn(last), out);
                }
            }
        }
    }
    out.push(']');
    Ok(())
}

fn range(low: char, high: char, out: &mut String) {
    for (between, end) in [("", low), ("-", high)] {
        out.push_str(between);
        out.extend(['\\', 'x']);
        out.extend(end.escape_unicode().skip(2));
    }
}

#[cfg(test)]
mod tests;
