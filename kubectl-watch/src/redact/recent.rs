//! What was made of arguments that come again: whoever is above one kubectl is above the next.
//!
//! What came out is kept, and of what went in a hash with a key that nobody else has: no secret is kept for it.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use crate::event::Args;

/// Lists that are kept: those above one process are four at most.
const MAX_LISTS: usize = 16;
/// Bytes of one that is kept.
const MAX_BYTES: usize = 16 * 1024;

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::default();
}

/// The lists that came last, the last one first.
#[derive(Debug, Default)]
struct Recent {
    /// Two, so that the hashes of two lists are not alike by chance.
    keys: [RandomState; 2],
    lists: Vec<([u64; 2], Args)>,
}

/// What is made of so many bytes of arguments; as it was, if that was not long ago.
pub(super) fn or_made(args: &Args, bytes: usize, make: impl FnOnce() -> Args) -> Args {
    RECENT.with_borrow_mut(|recent| recent.or_made(args, bytes, make))
}

impl Recent {
    fn or_made(&mut self, args: &Args, bytes: usize, make: impl FnOnce() -> Args) -> Args {
        let hash = self.keys.each_ref().map(|key| key.hash_one((args, bytes)));
        if let Some(place) = self.lists.iter().position(|(of, _)| *of == hash) {
            self.lists[..=place].rotate_right(1);
            return self.lists[0].1.clone();
        }
        let new = make();
        if new.command_line().len() <= MAX_BYTES {
            self.lists.truncate(MAX_LISTS - 1);
            self.lists.insert(0, (hash, new.clone()));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        line.split(' ').collect()
    }

    /// Asks for a list, and says whether it was made anew.
    fn is_made(recent: &mut Recent, line: &str) -> bool {
        let mut is_made = false;
        let made = recent.or_made(&args(line), 9, || {
            is_made = true;
            args(line)
        });
        assert_eq!(made, args(line));
        is_made
    }

    #[test]
    fn what_came_last_is_not_made_again_and_the_oldest_is_forgotten() {
        let mut recent = Recent::default();
        for round in 0..3 {
            for number in 0..MAX_LISTS {
                assert_eq!(is_made(&mut recent, &number.to_string()), round == 0);
            }
        }
        assert!(!is_made(&mut recent, "0") && is_made(&mut recent, "new"));
        assert!(!is_made(&mut recent, "0") && is_made(&mut recent, "1"));
        assert_eq!(recent.lists.len(), MAX_LISTS);
    }

    #[test]
    fn lists_that_are_not_the_same_are_not_taken_for_each_other() {
        let mut recent = Recent::default();
        let lists = [args("a b"), args("a b").cut(), std::iter::once("a b").collect()];
        for (number, list) in lists.iter().enumerate() {
            let made = args(&number.to_string());
            assert_eq!(recent.or_made(list, 9, || made.clone()), made);
        }
        let shorter = args("shorter");
        assert_eq!(recent.or_made(&lists[0], 8, || shorter.clone()), shorter);
    }

    #[test]
    fn long_ones_are_not_kept() {
        let mut recent = Recent::default();
        let long = "x".repeat(MAX_BYTES + 1);
        assert!(is_made(&mut recent, &long) && is_made(&mut recent, &long));
        assert!(recent.lists.is_empty());
    }
}
