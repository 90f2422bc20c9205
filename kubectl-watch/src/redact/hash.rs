//! The digits that tell two secrets apart.

use std::sync::OnceLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What an installation adds to each secret before it is hashed. Set once, before the first alert.
static SALT: OnceLock<Vec<u8>> = OnceLock::new();

/// Has all secrets hashed with this salt from now on, so that short ones cannot be guessed without it. Only the first
/// salt counts.
pub fn salt(salt: Vec<u8>) {
    // A second one would make marks of one run that cannot be compared.
    let _first = SALT.set(salt);
}

/// What stands in a mark: how it was made, and the first eight digits of it.
pub(super) fn digits(secret: &[u8]) -> String {
    made(SALT.get().map(Vec::as_slice), secret)
}

fn made(salt: Option<&[u8]>, secret: &[u8]) -> String {
    let salted = salt.and_then(|salt| Hmac::<Sha256>::new_from_slice(salt).ok());
    let (name, hash): (_, [u8; 32]) = match salted {
        Some(mut hmac) => {
            hmac.update(secret);
            ("hmac-sha256", hmac.finalize().into_bytes().into())
        }
        None => ("sha256", Sha256::digest(secret).into()),
    };
    format!(
        "{name}:{:02x}{:02x}{:02x}{:02x}",
        hash[0], hash[1], hash[2], hash[3]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salt_makes_other_digits_of_the_same_secret() {
        // As `printf %s hunter22 | sha256sum` and `openssl dgst -sha256 -hmac salt` have it.
        assert_eq!(made(None, b"hunter22"), "sha256:20d2fe5e");
        assert_eq!(made(Some(b"salt"), b"hunter22"), "hmac-sha256:4ee6b7fd");
        assert_ne!(
            made(Some(b"other"), b"hunter22"),
            made(Some(b"salt"), b"hunter22")
        );
    }
}
