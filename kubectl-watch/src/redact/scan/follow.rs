//! What follows a name, by which it has a value or not.

use super::super::quote::{self, Found};
use super::super::shape::PIECE;
use super::super::value::{self, Until};
use super::Scan;

/// Bytes of the index of an array, `TOKEN[0]=x`, beyond which it is none.
const MAX_INDEX: usize = 64;

/// What follows a run.
pub(super) enum Follow {
    /// `=`, or `:`, or white space; and where the value begins.
    Assign(usize),
    Colon(usize),
    /// A comma right behind it, by which kubectl tells the values of a flag apart.
    Comma(usize),
    Space(usize),
    /// The next item of an array, and where it begins.
    Item(usize),
    /// The end of the text.
    End,
    Other,
}

impl Scan<'_> {
    /// What follows the run from a place to here, and whether its name was in quotes of its own. A
    /// dashed one is a flag.
    pub(super) fn follow(&self, start: usize, dashed: bool) -> (Follow, bool) {
        let mut place = self.at;
        let mut closed = false;
        if let Found::Delimiter(_, length) = quote::at(self.text, place) {
            place += length;
            closed = true;
        }
        let space = value::skip_space(self.text, place);
        let follow = match self.text[place..] {
            [] => Follow::End,
            [b'=', ..] => Follow::Assign(place + 1),
            [b'+', b'=', ..] => Follow::Assign(place + 2),
            // The key of an array, as in `a=([token]=x)` and `os.environ["TOKEN"] = "x"`.
            [b']', ..] => self.assigned(place + 1).map_or(Follow::Other, Follow::Assign),
            [b'[', ..] => self.behind_index(place).map_or(Follow::Other, Follow::Assign),
            [b':', ..] => Follow::Colon(place + 1),
            // An array of arguments, `["--token", "x"]`.
            [b',', next, ..] if !closed && !next.is_ascii_whitespace() => Follow::Comma(place + 1),
            [b',', ..] if closed => Follow::Item(value::skip_space(self.text, place + 1)),
            _ if space > place && closed && self.text[space..].starts_with(b":") => Follow::Colon(space + 1),
            // As in `token = 'x'`, which is Python, but not what a flag has behind it.
            _ if space > place && !dashed && !self.text[space..].starts_with(b"==") => {
                let value = self
                    .assigned(place)
                    .filter(|&value| !self.is_compared(start, value));
                value.map_or(Follow::Space(space), Follow::Assign)
            }
            _ if space > place => Follow::Space(space),
            _ => Follow::Other,
        };
        let own = closed && matches!(follow, Follow::Assign(_) | Follow::Colon(_));
        (follow, own)
    }

    /// Where the value begins that is assigned at a place, be there white space around its sign.
    fn assigned(&self, place: usize) -> Option<usize> {
        let sign = value::skip_space(self.text, place);
        match self.text[sign..] {
            [b'+', b'=', ..] => Some(sign + 2),
            [b'=', b'=', ..] => None,
            // A line for a program that reads one: `read TOKEN <<< x`.
            [b'<', b'<', b'<', ..] => Some(value::skip_space(self.text, sign + 3)),
            [b'=', ..] if sign > place => Some(value::skip_space(self.text, sign + 1)),
            [b'=', ..] => Some(sign + 1),
            _ => None,
        }
    }

    /// Whether a parameter is held against what is no secret, as in `[ "$token" = x ]`: too short for one, or another
    /// parameter.
    fn is_compared(&self, start: usize, value: usize) -> bool {
        if !self.text[..start].ends_with(b"$") {
            return false;
        }
        let value = value::without_commands(self.text, value, &self.quotes, Until::Word);
        let is_command = matches!(self.text[value.end..], [b'(', ..]) || value.bytes.contains(&b'`');
        !is_command && (value.bytes.len() < PIECE || value.bytes.starts_with(b"$"))
    }

    /// Where the value begins of the part of an array whose index is here.
    fn behind_index(&self, place: usize) -> Option<usize> {
        let index = self.text[place..].iter().take(MAX_INDEX);
        let end = place
            + index
                .take_while(|byte| !byte.is_ascii_whitespace() && **byte != b']')
                .count();
        match self.text[end..] {
            [b']', b'=', ..] => Some(end + 2),
            [b']', b'+', b'=', ..] => Some(end + 3),
            _ => None,
        }
    }
}
