//! Says what programs are, by their content, and what it costs to find out.
//!
//! `cargo run --release --example identify FILE…`

use std::cell::Cell;
use std::env;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::Instant;

use kubectl_watch::identity::{ReadAt, Scan, read};

/// How often each is done; the quickest counts.
const ROUNDS: usize = 20;

/// A file, and how much was read of it.
struct Counted {
    file: File,
    size: u64,
    calls: Cell<u64>,
    bytes: Cell<u64>,
}

impl ReadAt for Counted {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = self.file.read_at(buffer, offset)?;
        self.calls.set(self.calls.get() + 1);
        self.bytes.set(self.bytes.get() + length as u64);
        Ok(length)
    }

    fn size(&self) -> u64 {
        self.size
    }
}

fn main() -> io::Result<()> {
    for path in env::args_os().skip(1) {
        let file = File::open(&path)?;
        let size = file.metadata()?.len();
        let counted = Counted {
            file,
            size,
            calls: Cell::new(0),
            bytes: Cell::new(0),
        };
        let identity = read(&counted)?;
        let (calls, bytes) = (counted.calls.get(), counted.bytes.get());
        let mut look = u128::MAX;
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            read(&counted)?;
            look = look.min(begin.elapsed().as_micros());
        }
        let begin = Instant::now();
        let mut scan = Scan::default();
        let mut piece = vec![0; 256 * 1024];
        let mut offset = 0;
        while let length @ 1.. = counted.file.read_at(&mut piece, offset)? {
            scan.take(&piece[..length]);
            offset += length as u64;
        }
        let search = begin.elapsed().as_micros();
        println!(
            "{}\n  {size} bytes; a look reads {bytes} in {calls} calls and takes {look} µs; a search takes {search} µs",
            path.display()
        );
        println!("  {identity:?}\n  by its texts: {:?}", scan.tool());
    }
    Ok(())
}
