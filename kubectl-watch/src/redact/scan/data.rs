//! The data of a Kubernetes secret, whose values are secrets whatever they are called: `data` and `stringData` of a
//! manifest or a patch, in YAML or JSON.

use super::super::value;
use super::{Follow, Scan};

/// Where the data is that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// In lines that are deeper than this column.
    Lines(usize),
    /// In brackets.
    Brackets,
}

impl Scan<'_> {
    /// Whether this is the key of a part of such data. Notes where data begins and ends.
    pub(super) fn note_data(&mut self, word: &[u8], start: usize, follow: &Follow) -> bool {
        self.memory.of_secret |= is_secret(word);
        let Follow::Colon(colon) = *follow else {
            return false;
        };
        if self.data == Some(Data::Brackets) {
            return true;
        }
        let column = self.column(start);
        if let (Some(Data::Lines(of)), Some(column)) = (self.data, column) {
            if column > of {
                return true;
            }
            self.data = None;
        }
        if word == b"stringData" || (word == b"data" && self.is_of_secret()) {
            let value = value::skip_space(self.text, colon);
            let is_below = self.text[colon..value].contains(&b'\n');
            self.data = match (self.text.get(value), column) {
                (Some(b'{'), _) => Some(Data::Brackets),
                (_, Some(column)) if is_below => Some(Data::Lines(column)),
                _ => None,
            };
        }
        false
    }

    /// Whether this is the last part of a path that a patch of JSON has to such data: `"path": "/data/x"`.
    pub(super) fn is_of_data_path(&mut self, start: usize) -> bool {
        const LONGEST: usize = 24;
        let Some(colon) = self
            .path()
            .filter(|colon| (*colon..colon + LONGEST).contains(&start))
        else {
            return false;
        };
        let before = self.text[colon..start].trim_ascii_start();
        let path = before.iter().position(|&byte| byte == b'/');
        match path.map(|path| &before[path..]) {
            Some(b"/stringData/") => true,
            Some(b"/data/") => self.is_of_secret(),
            _ => false,
        }
    }

    /// Whether anything says that the text is about a secret. What its kind is may stand behind its data.
    fn is_of_secret(&mut self) -> bool {
        let text = self.text;
        let has_word = || text.split(|byte| !byte.is_ascii_alphabetic()).any(is_secret);
        self.memory.of_secret || *self.names_secret.get_or_insert_with(has_word)
    }
}

fn is_secret(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"secret") || word.eq_ignore_ascii_case(b"secrets")
}
