//! The lines on the console: which case passed, which passed with less, and which failed, and why.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::Mutex,
};

/// Bytes of a reason: a line of the console, not the log of the daemon.
const MAX_REASON: usize = 600;

/// Why the last case failed.
static REASON: Mutex<String> = Mutex::new(String::new());

/// Says something to who reads the console.
pub(crate) fn say(line: &str) {
    println!("guest: {line}");
}

/// A kernel that gives less than others, by the name that the reader knows.
pub(crate) fn lacks(name: &str, of: &str) {
    say(&format!("lacks {name} {of}"));
}

/// Runs a case; one that panics has failed.
pub(crate) fn case(name: &str, run: impl FnOnce()) {
    panic::set_hook(Box::new(|info| {
        if let Ok(mut reason) = REASON.lock() {
            *reason = info.to_string().replace(['\n', '\r'], " ");
        }
    }));
    if panic::catch_unwind(AssertUnwindSafe(run)).is_ok() {
        return say(&format!("passed {name}"));
    }
    let reason = REASON
        .lock()
        .map_or_else(|_| String::new(), |reason| reason.clone());
    let reason: String = reason.chars().take(MAX_REASON).collect();
    say(&format!("failed {name}: {reason}"));
}
