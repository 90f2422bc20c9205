//! The arguments of the new image: all of them, however many, in records of one chunk each.

use core::ffi::c_void;

use aya_ebpf::helpers::generated::bpf_loop;
use kubectl_watch_ebpf::{ARGS_CHUNK, Args, Counter, Kind, MAX_ARGS};

use crate::{maps, task::user_bytes};

/// Records that the longest arguments need.
const MAX_CHUNKS: u32 = (MAX_ARGS / ARGS_CHUNK) as u32;

/// Bytes of arguments that are still to be sent.
pub(crate) struct Rest {
    /// Which exec they are of.
    pub(crate) sequence: u64,
    /// Where the next one is, in the process's memory.
    pub(crate) from: u64,
    /// Where the next one is, counted from the first.
    pub(crate) offset: u32,
    /// How many bytes there are, sent ones included.
    pub(crate) total: u32,
    /// Whether some could not be read.
    pub(crate) unreadable: bool,
}

/// Sends the rest.
#[inline(always)]
pub(crate) fn send(mut rest: Rest) {
    // SAFETY: the callback gets the rest, which outlives the loop. `bpf_loop` needs Linux 5.17.
    unsafe { bpf_loop(MAX_CHUNKS, chunk as *mut c_void, (&raw mut rest).cast(), 0) };
    if rest.unreadable {
        maps::count(Counter::UnreadableArgs);
    }
}

/// Sends one chunk. Stops the loop by returning 1.
extern "C" fn chunk(_: u64, rest: *mut Rest) -> i64 {
    // SAFETY: `send` gave it, and nothing else has it.
    let rest = unsafe { &mut *rest };
    let left = rest.total.wrapping_sub(rest.offset);
    if left == 0 || left > MAX_ARGS as u32 {
        return 1;
    }
    let len = if left > ARGS_CHUNK as u32 {
        ARGS_CHUNK as u32
    } else {
        left
    };
    let Some(scratch) = maps::scratch() else { return 1 };
    // SAFETY: the scratch holds more than the record's head and a chunk.
    unsafe {
        let bytes = scratch.cast::<u8>().add(size_of::<Args>());
        if !user_bytes(bytes, len, rest.from) {
            rest.unreadable = true;
        }
        scratch.cast::<Args>().write(Args {
            header: maps::header(Kind::Args, rest.sequence),
            offset: rest.offset,
            len,
        });
    }
    if !maps::send(scratch, size_of::<Args>() + len as usize) {
        maps::count(Counter::LostArgs);
        return 1;
    }
    rest.from += u64::from(len);
    rest.offset += len;
    0
}
