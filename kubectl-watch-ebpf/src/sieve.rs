//! What lets most execs pass at once: no name that is watched is ever held back by it.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::NameKey;

/// Words of 64 bits: with the one rule that ships, one exec in four thousand is looked at twice.
const WORDS: usize = 64;

/// A bit for each group of names; it is set where one of them is watched.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Sieve {
    /// When it is not zero every exec is watched, whatever its name.
    pub all: u64,
    /// When it is not zero, execs of files that have not been judged, and of those that were found to be wanted, are
    /// sent too.
    pub content: u64,
    groups: [u64; WORDS],
}

impl Sieve {
    /// Nothing passes but what is watched anyway.
    pub const EMPTY: Self = Self {
        all: 0,
        content: 0,
        groups: [0; WORDS],
    };

    /// Lets a name, in lower case, through.
    pub fn add(&mut self, name: NameKey) {
        let (word, bit) = place(name);
        self.groups[word] |= bit;
    }

    /// Whether a name, in lower case, may be one that was added.
    #[inline]
    #[must_use]
    pub const fn may_hold(&self, name: NameKey) -> bool {
        let (word, bit) = place(name);
        self.groups[word] & bit != 0
    }
}

/// Multiplication spreads every byte of a name over the upper bits.
#[inline]
const fn place(name: NameKey) -> (usize, u64) {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let [first, second] = name.0;
    let hash = (first.wrapping_mul(ODD) ^ second).wrapping_mul(ODD);
    ((hash >> 58) as usize % WORDS, 1 << (hash >> 52 & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_passes_and_hardly_anything_else() {
        let mut sieve = Sieve::EMPTY;
        let watched = ["kubectl", "k3s", "a-very-long-nam", ""].map(|name| NameKey::of(name.as_bytes()));
        for name in watched {
            assert!(!sieve.may_hold(name));
            sieve.add(name);
        }
        assert!(watched.into_iter().all(|name| sieve.may_hold(name)));
        let others = (0..10_000_u32).map(|number| NameKey::of(&number.to_ne_bytes()));
        let passed = others.filter(|name| sieve.may_hold(*name)).count();
        assert!(passed < 50, "{passed} of 10,000");
    }
}
