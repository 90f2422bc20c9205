//! How far a value goes that lies within a longer text, and what it is without its quotes.

use super::quote::{self, Found, Open};
use super::shape;

/// What ends a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// What ends a word of a shell.
    Word,
    /// What ends a string or a literal of JSON.
    Json,
    /// White space.
    Space,
    /// The end of a line, whatever is in it, and of those that follow and are deeper than this column.
    Lines(usize),
    /// What ends a text of YAML in brackets, be it over several lines.
    Flow,
    /// The end of the quotes that it is in.
    Quotes,
}

/// A value within a text.
pub(super) struct Value {
    /// Where it ends.
    pub(super) end: usize,
    /// What it is once a shell has taken the quotes off: the bytes that its reader gets.
    pub(super) bytes: Vec<u8>,
}

#[cfg(test)]
thread_local! {
    /// How many bytes of values this thread has read.
    pub(super) static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The value that begins at a place, in quotes that are open there. Without an end it is all that is left.
pub(super) fn at(text: &[u8], start: usize, outer: &Open, until: Until) -> Value {
    counted(text, start, outer, until, true)
}

/// The same of a value in which no command of a shell has its output.
pub(super) fn without_commands(text: &[u8], start: usize, outer: &Open, until: Until) -> Value {
    counted(text, start, outer, until, false)
}

fn counted(text: &[u8], start: usize, outer: &Open, until: Until, has_commands: bool) -> Value {
    let value = read(text, start, outer, until, has_commands);
    #[cfg(test)]
    READ.with(|read| read.set(read.get() + value.end - start));
    value
}

fn read(text: &[u8], start: usize, outer: &Open, until: Until, has_commands: bool) -> Value {
    let mut bytes = Vec::new();
    let mut inner = Open::default();
    let mut end = start;
    while let Some(&byte) = text.get(end) {
        if let Some(length) = shape::mark(&text[end..]) {
            bytes.extend_from_slice(&text[end..end + length]);
            end += length;
            continue;
        }
        match quote::at(text, end) {
            Found::Delimiter(delimiter, length) if until == Until::Quotes => {
                if outer.innermost() == Some(delimiter) {
                    break;
                }
                bytes.extend_from_slice(&text[end..end + length]);
                end += length;
            }
            Found::Delimiter(delimiter, length) if matches!(until, Until::Lines(_)) => {
                // What is read already, in quotes, ends with them.
                if outer.has(delimiter) && shape::mark(&bytes) == Some(bytes.len()) {
                    break;
                }
                bytes.extend_from_slice(&text[end..end + length]);
                end += length;
            }
            // Within a text of YAML they are letters.
            Found::Delimiter(delimiter, length)
                if until == Until::Flow && inner.is_empty() && end > start && !outer.has(delimiter) =>
            {
                bytes.extend_from_slice(&text[end..end + length]);
                end += length;
            }
            // In a string of JSON all others are letters.
            Found::Delimiter(delimiter, length)
                if until == Until::Json && !inner.is_empty() && !inner.has(delimiter) =>
            {
                bytes.extend_from_slice(&text[end..end + length]);
                end += length;
            }
            Found::Delimiter(delimiter, length) => {
                // What begins a value opens it, even if it seems to be open already: texts need not be tidy.
                if end > start && inner.is_empty() && outer.has(delimiter) {
                    break;
                }
                inner.toggle(delimiter);
                end += length;
                if until == Until::Json && inner.is_empty() {
                    // YAML has a single quote within such quotes twice.
                    if !matches!(text[end - 1..], [b'\'', b'\'', ..]) {
                        break;
                    }
                    bytes.push(b'\'');
                }
            }
            // In a plain text of YAML they are themselves.
            Found::Backslashes(count) if matches!(until, Until::Lines(_)) && !has_commands => {
                bytes.extend_from_slice(&text[end..end + count]);
                end += count;
            }
            Found::Backslashes(count) => {
                bytes.extend(std::iter::repeat_n(b'\\', count / 2));
                end += count;
                if count % 2 == 1 {
                    bytes.extend(text.get(end));
                    end = (end + 1).min(text.len());
                }
            }
            Found::Other => {
                // The output of a command is the value: where that ends is not known here.
                if has_commands && until != Until::Json && matches!(text[end..], [b'$' | b'<', b'(', ..]) {
                    bytes.extend_from_slice(&text[end..]);
                    return Value {
                        end: text.len(),
                        bytes,
                    };
                }
                if inner.is_empty() && ends(byte, until) {
                    match until {
                        Until::Lines(column) if let Some(next) = deeper(text, end, column) => {
                            bytes.push(b' ');
                            end = next;
                            continue;
                        }
                        _ => break,
                    }
                }
                bytes.push(byte);
                end += 1;
            }
        }
    }
    if until == Until::Flow {
        let space = bytes.len() - bytes.trim_ascii_end().len();
        bytes.truncate(bytes.len() - space);
        end -= space;
    }
    Value { end, bytes }
}

/// Where the text of the next line begins that is not empty, if it is deeper than a column.
fn deeper(text: &[u8], newline: usize, column: usize) -> Option<usize> {
    let space = text[newline..]
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let before = &text[newline..newline + space];
    let indent = before.iter().rev().take_while(|&&byte| byte != b'\n').count();
    (indent > column && newline + space < text.len()).then_some(newline + space)
}

/// Whether a byte outside any quotes ends a value.
fn ends(byte: u8, until: Until) -> bool {
    match until {
        Until::Word => byte.is_ascii_whitespace() || b";|&()<>".contains(&byte),
        Until::Json => byte.is_ascii_whitespace() || b",}]".contains(&byte),
        Until::Space => byte.is_ascii_whitespace(),
        Until::Lines(_) => byte == b'\n',
        Until::Flow => b",{}[]".contains(&byte),
        Until::Quotes => false,
    }
}

/// Where white space ends that begins at a place. A shell's continued line is white space too.
pub(super) fn skip_space(text: &[u8], mut place: usize) -> usize {
    loop {
        match text[place..] {
            [byte, ..] if byte.is_ascii_whitespace() => place += 1,
            [b'\\', byte, ..] if byte.is_ascii_whitespace() => place += 2,
            _ => return place,
        }
    }
}
