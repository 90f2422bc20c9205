//! Arguments of the new image beyond those in its own record: all of them, however many, in records of one chunk each.

use kubectl_watch_ebpf::{CHUNK, Chunk, Counter, Kind, MAX_ARGS, RING_BYTES};

use crate::{
    maps,
    task::{Address, offset},
    user,
    work::repeat,
};

/// Records that the longest arguments need.
const MAX_CHUNKS: u32 = (MAX_ARGS / CHUNK) as u32;

/// Arguments that are still to be sent.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Rest {
    /// Which exec they are of.
    pub(crate) sequence: u64,
    /// Where the next one is.
    pub(crate) from: u64,
    /// Where the next one is, counted from the first.
    pub(crate) offset: u32,
    /// How many bytes there are, sent ones included.
    pub(crate) total: u32,
    /// Whether some could not be read.
    pub(crate) unreadable: bool,
}

impl Rest {
    /// All arguments of a process.
    #[inline(always)]
    pub(crate) fn of(mm: Address, sequence: u64) -> Self {
        let from = mm.read::<u64>(offset!(mm_struct_arg_start));
        let len = mm.read::<u64>(offset!(mm_struct_arg_end)).saturating_sub(from);
        if len > MAX_ARGS as u64 {
            maps::count(Counter::CutArgs);
        }
        Self {
            sequence,
            from,
            offset: 0,
            total: len.min(MAX_ARGS as u64) as u32,
            unreadable: false,
        }
    }

    /// Whether to begin to send it: there is room for it, or for so much that the daemon makes more of it meanwhile.
    #[inline(always)]
    pub(crate) fn fits(&self) -> bool {
        let left = self.total.wrapping_sub(self.offset);
        left == 0 || maps::has_room(left.min(RING_BYTES / 2))
    }
}

/// Sends the rest that is in the work. A function that the verifier looks at by itself.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn send_rest() -> u32 {
    repeat(MAX_CHUNKS, || send_chunk());
    let Some(work) = maps::work() else { return 0 };
    // SAFETY: the work is this CPU's own, and every step has returned.
    let rest = unsafe { &(*work).rest };
    if rest.offset != rest.total {
        maps::count(Counter::LostArgs);
    }
    if rest.unreadable {
        maps::count(Counter::UnreadableArgs);
    }
    0
}

/// Sends one chunk. Stops the loop by returning 1.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn send_chunk() -> u32 {
    let Some(work) = maps::work() else { return 1 };
    // SAFETY: the work is this CPU's own, and nothing else looks at the rest until this returns.
    let rest = unsafe { &mut (*work).rest };
    let left = rest.total.wrapping_sub(rest.offset);
    if left == 0 || left > MAX_ARGS as u32 {
        return 1;
    }
    let len = if left > CHUNK as u32 { CHUNK as u32 } else { left };
    let Some(scratch) = maps::scratch() else { return 1 };
    // SAFETY: the scratch holds more than the record's head and a chunk.
    unsafe {
        if !user::copy(size_of::<Chunk>() as u32, len, rest.from) {
            rest.unreadable = true;
        }
        scratch.cast::<Chunk>().write(Chunk {
            header: maps::header(Kind::Args, rest.sequence),
            offset: rest.offset,
            len,
        });
    }
    let size = size_of::<Chunk>() as u32 + len;
    if !maps::has_room(size) || !maps::send(scratch, size as usize) {
        return 1;
    }
    rest.from += u64::from(len);
    rest.offset += len;
    0
}
