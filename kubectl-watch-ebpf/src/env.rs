//! Variables of the new image's environment, those that are of use: a record each, before that of the exec.
//!
//! The rest is full of secrets and never leaves the process, but for what begins like one of these.

use kubectl_watch_ebpf::{Chunk, Counter, Exec, FLAG_ENV_CUT, Kind, MAX_VARIABLES, SCRATCH_BYTES, Variable};

use crate::{
    maps,
    task::{Address, offset},
    user,
    work::repeat,
};

/// Which ones are of use; the daemon writes it before it loads the program.
#[unsafe(no_mangle)]
static VARIABLES: [Variable; MAX_VARIABLES] = [Variable::NONE; MAX_VARIABLES];

/// So many times as many pieces are looked at, in a loop of loops: the verifier follows 8,192 turns of one and no
/// more. A variable is one piece, or several where it is long.
const TURNS: u32 = 256;

/// Where a piece begins in its record.
const PIECE: u32 = size_of::<Chunk>() as u32;
const _: () = assert!(PIECE as usize + user::PIECE_BYTES as usize <= SCRATCH_BYTES);
const _: () = assert!(PIECE.is_multiple_of(8), "its beginning is read at once");

/// Where the search has come to.
#[repr(C)]
pub(crate) struct Search {
    /// Which exec it is of.
    sequence: u64,
    /// Where the next piece is.
    from: u64,
    /// Where the environment ends.
    end: u64,
    /// How many bytes were sent.
    sent: u32,
    /// Whether something was left out that may be of use.
    is_cut: bool,
    /// Whether the next piece goes on with the variable before it.
    goes_on: bool,
    /// Whether that one is of use.
    is_kept: bool,
}

impl Search {
    /// Begins with the environment of a process.
    #[inline(always)]
    pub(crate) fn begin(&mut self, mm: Address, sequence: u64) {
        *self = Self {
            sequence,
            from: mm.read(offset!(mm_struct_env_start)),
            end: mm.read(offset!(mm_struct_env_end)),
            sent: 0,
            is_cut: false,
            goes_on: false,
            is_kept: false,
        };
    }

    /// Tells the exec how much was sent before it.
    #[inline(always)]
    pub(crate) fn tell(&self, exec: &mut Exec) {
        exec.env_total = self.sent;
        if self.is_cut {
            exec.flags |= FLAG_ENV_CUT;
        }
    }
}

/// Sends what is of use of the environment in the work. A function that the verifier looks at by itself.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn send_environment() -> u32 {
    repeat(TURNS, || send_some_variables());
    let Some(work) = maps::work() else { return 0 };
    // SAFETY: the work is this CPU's own, and every step has returned.
    let search = unsafe { &mut (*work).search };
    if search.from < search.end && !search.is_cut {
        search.is_cut = true;
        maps::count(Counter::CutEnv);
    }
    0
}

/// Looks at some pieces. Stops the outer loop by returning 1.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn send_some_variables() -> u32 {
    repeat(TURNS, || send_variable());
    let Some(work) = maps::work() else { return 1 };
    // SAFETY: the work is this CPU's own, and every step has returned.
    let search = unsafe { &(*work).search };
    u32::from(search.is_cut || search.from >= search.end)
}

/// Looks at one piece, and sends it where it is of use. Stops the loop by returning 1.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn send_variable() -> u32 {
    let (Some(scratch), Some(work)) = (maps::scratch(), maps::work()) else {
        return 1;
    };
    // SAFETY: the work is this CPU's own, and nothing else looks at the search until this returns.
    let search = unsafe { &mut (*work).search };
    if search.from >= search.end {
        return 1;
    }
    // SAFETY: the scratch holds a piece behind the head of a record.
    let piece = unsafe { user::piece(PIECE, search.from) };
    if piece.len == 0 {
        search.is_cut = true;
        maps::count(Counter::UnreadableEnv);
        return 1;
    }
    if !search.goes_on {
        // SAFETY: any bytes are a number, and eight divides where they lie.
        search.is_kept = is_of_use(unsafe { scratch.cast::<u64>().add(PIECE as usize / 8).read() });
    }
    search.goes_on = piece.goes_on;
    search.from += u64::from(piece.len);
    if !search.is_kept {
        return 0;
    }
    let head = Chunk {
        header: maps::header(Kind::Env, search.sequence),
        offset: search.sent,
        len: piece.len,
    };
    // SAFETY: the scratch begins with room for it.
    unsafe { scratch.cast::<Chunk>().write(head) };
    let len = PIECE + piece.len;
    if !maps::has_room(len) || !maps::send(scratch, len as usize) {
        search.is_cut = true;
        maps::count(Counter::LostEnv);
        return 1;
    }
    search.sent += piece.len;
    0
}

#[inline(always)]
fn is_of_use(beginning: u64) -> bool {
    (0..MAX_VARIABLES).any(|index| {
        // SAFETY: it is within. It is volatile because the daemon replaces the value after compilation.
        let variable = unsafe {
            (&raw const VARIABLES)
                .cast::<Variable>()
                .add(index)
                .read_volatile()
        };
        variable.begins(beginning)
    })
}
