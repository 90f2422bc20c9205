//! Names as the kernel program compares them.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Bytes of a name that the kernel compares: `TASK_COMM_LEN`, of which the last is always NUL.
pub const NAME_KEY_LEN: usize = 16;

/// The first 15 bytes of a name, NUL-padded, in two words: they are compared and lowered at once.
///
/// A longer name shares its key with others that begin alike. The daemon sees whole names, so what is
/// watched in vain costs a record and never an alert.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct NameKey(pub [u64; 2]);

impl NameKey {
    /// The key of a name as it stands.
    #[must_use]
    pub fn of(name: &[u8]) -> Self {
        let mut key = [0; NAME_KEY_LEN];
        for (to, from) in key[..NAME_KEY_LEN - 1].iter_mut().zip(name) {
            *to = *from;
        }
        Self(zerocopy::transmute!(key))
    }

    /// The key of a name that ends at its first NUL, after which anything may stand.
    #[inline]
    #[must_use]
    pub const fn until_nul(bytes: [u64; 2]) -> Self {
        let (first, ended) = until_nul(bytes[0]);
        let (second, _) = until_nul(bytes[1]);
        // The last byte is never used.
        let last = u64::from_le(second.to_le() & (u64::MAX >> 8));
        Self([first, if ended { 0 } else { last }])
    }

    /// With ASCII letters in lower case.
    #[inline]
    #[must_use]
    pub const fn lower(self) -> Self {
        Self([lower(self.0[0]), lower(self.0[1])])
    }

    /// Whether all 15 bytes are used, so that the name may have been longer.
    #[inline]
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.0[1].to_le() >> 48 & 0xff != 0
    }
}

/// Eight bytes with zeroes from the first zero on, and whether there was one.
#[inline]
const fn until_nul(word: u64) -> (u64, bool) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = word.to_le();
    // The lowest bit that is set here is the highest of the first byte that is zero.
    let zeroes = word.wrapping_sub(ONES) & !word & (0x80 * ONES);
    if zeroes == 0 {
        return (u64::from_le(word), false);
    }
    let first = (zeroes & zeroes.wrapping_neg()) >> 7;
    (u64::from_le(word & (first - 1)), true)
}

/// Eight ASCII letters in lower case at once; other bytes stay as they are.
#[inline]
const fn lower(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The highest bit of each byte says whether its lower seven are at least `A`, or beyond `Z`.
    let low = word & (0x7f * ONES);
    let from_a = low + (0x80 - b'A' as u64) * ONES;
    let beyond_z = low + (0x7f - b'Z' as u64) * ONES;
    let is_upper = from_a & !beyond_z & !word & (0x80 * ONES);
    // 0x80 >> 2 is 0x20, the bit in which an upper and a lower letter differ.
    word | is_upper >> 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_is_that_of_ascii_for_every_byte() {
        for byte in 0..=u8::MAX {
            let word = u64::from_ne_bytes([byte, b'A', byte, b'z', 0, byte, 0xff, byte]);
            let expected = word.to_ne_bytes().map(|byte| byte.to_ascii_lowercase());
            assert_eq!(lower(word).to_ne_bytes(), expected, "{byte:#x}");
        }
    }

    #[test]
    fn a_name_ends_at_its_first_nul() {
        for len in 0..=NAME_KEY_LEN {
            for garbage in [0, 1, b'a', 0x80, 0xff] {
                let mut bytes = *b"abc\x80\xff\x01ghijklmno\xf0";
                bytes[len..].fill(garbage);
                if len < NAME_KEY_LEN {
                    bytes[len] = 0;
                }
                let expected = NameKey::of(&bytes[..len]);
                let read = NameKey::until_nul(zerocopy::transmute!(bytes));
                assert_eq!(read, expected, "{len} {garbage:#x}");
            }
        }
    }

    #[test]
    fn a_key_is_the_first_fifteen_bytes() {
        assert_eq!(NameKey::of(b"KubeCtl").lower(), NameKey::of(b"kubectl"));
        assert_eq!(
            NameKey::of(b"a-long-deploy-script.sh"),
            NameKey::of(b"a-long-deploy-s")
        );
        assert!(NameKey::of(b"a-long-deploy-s").is_full());
        assert!(!NameKey::of(b"a-long-deploy-").is_full());
        assert_ne!(NameKey::of(b""), NameKey::of(b"k"));
    }
}
