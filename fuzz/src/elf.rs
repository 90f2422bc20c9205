//! A program's bytes: what it is by its content, in whatever order the file lies about itself.

use std::cell::Cell;
use std::io;

use kubectl_watch::identity::{MAX_READ, ReadAt, Scan, read};

/// A file that counts what is read of it, and may say that it is larger than it is.
struct File<'a> {
    bytes: &'a [u8],
    size: u64,
    read: Cell<u64>,
}

impl ReadAt for File<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = self.bytes.read_at(buffer, offset)?;
        self.read.set(self.read.get() + length as u64);
        Ok(length)
    }

    fn size(&self) -> u64 {
        self.size
    }
}

/// Reads it as it is and as one that has no end, and searches it in two pieces.
///
/// # Panics
///
/// Where more is read than may be, or an answer depends on where a file was cut into pieces.
pub fn run(bytes: &[u8]) {
    for size in [bytes.len() as u64, u64::MAX] {
        let file = File {
            bytes,
            size,
            read: Cell::new(0),
        };
        let identity = read(&file).expect("memory can be read");
        assert!(file.read.get() <= MAX_READ, "{} bytes were read", file.read.get());
        let _name = identity.kind.name();
        for text in [identity.build_id.map(String::into_bytes), identity.go_build_id]
            .into_iter()
            .flatten()
        {
            assert!(text.len() <= 4096, "an id is short");
        }
    }
    let (mut whole, mut pieces) = (Scan::default(), Scan::default());
    whole.take(bytes);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    pieces.take(first);
    pieces.take(second);
    assert_eq!(whole.tool(), pieces.tool(), "where a file is cut changes nothing");
}
