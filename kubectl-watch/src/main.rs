//! The command `kubectl-watch`.

fn main() {}
