//! `cargo xtask`: everything that is done to the project.

fn main() {}
