//! The maps, each with its size and why, and what is done with them.

use aya_ebpf::{
    helpers::generated::bpf_get_smp_processor_id,
    macros::map,
    maps::{Array, HashMap, LruHashMap, PerCpuArray, RingBuf},
};
use kubectl_watch_ebpf::{
    Counter, Header, Kind, MAX_CREATORS, MAX_REMEMBERED, MAX_REMEMBERED_PROCESSES, MAX_WATCHED_NAMES,
    NameKey, Process, RING_BYTES, SCRATCH_BYTES, Task,
};

use crate::task::Address;

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
static REMEMBERED: LruHashMap<Process, Remembered> =
    LruHashMap::with_max_entries(MAX_REMEMBERED_PROCESSES, 0);

/// Who forked each process. The least recently used makes room: a process that forked so long ago that this
/// many came after it is known by its parent only.
#[map]
static CREATORS: LruHashMap<Process, Creator> = LruHashMap::with_max_entries(MAX_CREATORS, 0);

/// One `u64` for each [`Counter`].
#[map]
static COUNTERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(Counter::ALL.len() as u32, 0);

/// Where a record is built: the stack of a program ends at 512 bytes.
#[map]
static SCRATCH: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// The end of the path that an image was exec'd by.
#[repr(C)]
pub(crate) struct Remembered {
    /// Which exec of the process that was (`self_exec_id`): a later one makes it stale.
    pub(crate) exec_id: u64,
    /// Ended by a NUL.
    pub(crate) filename: [u8; MAX_REMEMBERED],
}

/// Who forked a process, as it was at that moment.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Creator {
    /// The process and thread that forked.
    pub(crate) task: Task,
    /// How often it and those it was forked from have called exec (`self_exec_id`).
    pub(crate) exec_id: u64,
    /// Its executable, a `struct file`. Valid only until the new process has done its first exec.
    pub(crate) exe_file: Address,
}

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
pub(crate) fn remember(process: &Process, image: &Remembered) {
    if REMEMBERED.insert(process, image, 0).is_err() {
        count(Counter::Forgotten);
    }
}

/// The end of the path that an image of a process was exec'd by, where it is remembered.
#[inline(always)]
pub(crate) fn remembered(process: &Process, exec_id: u64) -> Option<&'static Remembered> {
    // SAFETY: an entry may be replaced while it is read, by another process at worst, and then a name is wrong:
    // the map holds thousands, so that would take as many new ones within the microsecond of this exec.
    unsafe { REMEMBERED.get(process) }.filter(|image| image.exec_id == exec_id)
}

/// Keeps who forked a process.
#[inline(always)]
pub(crate) fn set_creator(process: &Process, creator: &Creator) {
    if CREATORS.insert(process, creator, 0).is_err() {
        count(Counter::Forgotten);
    }
}

/// Who forked a process, where it is known.
#[inline(always)]
pub(crate) fn creator(process: &Process) -> Option<Creator> {
    // SAFETY: an entry may be replaced meanwhile only by one for the same process, which would be the same.
    unsafe { CREATORS.get(process) }.copied()
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
