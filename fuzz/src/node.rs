//! Files of a node and of its processes: cgroups, process state, users, release.

use kubectl_watch::enrich::fuzzing;

/// Reads the bytes as each of them.
pub fn run(bytes: &[u8]) {
    fuzzing::files(bytes);
}
