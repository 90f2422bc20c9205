//! What a credential says of itself: tokens, client certificates, kubeconfigs, preferences.
//!
//! Bytes in, facts without secrets out. Nobody checks a signature here, so all of it is the word of whoever made the
//! bytes; the API server would refuse a forged one. Whatever is in them is bounded, and what cannot be understood is
//! left out.

pub mod certificate;
pub mod kubeconfig;
pub mod kuberc;
#[cfg(test)]
mod tests;
pub mod token;

pub use certificate::Certificate;
pub use kubeconfig::Kubeconfig;
pub use kuberc::Kuberc;
pub use token::{Claims, Token};

/// Bytes of one text that are kept, of which a credential could hold any.
const MAX_TEXT: usize = 1024;

/// A text of a bounded length.
fn bounded(mut text: String) -> String {
    let end = (0..=MAX_TEXT.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    text.truncate(end.unwrap_or(0));
    text
}
