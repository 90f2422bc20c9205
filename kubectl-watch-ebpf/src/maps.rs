//! The maps, each with its size and why, and what is done with them.

use aya_ebpf::{
    helpers::generated::bpf_get_smp_processor_id,
    macros::map,
    maps::{Array, HashMap, PerCpuArray, RingBuf},
};
use kubectl_watch_ebpf::{
    CREATOR_SLOTS, Counter, Header, Kind, MAX_REMEMBERED, MAX_WATCHED_NAMES, NameKey, Process,
    REMEMBERED_SLOTS, RING_BYTES, SCRATCH_BYTES, Sieve, Task,
};

use crate::task::Address;

/// Every record goes through it.
#[map]
static EVENTS: RingBuf = RingBuf::with_byte_size(RING_BYTES, 0);

/// The names to watch. The daemon writes them, and the value says nothing.
#[map]
static WATCHED_NAMES: HashMap<NameKey, u8> = HashMap::with_max_entries(MAX_WATCHED_NAMES, 0);

/// What most execs are told apart by, in one place: a hash table lies in several, and all of them are cold.
#[map]
static SIEVE: Array<Sieve> = Array::with_max_entries(1, 0);

/// What processes were exec'd as, where their executable does not say: the slot is the pid's, so that a process
/// is forgotten when one of just so many pids later needs it, and an insertion touches one place.
#[map]
static REMEMBERED: Array<Remembered> = Array::with_max_entries(REMEMBERED_SLOTS, 0);

/// Who forked each process, in the same way.
#[map]
static CREATORS: Array<Forked> = Array::with_max_entries(CREATOR_SLOTS, 0);

/// One `u64` for each [`Counter`].
#[map]
static COUNTERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(Counter::ALL.len() as u32, 0);

/// Where a record is built: the stack of a program ends at 512 bytes.
#[map]
static SCRATCH: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// The end of the path that an image was exec'd by.
#[repr(C)]
pub(crate) struct Remembered {
    /// Whose image it is.
    pub(crate) process: Process,
    /// Which exec of the process that was (`self_exec_id`): a later one makes it stale.
    pub(crate) exec_id: u64,
    /// Ended by a NUL.
    pub(crate) filename: [u8; MAX_REMEMBERED],
}

/// A process and who forked it. One cache line.
#[repr(C, align(64))]
struct Forked {
    process: Process,
    creator: Creator,
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

/// Whether execs of this name are watched.
#[inline(always)]
pub(crate) fn is_watched(name: NameKey) -> bool {
    let Some(sieve) = SIEVE.get(0) else { return true };
    if sieve.all != 0 {
        return true;
    }
    sieve.may_hold(name) && WATCHED_NAMES.get_ptr(name).is_some()
}

/// Where the path that a process was exec'd by is to be kept.
#[inline(always)]
pub(crate) fn remembered_slot(process: &Process) -> Option<*mut Remembered> {
    REMEMBERED.get_ptr_mut(process.pid & (REMEMBERED_SLOTS - 1))
}

/// The end of the path that an image of a process was exec'd by, where it is remembered.
#[inline(always)]
pub(crate) fn remembered(process: &Process, exec_id: u64) -> Option<&'static Remembered> {
    let image = REMEMBERED.get(process.pid & (REMEMBERED_SLOTS - 1))?;
    (image.process == *process && image.exec_id == exec_id).then_some(image)
}

/// Keeps who forked a process. Nobody else writes the slot meanwhile: that would take a fork of the same moment
/// whose pid is further by just so many as there are slots.
#[inline(always)]
pub(crate) fn set_creator(process: &Process, creator: &Creator) {
    if let Some(slot) = CREATORS.get_ptr_mut(process.pid & (CREATOR_SLOTS - 1)) {
        // SAFETY: the slot is a map's value, and any bytes are one.
        unsafe {
            (*slot).process = Process {
                start_ns: 0,
                pid: 0,
                reserved: 0,
            };
            (*slot).creator = *creator;
            (*slot).process = *process;
        }
    }
}

/// Who forked a process, where it is known.
#[inline(always)]
pub(crate) fn creator(process: &Process) -> Option<&'static Creator> {
    let slot = CREATORS.get(process.pid & (CREATOR_SLOTS - 1))?;
    (slot.process == *process).then_some(&slot.creator)
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
