//! Quotes within a text, as deep as they are nested.
//!
//! A command line in a command line has its quotes behind backslashes, more of them the deeper it is. A
//! quotation mark with its backslashes is one delimiter, and tells each depth from the others.

/// Backslashes beyond these count as these, which bounds how many delimiters there are.
const BACKSLASHES: usize = 15;

/// A quotation mark, and how many backslashes are before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiter {
    backslashes: u8,
    mark: u8,
}

/// What stands at a place of a text.
pub(super) enum Found {
    /// A delimiter, so many bytes long.
    Delimiter(Delimiter, usize),
    /// So many backslashes before something else.
    Backslashes(usize),
    /// Neither.
    Other,
}

/// What stands at a place of a text.
pub(super) fn at(bytes: &[u8], place: usize) -> Found {
    let rest = &bytes[place..];
    let backslashes = rest.iter().take_while(|&&byte| byte == b'\\').count();
    match rest.get(backslashes) {
        Some(&mark @ (b'"' | b'\'' | b'`')) => {
            let count = u8::try_from(backslashes.min(BACKSLASHES)).unwrap_or(u8::MAX);
            Found::Delimiter(
                Delimiter {
                    backslashes: count,
                    mark,
                },
                backslashes + 1,
            )
        }
        _ if backslashes > 0 => Found::Backslashes(backslashes),
        _ => Found::Other,
    }
}

/// The quotes that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Open(Vec<Delimiter>);

impl Open {
    /// Opens a quote, or closes it with all that was opened since. True where it opened.
    pub(super) fn toggle(&mut self, delimiter: Delimiter) -> bool {
        if let Some(index) = self.0.iter().position(|&open| open == delimiter) {
            self.0.truncate(index);
            return false;
        }
        self.0.push(delimiter);
        true
    }

    /// Whether this one is open.
    pub(super) fn has(&self, delimiter: Delimiter) -> bool {
        self.0.contains(&delimiter)
    }

    /// The innermost.
    pub(super) fn innermost(&self) -> Option<Delimiter> {
        self.0.last().copied()
    }

    /// Whether none is open.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
