//! The maps, each with its size and why, and what is done with them.

use aya_ebpf::{
    helpers::generated::bpf_get_smp_processor_id,
    macros::map,
    maps::{Array, HashMap, LruHashMap, PerCpuArray, RingBuf},
};
use kubectl_watch_ebpf::{
    Counter, Header, Kind, MAX_REMEMBERED, MAX_REMEMBERED_PROCESSES, MAX_WATCHED_NAMES, NameKey, Process,
    RING_BYTES, SCRATCH_BYTES,
};

/// Every record goes through it.
#[map]
static EVENTS: RingBuf = RingBuf::with_byte_size(RING_BYTES, 0);

/// The names to watch. The daemon writes them, and the value says nothing.
#[map]
static WATCHED_NAMES: HashMap<NameKey, u8> = HashMap::with_max_entries(MAX_WATCHED_NAMES, 0);

/// Whether every exec is watched.
#[map]
static WATCH_ALL: Array<u32> = Array::with_max_entries(1, 0);

/// What processes were exec'd as, where their executable does not say.
#[map]
static REMEMBERED: LruHashMap<Process, [u8; MAX_REMEMBERED]> =
    LruHashMap::with_max_entries(MAX_REMEMBERED_PROCESSES, 0);

/// One `u64` for each [`Counter`].
#[map]
static COUNTERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(Counter::ALL.len() as u32, 0);

/// Where a record is built: the stack of a program ends at 512 bytes.
#[map]
static SCRATCH: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// Room for the longest record.
#[repr(C, align(8))]
pub(crate) struct Scratch(pub(crate) [u8; SCRATCH_BYTES]);

/// This CPU's room for a record. No other program of ours runs on this CPU until this one ends.
#[inline(always)]
pub(crate) fn scratch() -> Option<*mut Scratch> {
    SCRATCH.get_ptr_mut(0)
}

/// Counts one, and says how many that makes on this CPU.
#[inline(always)]
pub(crate) fn count(counter: Counter) -> u64 {
    let Some(value) = COUNTERS.get_ptr_mut(counter as u32) else {
        return 0;
    };
    // SAFETY: the pointer is this CPU's own value, and the kernel lets nothing else of ours run here meanwhile.
    unsafe {
        *value += 1;
        *value
    }
}

/// Whether every exec is watched.
#[inline(always)]
pub(crate) fn all_are_watched() -> bool {
    WATCH_ALL.get(0).is_some_and(|&all| all != 0)
}

/// Whether execs of this name are watched.
#[inline(always)]
pub(crate) fn is_watched(name: &NameKey) -> bool {
    WATCHED_NAMES.get_ptr(name).is_some()
}

/// Keeps the end of the path that a process was exec'd by.
#[inline(always)]
pub(crate) fn remember(process: &Process, filename: &[u8; MAX_REMEMBERED]) {
    if REMEMBERED.insert(process, filename, 0).is_err() {
        count(Counter::Forgotten);
    }
}

/// The end of the path that a process was exec'd by, where it is remembered.
#[inline(always)]
pub(crate) fn remembered(process: &Process) -> Option<*const [u8; MAX_REMEMBERED]> {
    REMEMBERED.get_ptr(process)
}

/// The beginning of a record of this CPU.
#[inline(always)]
pub(crate) fn header(kind: Kind, sequence: u64) -> Header {
    // SAFETY: the helper has no preconditions.
    let cpu = unsafe { bpf_get_smp_processor_id() };
    Header {
        kind: kind as u32,
        cpu,
        sequence,
    }
}

/// Sends the first bytes of the scratch; wakes the daemon where it waits. Says whether there was room.
#[inline(always)]
pub(crate) fn send(scratch: *const Scratch, len: usize) -> bool {
    let len = if len > SCRATCH_BYTES { SCRATCH_BYTES } else { len };
    // SAFETY: the scratch is a whole map value, and `len` is within it.
    let bytes = unsafe { core::slice::from_raw_parts(scratch.cast::<u8>(), len) };
    EVENTS.output::<[u8]>(bytes, 0).is_ok()
}
