//! What the value of a name is, by the name, what follows it, and the program.

use super::super::program::Programs;
use super::super::quote::{self, Found};
use super::super::value;
use super::super::{name, shape};
use super::{Follow, Kind, Meaning, Scan};

impl Scan<'_> {
    /// What the value of a name is, here.
    pub(super) fn meaning(&self, word: &[u8], name: &[u8], follow: &Follow) -> Option<Meaning> {
        let dashed = name.len() < word.len();
        let meaning = name::meaning(name);
        if !matches!(meaning, Some(Meaning::Secret(_)))
            && matches!(follow, Follow::Assign(_))
            && self.begins_word(self.at - word.len())
            && let of_variable @ Some(_) = self.memory.variables.meaning(word)
        {
            return of_variable;
        }
        match meaning {
            Some(Meaning::Pair(_)) if !dashed => None,
            Some(Meaning::UserPassword) if !dashed || !self.memory.programs.has(Programs::CURL) => None,
            // `-ubob:password` in one argument, and `-sku`.
            None if self.memory.programs.has(Programs::CURL)
                && let Some(user) = shape::behind_u(word) =>
            {
                match follow {
                    Follow::Colon(_) => Some(Meaning::Secret(Kind::Password)),
                    _ if user.is_empty() => Some(Meaning::UserPassword),
                    _ => None,
                }
            }
            None if dashed && let Some(meaning) = self.memory.programs.meaning(word) => Some(meaning),
            // As in `kubectl set env deploy/x NAME=value`.
            None if self.memory.programs.has(Programs::ENV)
                && !dashed
                && matches!(follow, Follow::Assign(_))
                && self.begins_variable(self.at - word.len()) =>
            {
                Some(Meaning::Secret(Kind::Env))
            }
            None if shape::is_joined_env(word) && matches!(follow, Follow::Assign(_)) => {
                Some(Meaning::Secret(Kind::Env))
            }
            // Of a registry, in the configuration of Docker.
            None if name == b"auth"
                && let Follow::Colon(value) = *follow
                && [self.at, value::skip_space(self.text, value)]
                    .into_iter()
                    .all(|place| matches!(quote::at(self.text, place), Found::Delimiter(..))) =>
            {
                Some(Meaning::Secret(Kind::Authorization))
            }
            meaning => meaning,
        }
    }

    /// Whether a word of a shell can begin here, outside any quotes in it.
    fn begins_word(&self, start: usize) -> bool {
        let before = self.text[..start].last();
        self.exact == Some(start)
            || before.is_none_or(|byte| byte.is_ascii_whitespace() || b";&|(`".contains(byte))
    }

    /// Whether what begins here can be a variable's name: a word, and not the value of a key, whose closing quotation mark
    /// would be taken for an opening one behind the padding of base64.
    fn begins_variable(&self, start: usize) -> bool {
        let before = self.text[..start].iter().rev();
        let mut before = before.skip_while(|byte| b"\"'\\".contains(byte) || byte.is_ascii_whitespace());
        self.begins_key(start) && before.next() != Some(&b':')
    }
}
