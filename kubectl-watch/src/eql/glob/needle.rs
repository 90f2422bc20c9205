//! A text that is looked for over and over. Two of them are the same when their texts are.

use std::cmp::Ordering;

use bstr::Finder;

/// A text to be found, with what its search needs worked out.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    text: Vec<u8>,
    finder: Finder<'static>,
}

impl Needle {
    /// Takes the text.
    pub(super) fn new(text: Vec<u8>) -> Self {
        let finder = Finder::new(&text).into_owned();
        Self { text, finder }
    }

    /// The text.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether it stands anywhere in a value.
    pub(super) fn is_in(&self, value: &[u8]) -> bool {
        self.finder.find(value).is_some()
    }
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Needle {}

impl PartialOrd for Needle {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Needle {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}
