//! Where process events come from.

pub mod kernel;
