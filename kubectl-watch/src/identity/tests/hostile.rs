//! Files that are cut, changed, or made up: reading them ends, and reads no more than it may.

use std::cell::Cell;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// Counts what is read of it.
struct Counted<'a> {
    bytes: &'a [u8],
    read: Cell<u64>,
}

impl ReadAt for Counted<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = self.bytes.read_at(buffer, offset)?;
        self.read.set(self.read.get() + length as u64);
        Ok(length)
    }

    fn size(&self) -> u64 {
        // A file may say that it is larger than anything.
        u64::MAX
    }
}

fn read_of(bytes: &[u8]) -> u64 {
    let counted = Counted {
        bytes,
        read: Cell::new(0),
    };
    read(&counted).expect("memory can be read");
    counted.read.get()
}

/// The headers and the beginning of the data of a real program, so that a change is not lost in its bulk.
static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| bytes_of(env::current_exe().expect("it has a path")));

#[test]
fn a_real_kubectl_takes_few_bytes() {
    let read = read_of(&bytes_of(kubectl()));
    assert!(read < 512 * 1024, "{read}");
}

#[test]
fn marks_without_end_are_given_up() {
    let mut bytes = bytes_of(kubectl());
    let mark = b"\xff Go buildinf:\x08\x02";
    let from = bytes.len() / 2;
    for chunk in bytes[from..].chunks_exact_mut(16) {
        chunk.copy_from_slice(mark);
    }
    assert!(read_of(&bytes) <= MAX_READ);
}

proptest! {
    #[test]
    fn anything_at_all(bytes in proptest::collection::vec(any::<u8>(), 0..512), is_elf in any::<bool>(), class in 1u8..3, order in 1u8..3) {
        let mut bytes = bytes;
        if is_elf {
            bytes.splice(..bytes.len().min(6), [0x7f, b'E', b'L', b'F', class, order]);
            if let Some(kind) = bytes.get_mut(16..18) {
                kind.copy_from_slice(if order == 1 { &[3, 0] } else { &[0, 3] });
            }
        }
        prop_assert!(read_of(&bytes) <= MAX_READ);
    }

    #[test]
    fn cut_anywhere(length in 0usize..200_000) {
        prop_assert!(read_of(&SMALL[..length.min(SMALL.len())]) <= MAX_READ);
    }

    /// Changes where they tell most: in the headers, and in the notes and tables behind them.
    #[test]
    fn changed_anywhere(changes in proptest::collection::vec((0usize..2048, any::<u8>()), 1..40)) {
        let mut bytes = SMALL[..SMALL.len().min(1 << 20)].to_vec();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        prop_assert!(read_of(&bytes) <= MAX_READ);
    }
}
