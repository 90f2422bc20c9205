//! The ring buffer, mapped once.
//!
//! What usually reads it maps the data twice in a row, so that no record is ever in two pieces; the kernel counts
//! every page of both to the daemon's memory. Here a record that goes over the end is copied, which is one of
//! thousands.
//!
//! The layout is the kernel's (`kernel/bpf/ringbuf.c`, Linux 5.8): a page with how far was read, which is ours to
//! write; a page with how far was written; the data. A record is its length with two marks, an offset for the kernel's
//! own use, and its bytes, and begins at a multiple of eight.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence},
};

use aya::maps::{Map, MapData};
use rustix::{
    mm::{MapFlags, ProtFlags, mmap, munmap},
    param::page_size,
};

use super::{SourceError, error::refused};

/// Set in the length while the record is being written.
const BUSY: u32 = 1 << 31;
/// Set where its writer thought better of it.
const DISCARDED: u32 = 1 << 30;
/// The length and the kernel's offset.
const HEADER: usize = 8;

/// A ring buffer and its only reader.
pub(super) struct Ring {
    map: MapData,
    queue: Queue,
}

impl Ring {
    /// Maps the buffer. Reading goes on where the reader before it stopped.
    pub(super) fn new(map: Map) -> Result<Self, SourceError> {
        let Map::RingBuf(map) = map else {
            return Err(refused(
                "the buffer",
                io::Error::from(io::ErrorKind::InvalidInput),
            ));
        };
        let info = map.info().map_err(|error| refused("the buffer", error))?;
        let size = info.max_entries() as usize;
        let page = page_size();
        let fd = map.fd().as_fd();
        let read = Mapping::new(fd, 0, page, ProtFlags::READ | ProtFlags::WRITE)?;
        let written = Mapping::new(fd, page as u64, page + size, ProtFlags::READ)?;
        Ok(Self {
            queue: Queue::new(read, written, page, size),
            map,
        })
    }

    /// Hands out the next record, if there is one that is complete, and then gives its room back.
    pub(super) fn read<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> Option<T> {
        self.queue.read(take)
    }
}

impl AsRawFd for Ring {
    fn as_raw_fd(&self) -> RawFd {
        self.map.fd().as_fd().as_raw_fd()
    }
}

/// What the pages hold.
struct Queue {
    read: Mapping,
    written: Mapping,
    /// Where the data begins in `written`.
    data: usize,
    /// Bytes of data, a power of two.
    size: usize,
    /// How far was read: as much as the first page says.
    position: usize,
    /// Whether something was read since the kernel was last made to see it.
    moved: bool,
    /// A record in one piece that is in two.
    joined: Vec<u8>,
}

impl Queue {
    fn new(read: Mapping, written: Mapping, data: usize, size: usize) -> Self {
        let mut this = Self {
            read,
            written,
            data,
            size,
            position: 0,
            moved: false,
            joined: Vec::new(),
        };
        this.position = this.read.word().load(Ordering::Acquire);
        this
    }

    fn read<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> Option<T> {
        loop {
            let length = self.length_of_next()?;
            if length & DISCARDED != 0 {
                self.give_back((length & !DISCARDED) as usize);
                continue;
            }
            let length = length as usize;
            let taken = take(self.bytes(length));
            self.give_back(length);
            return Some(taken);
        }
    }

    /// The length of the next record and its marks, if it is complete.
    fn length_of_next(&mut self) -> Option<u32> {
        loop {
            if self.written.word().load(Ordering::Acquire) != self.position {
                let length = self.header().load(Ordering::Acquire);
                if length & BUSY == 0 {
                    return Some(length);
                }
            }
            // The kernel wakes the reader if, when a record is complete, it sees that all before it were read. So
            // either it sees that, or what it completed is seen here.
            if !std::mem::take(&mut self.moved) {
                return None;
            }
            fence(Ordering::SeqCst);
        }
    }

    fn header(&self) -> &AtomicU32 {
        let at = self.data + self.position % self.size;
        // SAFETY: a header begins at a multiple of eight before the end of the data, which is mapped as long as
        // `self` is. The kernel changes it, and does so at once.
        unsafe { AtomicU32::from_ptr(self.written.at(at).cast().as_ptr()) }
    }

    /// The bytes of the next record.
    fn bytes(&mut self, length: usize) -> &[u8] {
        let start = (self.position + HEADER) % self.size;
        let first = length.min(self.size - start);
        let data = self.written.at(self.data);
        // SAFETY: both pieces are within the data, and the kernel does not write where a complete record lies before
        // it is given back.
        unsafe {
            let piece = std::slice::from_raw_parts(data.add(start).as_ptr(), first);
            if first == length {
                return piece;
            }
            self.joined.clear();
            self.joined.extend_from_slice(piece);
            self.joined
                .extend_from_slice(std::slice::from_raw_parts(data.as_ptr(), length - first));
        }
        &self.joined
    }

    fn give_back(&mut self, length: usize) {
        self.position = self
            .position
            .wrapping_add((HEADER + length).next_multiple_of(HEADER));
        self.read.word().store(self.position, Ordering::Release);
        self.moved = true;
    }
}

/// Pages of a map. They are unmapped when it is dropped.
struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: it is memory of this process, and no thread's own.
unsafe impl Send for Mapping {}
// SAFETY: what a shared one gives is atomic, or a pointer.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(fd: BorrowedFd<'_>, offset: u64, len: usize, access: ProtFlags) -> io::Result<Self> {
        // SAFETY: the kernel chooses where, so nothing else is there.
        let start = unsafe { mmap(ptr::null_mut(), len, access, MapFlags::SHARED, fd, offset)? };
        Ok(Self {
            start: NonNull::new(start.cast()).ok_or(io::ErrorKind::AddrNotAvailable)?,
            len,
        })
    }

    /// The position at its beginning.
    fn word(&self) -> &AtomicUsize {
        // SAFETY: it begins at a page, has one at least, and the kernel reads and writes the position at once.
        unsafe { AtomicUsize::from_ptr(self.start.cast().as_ptr()) }
    }

    /// # Panics
    ///
    /// Beyond its end, which is a mistake here.
    fn at(&self, offset: usize) -> NonNull<u8> {
        assert!(offset < self.len, "{offset} is outside of the buffer");
        // SAFETY: it is within.
        unsafe { self.start.add(offset) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nothing that was given outlives it.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "it was mapped");
    }
}

#[cfg(test)]
mod tests;
