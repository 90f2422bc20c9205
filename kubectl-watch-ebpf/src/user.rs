//! Bounded reads of the current process's own memory, into the scratch.

use aya_ebpf::helpers::generated::{bpf_probe_read_user, bpf_probe_read_user_str, bpf_snprintf};
use kubectl_watch_ebpf::{CHUNK, SCRATCH_BYTES};

use crate::{
    maps::{self, STRING_BYTES},
    task::constant,
    work::repeat,
};

/// Whether it is read text by text; the daemon writes it before it loads the program.
///
/// `lockdown=confidentiality` allows `bpf_probe_read_user`, but aya replaces it there with an older helper that it does
/// not allow. `bpf_snprintf` reads user memory as well, a text at a time.
#[unsafe(no_mangle)]
static USER_TEXTS: u32 = 0;

/// Prints a text of user memory.
static FORMAT: [u8; 5] = *b"%pus\0";

/// How many texts are copied in one turn of the outer loop.
const TURNS: u32 = 128;

/// What is being copied text by text.
#[repr(C)]
pub(crate) struct Texts {
    /// Where the next byte is.
    from: u64,
    /// Where in the scratch it goes.
    position: u32,
    /// Where the last one must have gone.
    end: u32,
}

/// Copies `len` bytes, at most a [`CHUNK`], to `position` of the scratch. Says whether all could be read; else those
/// that could not are zeroes. Text by text, memory that cannot be read comes as empty texts and nothing says so, but the
/// daemon knows it by the number of arguments.
///
/// # Safety
///
/// They must be within the scratch.
#[inline(always)]
pub(crate) unsafe fn copy(position: u32, len: u32, from: u64) -> bool {
    let (Some(scratch), Some(work)) = (maps::scratch(), maps::work()) else {
        return false;
    };
    if constant(&USER_TEXTS) == 0 {
        // SAFETY: the caller's promise; the helper checks the source.
        return unsafe {
            let to = scratch.cast::<u8>().add(position as usize);
            let from = core::ptr::with_exposed_provenance(from as usize);
            bpf_probe_read_user(to.cast(), len, from) == 0
        };
    }
    let end = position.wrapping_add(len);
    // SAFETY: the work is this CPU's own, and nothing else looks at this part.
    unsafe { (*work).texts = Texts { from, position, end } };
    repeat(CHUNK as u32 / TURNS, || copy_some_texts());
    // SAFETY: as above, and every step has returned.
    unsafe { (*work).texts.position >= end }
}

/// Copies some texts. The verifier follows 8,192 turns of a loop and no more, so it is a loop of loops. Stops the outer
/// one by returning 1.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn copy_some_texts() -> u32 {
    repeat(TURNS, || copy_text());
    let Some(work) = maps::work() else { return 1 };
    // SAFETY: the work is this CPU's own, and every step has returned.
    let texts = unsafe { &(*work).texts };
    u32::from(texts.position >= texts.end)
}

/// Copies a text with its NUL, or as much of it as goes at once. Stops the loop by returning 1.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn copy_text() -> u32 {
    // Before Linux 5.13 there is no `bpf_snprintf`, and the verifier looks at this even where nobody calls it.
    if constant(&USER_TEXTS) == 0 {
        return 1;
    }
    let Some(work) = maps::work() else { return 1 };
    // SAFETY: the work is this CPU's own, and nothing else looks at this part until this returns.
    let texts = unsafe { &mut (*work).texts };
    let position = texts.position;
    if position >= texts.end || position > SCRATCH_BYTES as u32 {
        return 1;
    }
    // SAFETY: behind the scratch is room for one more text.
    let piece = unsafe { printed(position, texts.from) };
    if piece.len == 0 {
        return 1;
    }
    texts.from += u64::from(piece.len);
    texts.position = position + piece.len;
    0
}

/// A text of the process, or a part of one.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    /// Its bytes, with the NUL that ends it if it does not go on; 0 where it cannot be read.
    pub(crate) len: u32,
    /// Whether more of the text follows.
    pub(crate) goes_on: bool,
}

impl Piece {
    /// What was read, from what a helper says: the length with a NUL that, where all the room was taken, is not the
    /// text's own.
    #[inline(always)]
    fn of(said: i64, room: u32) -> Self {
        let len = u32::try_from(said).unwrap_or(0);
        if len < room {
            Self { len, goes_on: false }
        } else {
            Self {
                len: room - 1,
                goes_on: true,
            }
        }
    }
}

/// Bytes of the longest piece, with a NUL.
pub(crate) const PIECE_BYTES: u32 = CHUNK as u32;

/// Copies a text, or as much of it as goes at once, to `position` of the scratch. Where `bpf_snprintf` does it, a text
/// that cannot be read is an empty one.
///
/// # Safety
///
/// [`PIECE_BYTES`] must be within the scratch there.
#[inline(always)]
pub(crate) unsafe fn piece(position: u32, from: u64) -> Piece {
    if constant(&USER_TEXTS) != 0 {
        // SAFETY: such a text is shorter.
        return unsafe { printed(position, from) };
    }
    let Some(scratch) = maps::scratch() else {
        return Piece::of(0, PIECE_BYTES);
    };
    // SAFETY: the caller's promise; the helper checks the source.
    let said = unsafe {
        let to = scratch.cast::<u8>().add(position as usize);
        let from = core::ptr::with_exposed_provenance(from as usize);
        bpf_probe_read_user_str(to.cast(), PIECE_BYTES, from)
    };
    Piece::of(said, PIECE_BYTES)
}

/// The same by `bpf_snprintf`.
///
/// # Safety
///
/// [`STRING_BYTES`] must be there behind the position.
#[inline(always)]
unsafe fn printed(position: u32, from: u64) -> Piece {
    let Some(scratch) = maps::scratch() else {
        return Piece::of(0, STRING_BYTES);
    };
    // SAFETY: the caller's promise; the helper checks the source.
    let said = unsafe {
        bpf_snprintf(
            scratch.cast::<u8>().add(position as usize).cast(),
            STRING_BYTES,
            FORMAT.as_ptr().cast_mut().cast(),
            (&raw const from).cast_mut().cast(),
            size_of::<u64>() as u32,
        )
    };
    Piece::of(said, STRING_BYTES)
}
