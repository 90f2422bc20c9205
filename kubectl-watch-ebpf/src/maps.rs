//! The maps, each with its size and why, and what is done with them.

use aya_ebpf::{
    bindings::BPF_RB_AVAIL_DATA,
    helpers::generated::bpf_get_smp_processor_id,
    macros::map,
    maps::{Array, HashMap, PerCpuArray, RingBuf},
};
use kubectl_watch_ebpf::{
    Counter, Exec, Header, JUDGED_LINES, Judged, JudgedLine, Kind, LOSS_PAUSE_NS, LastLost, MAX_REMEMBERED,
    MAX_WATCHED_NAMES, NameKey, PROCESS_SLOTS, Process, REMEMBERED_SLOTS, RESERVED_BYTES, RING_BYTES,
    SCRATCH_BYTES, Sieve, Verdict,
};

use crate::{kept::Kept, work::Work};

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

/// Who forked each process and what it runs, in the same way.
#[map]
static PROCESSES: Array<Kept> = Array::with_max_entries(PROCESS_SLOTS, 0);

/// The files whose content has been judged.
#[map]
static JUDGED: Array<JudgedLine> = Array::with_max_entries(JUDGED_LINES, 0);

/// One `u64` for each [`Counter`].
#[map]
static COUNTERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(Counter::ALL.len() as u32, 0);

/// The last exec that found the ring buffer full.
#[map]
static LAST_LOST: PerCpuArray<LastLost> = PerCpuArray::with_max_entries(1, 0);

/// Where a record is built: the stack of a program ends at 512 bytes.
#[map]
static SCRATCH: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// What one exec is worked on with.
#[map]
static WORK: PerCpuArray<Work> = PerCpuArray::with_max_entries(1, 0);

/// The end of the path that an image was exec'd by.
#[repr(C)]
pub(crate) struct Remembered {
    /// Whose image it is.
    pub(crate) process: Process,
    /// Which exec of the process that was (`self_exec_id`): a later one makes it stale.
    pub(crate) exec_id: u32,
    reserved: u32,
    /// Ended by a NUL.
    pub(crate) filename: [u8; MAX_REMEMBERED],
}

/// Bytes of the longest text that `bpf_snprintf` prints at once, with its NUL (`MAX_BPRINTF_BIN_ARGS` of Linux).
pub(crate) const STRING_BYTES: u32 = 512;

/// Room for the longest record, and for a text that is cut only when it is there.
#[repr(C, align(8))]
pub(crate) struct Scratch([u8; SCRATCH_BYTES + STRING_BYTES as usize]);

/// This CPU's room for a record. No other program of ours runs on this CPU until this one ends.
#[inline(always)]
pub(crate) fn scratch() -> Option<*mut Scratch> {
    SCRATCH.get_ptr_mut(0)
}

