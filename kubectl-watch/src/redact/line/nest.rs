//! Which closing parenthesis belongs to which command.

/// Words behind which another command begins.
const BEFORE_COMMANDS: [&[u8]; 9] = [
    b"if", b"then", b"else", b"elif", b"while", b"until", b"do", b"{", b"!",
];

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Parenthesis,
    /// `case`, whose patterns end with a parenthesis that nothing opened.
    Case,
}

/// What is open at a place.
#[derive(Debug, Default)]
pub(super) struct Nest {
    open: Vec<Open>,
    /// The next word is no command.
    is_inside: bool,
}

impl Nest {
    /// Goes on by a byte between words.
    pub(super) fn gap(&mut self, byte: u8) {
        match byte {
            b'(' => self.open.push(Open::Parenthesis),
            b')' if self.open.last() == Some(&Open::Parenthesis) => {
                self.open.pop();
            }
            _ => {}
        }
        self.is_inside &= !b";|&()\n".contains(&byte);
    }

    /// Goes on by a word.
    pub(super) fn word(&mut self, word: &[u8]) {
        match word {
            b"case" if !self.is_inside => self.open.push(Open::Case),
            b"esac" if !self.is_inside && self.open.last() == Some(&Open::Case) => {
                self.open.pop();
            }
            _ => {}
        }
        self.is_inside = !BEFORE_COMMANDS.contains(&word);
    }

    /// Whether a closing parenthesis is for what is around.
    pub(super) fn is_closed(&self) -> bool {
        self.open.is_empty()
    }
}
