//! Waiting for a ring buffer: the one place where tokio takes a file descriptor on trust.

use std::{io, os::fd::AsRawFd};

use tokio::io::{Interest, unix::AsyncFd};

/// What keeps one open file descriptor of its own from its start to its end.
///
/// # Safety
///
/// `as_raw_fd` must name the same open file as long as the value lives.
pub(super) unsafe trait OwnsDescriptor: AsRawFd {}

// SAFETY: it owns the map's descriptor and never replaces it.
unsafe impl OwnsDescriptor for super::ring::Ring {}
// SAFETY: it owns a ring buffer, and names that one's descriptor.
unsafe impl<L> OwnsDescriptor for aya_log::EbpfLogger<L> {}

/// Lets tokio say when there is something to read. Must be called in its runtime.
pub(super) fn readable<T: OwnsDescriptor>(inner: T) -> io::Result<AsyncFd<T>> {
    // SAFETY: the promise of `OwnsDescriptor`.
    let registered = unsafe { AsyncFd::register_with_interest(inner, Interest::READABLE) };
    registered.map_err(|error| error.into_parts().1)
}