/// What this CPU works on an exec with.
#[inline(always)]
pub(crate) fn work() -> Option<*mut Work> {
    WORK.get_ptr_mut(0)
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

/// Counts an exec of which nothing arrives, and keeps what tells when and who that was.
#[inline(always)]
pub(crate) fn lost(exec: &Exec) {
    count(Counter::LostExecs);
    let Some(last) = LAST_LOST.get_ptr_mut(0) else {
        return;
    };
    // SAFETY: the pointer is this CPU's own value. The daemon may read it meanwhile, and then sees no time.
    unsafe {
        let at = &raw mut (*last).last_ns;
        if exec.boot_ns.wrapping_sub(*at) > LOSS_PAUSE_NS {
            (*last).first_ns = exec.boot_ns;
        }
        at.write_volatile(0);
        (&raw mut (*last).task).write(exec.task);
        at.write_volatile(exec.boot_ns);
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
pub(crate) fn remembered(process: &Process, exec_id: u32) -> Option<&'static Remembered> {
    let image = REMEMBERED.get(process.pid & (REMEMBERED_SLOTS - 1))?;
    (image.process == *process && image.exec_id == exec_id).then_some(image)
}

/// Keeps what is known of a process. Nobody else writes the slot meanwhile: that would take a fork of the same moment
/// whose pid is further by just so many as there are slots.
#[inline(always)]
pub(crate) fn keep(process: &Kept) {
    if let Some(slot) = PROCESSES.get_ptr_mut(process.pid & (PROCESS_SLOTS - 1)) {
        // SAFETY: the slot is a map's value, and any bytes are one. Who reads it meanwhile sees no process.
        unsafe {
            let pid = &raw mut (*slot).pid;
            pid.write_volatile(0);
            slot.write(Kept { pid: 0, ..*process });
            pid.write_volatile(process.pid);
        }
    }
}

/// Keeps which file, with its dentry, a process runs now. Who forked it stays, where it is known.
#[inline(always)]
pub(crate) fn keep_image(start_ns: u64, pid: u32, exec_id: u32, (file, dentry): (u64, u64)) {
    let Some(slot) = PROCESSES.get_ptr_mut(pid & (PROCESS_SLOTS - 1)) else {
        return;
    };
    // SAFETY: as above. Only the process itself is here, and all its other threads are gone.
    unsafe {
        let is_its = (*slot).pid == pid && (*slot).start_ns == start_ns;
        if !is_its {
            (&raw mut (*slot).pid).write_volatile(0);
            (*slot).start_ns = start_ns;
            (*slot).creator_pid = 0;
        }
        (*slot).exec_id = exec_id;
        (*slot).file = file;
        (*slot).dentry = dentry;
        if !is_its {
            (&raw mut (*slot).pid).write_volatile(pid);
        }
    }
}

/// Copies what is known of a process, and says whether anything is. It goes from memory to memory: the verifier before
/// Linux 6.3 lets nobody copy a value of which a part was never written.
#[inline(always)]
pub(crate) fn recall(process: &Process, into: &mut Kept) -> bool {
    into.pid = 0;
    let Some(slot) = PROCESSES.get_ptr(process.pid & (PROCESS_SLOTS - 1)) else {
        return false;
    };
    // SAFETY: the slot is a map's value. It is the process's own before and after, or not taken.
    unsafe {
        let is_its = || (&raw const (*slot).pid).read_volatile() == process.pid;
        if is_its() {
            *into = *slot;
            if into.start_ns != process.start_ns || !is_its() {
                into.pid = 0;
            }
        }
    }
    into.pid != 0
}

/// Whether a file version was judged, and then whether it is wanted.
#[inline(always)]
pub(crate) fn verdict(file: &Judged) -> Option<bool> {
    let line = JUDGED.get(file.line())?;
    for judged in &line.0 {
        if judged.is_about(file) && judged.verdict != 0 {
            return Some(judged.verdict != Verdict::Plain as u32);
        }
    }
    None
}

/// Whether unknown and wanted files are sent, whatever they are called.
#[inline(always)]
pub(crate) fn judges_content() -> bool {
    SIEVE.get(0).is_none_or(|sieve| sieve.content != 0)
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

/// Whether so many bytes find room in the ring buffer besides what is kept for execs alone. Other CPUs may take it
/// meanwhile.
#[inline(always)]
pub(crate) fn has_room(bytes: u32) -> bool {
    let taken = EVENTS.query(u64::from(BPF_RB_AVAIL_DATA));
    taken + u64::from(bytes) <= u64::from(RING_BYTES - RESERVED_BYTES)
}

/// Sends the first bytes of the scratch; wakes the daemon where it waits. Says whether there was room.
#[inline(always)]
pub(crate) fn send(scratch: *const Scratch, len: usize) -> bool {
    // SAFETY: a reference is readable. It is volatile so that the value that is checked is the one that is used.
    let len = unsafe { (&raw const len).read_volatile() };
    let len = if len > SCRATCH_BYTES { SCRATCH_BYTES } else { len };
    // SAFETY: the scratch is a whole map value, and `len` is within it.
    let bytes = unsafe { core::slice::from_raw_parts(scratch.cast::<u8>(), len) };
    EVENTS.output::<[u8]>(bytes, 0).is_ok()
}
