//! The last exec that each CPU lost, which the kernel keeps outside the buffer that was full.

use jiff::Timestamp;

use crate::event::Process;

/// An exec of which nothing arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct LostExec {
    /// The CPU that it ran on.
    pub cpu: u32,
    /// When the losses that it ends began.
    pub first: Timestamp,
    /// When it was.
    pub last: Timestamp,
    /// What is known of it: its pid, its start, its short name.
    pub process: Process,
}
