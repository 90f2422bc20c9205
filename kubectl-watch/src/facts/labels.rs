//! The names of labels, which whoever writes an exception chooses: each gets a number, and keeps it.
//!
//! They are kept for as long as the program runs, since fields are known by names that never end; a reload brings
//! the same ones, and there are never more than [`MAX_LABELS`].

use std::sync::{Mutex, PoisonError};

/// Labels that can be named in all. A node has a handful.
const MAX_LABELS: usize = 256;

static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// The number of a label; none for one that has no name, or is one too many.
pub(super) fn number(label: &str) -> Option<u16> {
    if label.is_empty() {
        return None;
    }
    // A list that only grows is whole, whoever panicked beside it.
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = names
        .iter()
        .position(|name| name.strip_prefix(super::LABEL) == Some(label));
    let number = known.or_else(|| {
        (names.len() < MAX_LABELS).then(|| {
            names.push(String::leak(format!("{}{label}", super::LABEL)));
            names.len() - 1
        })
    })?;
    u16::try_from(number).ok()
}

/// The name of the field that a number stands for.
pub(super) fn name(number: u16) -> &'static str {
    let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    names.get(usize::from(number)).copied().unwrap_or("?")
}
