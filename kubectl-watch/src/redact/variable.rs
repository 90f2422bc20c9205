//! Variables of a shell that have a secret, as is known where they are used: `a=x; kubectl --token=$a`.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use super::memory::Memory;
use super::name::{self, Meaning};

/// Names, beyond which each variable is taken for one that has a secret.
const MAX_NAMES: usize = 32;
/// How often a text is read, as each time may tell of another: `b=x; a=$b; kubectl --token=$a`. The last time each
/// variable is taken for one that has a secret.
const MAX_READ: usize = 4;

/// Those of a text, for all that is remembered in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(Rc<RefCell<Names>>);

#[derive(Debug, Default)]
struct Names {
    known: Vec<(Vec<u8>, Meaning)>,
    /// There are too many.
    are_all: bool,
    /// There are some that were not known when the text was begun to be read.
    are_new: bool,
}

/// What comes of a text that is read, and is so again where it told of a variable that may be set before.
pub(super) fn read<T>(mut read: impl FnMut(Memory) -> T) -> T {
    let variables = Variables::default();
    let mut out = read(Memory::of(variables.clone(), 0));
    for time in 2..=MAX_READ {
        let mut names = variables.0.borrow_mut();
        if !mem::take(&mut names.are_new) {
            break;
        }
        names.are_all |= time == MAX_READ;
        drop(names);
        out = read(Memory::of(variables.clone(), 0));
    }
    out
}

impl Variables {
    /// Notes the variables that are in the value of a name, and what they are by that.
    pub(super) fn note(&self, value: &[u8], meaning: Meaning) {
        let mut parts = value.split(|&byte| byte == b'$');
        parts.next();
        for part in parts {
            let part = part.strip_prefix(b"{").unwrap_or(part);
            let part = part.strip_prefix(b"!").unwrap_or(part);
            let name = &part[..part.iter().take_while(|&&byte| is_of_name(byte)).count()];
            let is_known = matches!(name::meaning(name), Some(Meaning::Secret(_)));
            if !is_known && name.first().is_some_and(|byte| !byte.is_ascii_digit()) {
                self.0.borrow_mut().note(name, meaning);
            }
        }
    }

    /// What a variable has.
    pub(super) fn meaning(&self, name: &[u8]) -> Option<Meaning> {
        let names = self.0.borrow();
        let of_name = names.known.iter().find(|(other, _)| other == name);
        let of_all = names.are_all && name.iter().all(|&byte| is_of_name(byte));
        of_name
            .map(|(_, meaning)| *meaning)
            .or(of_all.then_some(Meaning::Secret(super::Kind::Secret)))
    }
}

impl Names {
    fn note(&mut self, name: &[u8], meaning: Meaning) {
        let is_full = self.known.len() == MAX_NAMES;
        match self.known.iter_mut().find(|(other, _)| other == name) {
            // Of what is a secret as a whole there are no parts.
            Some((_, before))
                if matches!(meaning, Meaning::Secret(_)) && !matches!(before, Meaning::Secret(_)) =>
            {
                *before = meaning;
            }
            Some(_) => return,
            None if !is_full => self.known.push((name.to_owned(), meaning)),
            None => {
                if self.are_all {
                    return;
                }
                self.are_all = true;
            }
        }
        self.are_new = true;
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
