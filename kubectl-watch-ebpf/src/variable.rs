//! Which variables of an environment are sent: all others stay where they are, because an environment is full of secrets.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// How many there can be.
pub const MAX_VARIABLES: usize = 24;

/// The first bytes of a variable, as one number: of its name and, where that is short, of what follows it. A longer name
/// that begins alike is sent as well, and left out by the daemon.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Variable {
    beginning: u64,
    /// Which bits of the beginning count; none where there is no variable.
    mask: u64,
}

impl Variable {
    /// No variable.
    pub const NONE: Self = Self {
        beginning: 0,
        mask: 0,
    };

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let (mut beginning, mut mask) = ([0; 8], [0; 8]);
        let bytes = name.bytes().chain([b'=']);
        for ((byte, to), mask) in bytes.zip(&mut beginning).zip(&mut mask) {
            (*to, *mask) = (byte, u8::MAX);
        }
        Self {
            beginning: u64::from_ne_bytes(beginning),
            mask: u64::from_ne_bytes(mask),
        }
    }

    /// Whether a text begins as this does, by its first eight bytes.
    #[inline]
    #[must_use]
    pub const fn begins(&self, text: u64) -> bool {
        self.mask != 0 && text & self.mask == self.beginning
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_known_by_its_beginning() {
        let begins = |name, text: &[u8; 8]| Variable::named(name).begins(u64::from_ne_bytes(*text));
        assert!(begins("HOME", b"HOME=/ro"));
        assert!(begins("HOME", b"HOME=\0xy"));
        assert!(!begins("HOME", b"HOMES=/r"));
        assert!(!begins("HOME", b"HOME\0=xy"));
        assert!(begins("KUBECONFIG", b"KUBECONF"));
        assert!(!begins("KUBECONFIG", b"KUBECON="));
        assert!(!Variable::NONE.begins(0));
    }
}
