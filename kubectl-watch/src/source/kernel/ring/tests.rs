use proptest::prelude::*;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use super::*;

const SIZE: usize = 4096;

/// The kernel's side, in pages of a memfd.
struct Writer {
    pages: Mapping,
    position: usize,
    page: usize,
}

fn pair() -> (Writer, Queue) {
    let page = page_size();
    let fd = memfd_create("ring", MemfdFlags::empty()).expect("there is memory");
    ftruncate(&fd, (2 * page + SIZE) as u64).expect("it is ours");
    let both = ProtFlags::READ | ProtFlags::WRITE;
    let map = |offset: usize, len, access| {
        Mapping::new(fd.as_fd(), offset as u64, len, access).expect("it is ours")
    };
    let writer = Writer {
        pages: map(0, 2 * page + SIZE, both),
        position: 0,
        page,
    };
    let queue = Queue::new(
        map(0, page, both),
        map(page, page + SIZE, ProtFlags::READ),
        page,
        SIZE,
    );
    (writer, queue)
}

impl Writer {
    fn byte(&self, position: usize) -> *mut u8 {
        self.pages.at(2 * self.page + position % SIZE).as_ptr()
    }

    fn header(&self, position: usize) -> &AtomicU32 {
        // SAFETY: it is mapped, and a multiple of eight.
        unsafe { AtomicU32::from_ptr(self.byte(position).cast()) }
    }

    /// Makes room for a record, if there is any, and says where.
    fn reserve(&mut self, bytes: &[u8]) -> Option<usize> {
        let whole = (HEADER + bytes.len()).next_multiple_of(HEADER);
        let free = SIZE - (self.position - self.pages.word().load(Ordering::Acquire));
        if whole > free {
            return None;
        }
        let at = self.position;
        for (index, byte) in bytes.iter().enumerate() {
            // SAFETY: it is mapped, and nobody reads it yet.
            unsafe { self.byte(at + HEADER + index).write(*byte) };
        }
        let length = u32::try_from(bytes.len()).expect("it is short");
        self.header(at).store(length | BUSY, Ordering::Release);
        self.position += whole;
        // SAFETY: the page of what was written begins with a position.
        let written = unsafe { AtomicUsize::from_ptr(self.pages.at(self.page).cast().as_ptr()) };
        written.store(self.position, Ordering::Release);
        Some(at)
    }

    fn commit(&self, at: usize, mark: u32) {
        let header = self.header(at);
        header.store(header.load(Ordering::Relaxed) & !BUSY | mark, Ordering::Release);
    }
}

proptest! {
    #[test]
    fn every_record_arrives_whole_and_in_order(
        records in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..900), any::<bool>(), 0..3_usize), 0..200)
    ) {
        let (mut writer, mut queue) = pair();
        let (mut sent, mut arrived) = (Vec::new(), Vec::new());
        for (bytes, is_discarded, reads) in records {
            if let Some(at) = writer.reserve(&bytes) {
                writer.commit(at, if is_discarded { DISCARDED } else { 0 });
                if !is_discarded {
                    sent.push(bytes);
                }
            }
            for _ in 0..reads {
                arrived.extend(queue.read(<[u8]>::to_vec));
            }
        }
        while let Some(bytes) = queue.read(<[u8]>::to_vec) {
            arrived.push(bytes);
        }
        prop_assert_eq!(arrived, sent);
        prop_assert_eq!(queue.position, writer.position);
    }
}

#[test]
fn what_is_being_written_is_waited_for() {
    let (mut writer, mut queue) = pair();
    let first = writer.reserve(b"first").expect("there is room");
    let second = writer.reserve(b"second").expect("there is room");
    writer.commit(second, 0);
    assert_eq!(queue.read(<[u8]>::to_vec), None);
    writer.commit(first, 0);
    assert_eq!(queue.read(<[u8]>::to_vec).as_deref(), Some(&b"first"[..]));
    assert_eq!(queue.read(<[u8]>::to_vec).as_deref(), Some(&b"second"[..]));
    assert_eq!(queue.read(<[u8]>::to_vec), None);
}

#[test]
fn who_comes_later_goes_on_where_the_other_stopped() {
    let (mut writer, mut queue) = pair();
    for bytes in [b"one", b"two"] {
        let at = writer.reserve(bytes).expect("there is room");
        writer.commit(at, 0);
    }
    assert_eq!(queue.read(<[u8]>::len), Some(3));
    let Queue {
        read,
        written,
        data,
        size,
        ..
    } = queue;
    let mut queue = Queue::new(read, written, data, size);
    assert_eq!(queue.read(<[u8]>::to_vec).as_deref(), Some(&b"two"[..]));
}
