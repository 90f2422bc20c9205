//! What the kernel does not say of an event, added before or after the rules have looked at it.
//!
//! Everything here is asked of the node at once and checked to be about the very process; what cannot be had
//! is left out.

pub mod container;
pub mod host;
pub mod parent;
mod process;
pub mod root;
pub mod user;
