//! A file that says it is the kernel's type information.

use kubectl_watch::source::kernel::fuzzing;

/// Reads it and looks up every field that the daemon looks up.
pub fn run(bytes: &[u8]) {
    fuzzing::btf(bytes);
}
