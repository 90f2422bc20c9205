//! Where process events come from.

pub mod kernel;
pub mod running;
