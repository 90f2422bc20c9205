//! Secrets that are known by their shape, wherever they stand: tokens and private keys.

use super::super::shape::{self, dots, is_run, jwt};
use super::{Kind, Scan};

/// What a token of `OpenShift` begins with, before its `~`.
const OPENSHIFT: &[u8] = b"sha256";

impl Scan<'_> {
    /// Takes the secret that a run is, or begins, by its shape. The run is still to be copied.
    pub(super) fn shaped(&mut self, start: usize, word: &[u8]) -> bool {
        let length = word.len();
        if let Some(token) = jwt(word) {
            self.copy_to(start + token);
            let secret = &word[token..];
            let dot = usize::from(secret.ends_with(b".") && dots(secret) > 2);
            self.memory
                .mark(Kind::Jwt, &secret[..secret.len() - dot], self.out);
            self.at = start + length - dot;
            return true;
        }
        if let Some(token) = shape::token(word) {
            self.copy_to(start + token);
            self.memory.mark(Kind::Token, &word[token..], self.out);
            self.at = start + length;
            return true;
        }
        // The byte behind that ends a run, and the token goes on.
        if word.ends_with(OPENSHIFT) && self.text[start + length..].starts_with(b"~") {
            let from = start + length - OPENSHIFT.len();
            let rest = &self.text[start + length + 1..];
            let end = start + length + 1 + rest.iter().take_while(|&&byte| is_run(byte)).count();
            self.copy_to(from);
            self.memory.mark(Kind::Token, &self.text[from..end], self.out);
            self.at = end;
            return true;
        }
        self.private_key(start, word)
    }

    /// Takes what is between the lines of a private key, if the first begins with the run that ends here.
    fn private_key(&mut self, start: usize, word: &[u8]) -> bool {
        const KEY: &[u8] = b" PRIVATE KEY-----";
        const MAX_KIND: usize = 32;
        if !word.ends_with(b"-----BEGIN") {
            return false;
        }
        let place = |text: &[u8], what: &[u8]| text.windows(what.len()).position(|part| part == what);
        let rest = &self.text[start + word.len()..];
        let Some(kind) = place(&rest[..rest.len().min(MAX_KIND + KEY.len())], KEY) else {
            return false;
        };
        let key = &rest[kind + KEY.len()..];
        let key = &key[..place(key, b"-----END").unwrap_or(key.len())];
        let from = self.text.len() - rest.len() + kind + KEY.len();
        let begin = from + (key.len() - key.trim_ascii_start().len());
        self.copy_to(begin);
        let key = key.trim_ascii();
        self.memory.mark(Kind::Key, key, self.out);
        self.at = begin + key.len();
        true
    }
}
