//! The live source: the kernel program, loaded and attached, and what it sends, as events.
//!
//! This folder is the only place that knows aya and the record layout. It judges nothing: which names matter
//! comes from the rules, and everything that the kernel sends is handed on.

mod assembly;
mod btf;
mod clock;
mod convert;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod inbox;
mod judged;
mod kernel_log;
mod ledger;
mod losses;
mod lost;
mod offsets;
mod readable;
mod record;

use std::{path::PathBuf, time::Duration};

use aya::{
    Btf, Ebpf, EbpfLoader, Endianness, VerifierLogLevel,
    maps::{Array, HashMap, MapData, RingBuf},
    programs::{BtfTracePoint, ProgramError, tp_btf::BtfTracePointLinkId},
};
pub use btf::BtfError;
pub use clock::booted;
pub use error::SourceError;
pub use judged::Verdict;
pub use kernel_log::KernelLog;
use kubectl_watch_ebpf::{
    AYA_LOG_LEVEL, EVENTS, EXEC, FORK, LAST_LOST, MAX_WATCHED_NAMES, NameKey, OFFSETS, Program, SIEVE, Sieve,
    WATCHED_NAMES,
};
pub use ledger::{Balance, Hole, Terms};
pub use losses::Losses;
pub use lost::LostExec;
pub use offsets::OffsetsError;
use tokio::io::unix::AsyncFd;
use zerocopy::IntoBytes;

use self::{
    error::{absent, refused},
    inbox::Inbox,
    judged::JudgedFiles,
    losses::Counters,
    lost::LastLostMap,
    readable::readable,
};
use crate::event::{File, ProcessEvent};

/// Records that are read before anybody else has a turn.
const MAX_BATCH: usize = 512;

/// How long a program may take that was running when it was detached, and how often that is waited for.
const SETTLING: Duration = Duration::from_millis(1);
const MAX_SETTLING: usize = 50;

/// Attached in this order: who forked whom is known before the first exec is seen.
const PROGRAMS: [Program; 2] = [FORK, EXEC];

/// The kernel programs, built by this crate's build script.
static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/kubectl-watch-ebpf"));

/// How the source is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kernel's description of its types.
    pub btf: PathBuf,
    /// What the kernel program says of itself.
    pub log: KernelLog,
}

/// Which execs the kernel sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Those of these names, in any case of letters; none means of every name.
    pub names: Option<Vec<Vec<u8>>>,
    /// Those of files that were not judged yet or are wanted, whatever their name.
    pub content: bool,
}

/// What the kernel sends.
pub struct KernelSource {
    ring: AsyncFd<RingBuf<MapData>>,
    inbox: Inbox,
    counters: Counters,
    judged: JudgedFiles,
    last_lost: LastLostMap,
    links: Vec<(Program, BtfTracePointLinkId)>,
    /// The programs stay loaded as long as this lives.
    ebpf: Ebpf,
}

impl KernelSource {
    /// Loads the kernel program; nothing is sent before [`attach`](Self::attach). Must be called in a tokio
    /// runtime.
    pub fn open(options: &Options) -> Result<Self, SourceError> {
        let offsets = offsets::read(&options.btf)?;
        let level = options.log.level();
        // What the object says of its own types is for people; no load of it depends on the kernel's.
        let mut ebpf = EbpfLoader::new()
            .btf(None)
            .verifier_log_level(verifier_log_level(options.log))
            .override_global(OFFSETS, offsets.as_bytes(), true)
            .override_global(AYA_LOG_LEVEL, &level, true)
            .load(OBJECT)
            .map_err(|error| refused("the maps", error))?;
        if options.log != KernelLog::Off {
            KernelLog::forward(&mut ebpf)?;
        }
        let types = Btf::parse_file(&options.btf, Endianness::default())
            .map_err(|error| refused("the kernel's types", error))?;
        for which in PROGRAMS {
            program(&mut ebpf, which)?
                .load(which.tracepoint, &types)
                .map_err(|error| refused("the program", error))?;
        }
        let counters = Counters::new(&mut ebpf)?;
        let judged = JudgedFiles::new(&mut ebpf)?;
        let last_lost = take(&mut ebpf, LAST_LOST)?;
        let last_lost =
            LastLostMap::try_from(last_lost).map_err(|error| refused("the map of lost execs", error))?;
        let ring =
            RingBuf::try_from(take(&mut ebpf, EVENTS)?).map_err(|error| refused("the buffer", error))?;
        let ring = readable(ring)?;
        drop(types);
        give_back_memory();
        Ok(Self {
            ring,
            inbox: Inbox::default(),
            counters,
            judged,
            last_lost,
            links: Vec::new(),
            ebpf,
        })
    }

    /// Says which execs are wanted, now or while it runs. More names than there is room for means all.
    pub fn watch(&mut self, watch: &Watch) -> Result<(), SourceError> {
        let step = "the names to watch";
        let names = watch.names.iter().flatten();
        let names: Vec<NameKey> = names.map(|name| NameKey::of(name).lower()).collect();
        let all = watch.names.is_none() || names.len() > MAX_WATCHED_NAMES as usize;
        // Rather too many than too few: meanwhile everything is let through.
        let mut sieve = Sieve::EMPTY;
        sieve.all = 1;
        self.set_sieve(&sieve)?;
        let map = self
            .ebpf
            .map_mut(WATCHED_NAMES)
            .ok_or_else(|| absent(WATCHED_NAMES))?;
        let mut map: HashMap<_, [u64; 2], u8> =
            HashMap::try_from(map).map_err(|error| refused(step, error))?;
        let old: Vec<_> = map
            .keys()
            .collect::<Result<_, _>>()
            .map_err(|error| refused(step, error))?;
        for name in &old {
            map.remove(name).map_err(|error| refused(step, error))?;
        }
        // What is wanted may have changed with what is watched.
        self.judged.forget()?;
        sieve.all = all.into();
        sieve.content = watch.content.into();
        if !all {
            for name in names {
                map.insert(name.0, 1, 0).map_err(|error| refused(step, error))?;
                sieve.add(name);
            }
        }
        self.set_sieve(&sieve)
    }

    /// Lets the kernel know a version of a file again: its execs are sent as the verdict says.
    pub fn remember(&mut self, file: &File, verdict: Verdict) -> Result<(), SourceError> {
        self.judged.remember(file, verdict)
    }

    /// Attaches the programs: from now on execs are seen.
    pub fn attach(&mut self) -> Result<(), SourceError> {
        for which in PROGRAMS {
            let link = program(&mut self.ebpf, which)?
                .attach()
                .map_err(|error| refused("the attachment to a tracepoint", error))?;
            self.links.push((which, link));
        }
        Ok(())
    }

    /// Waits for events and appends them. Loses nothing when it is dropped while it waits.
    pub async fn read(&mut self, out: &mut Vec<ProcessEvent>) -> Result<(), SourceError> {
        let mut ready = self.ring.readable_mut().await?;
        if self.inbox.take(ready.get_inner_mut(), MAX_BATCH, out) < MAX_BATCH {
            ready.clear_ready();
        }
        Ok(())
    }

    /// Detaches the programs and appends what was sent until then, unfinished or not.
    pub fn finish(&mut self, out: &mut Vec<ProcessEvent>) -> Result<(), SourceError> {
        for (which, link) in self.links.drain(..) {
            program(&mut self.ebpf, which)?
                .detach(link)
                .map_err(|error| refused("the detachment", error))?;
        }
        // A program that was running at that moment may have one more to send.
        for _ in 0..MAX_SETTLING {
            self.inbox.take(self.ring.get_mut(), usize::MAX, out);
            if self.balance()?.holds() {
                break;
            }
            std::thread::sleep(SETTLING);
        }
        self.inbox.assembly.give_up_all(out);
        Ok(())
    }

    /// To be called once a second: events of which a part is overdue are handed out as they are.
    pub fn give_up_overdue(&mut self, out: &mut Vec<ProcessEvent>) {
        self.inbox.assembly.give_up_still(out);
    }

    /// What was seen and what was lost so far, by reason.
    pub fn losses(&self) -> Result<Losses, SourceError> {
        let mut losses = self.counters.read()?;
        losses.received = self.inbox.received;
        losses.bad_records = self.inbox.bad_records;
        losses.unfinished_args = self.inbox.assembly.given_up;
        losses.unfinished_env = self.inbox.assembly.without_env;
        losses.strays = self.inbox.assembly.strays;
        Ok(losses)
    }

    /// The gaps between execs that arrived, since this was last asked.
    pub fn take_holes(&mut self) -> Vec<Hole> {
        self.inbox.ledger.take_holes()
    }

    /// The last exec that each CPU lost.
    pub fn last_lost(&self) -> Result<Vec<LostExec>, SourceError> {
        lost::read(&self.last_lost)
    }

    /// What was watched, against what arrived and what was lost. Exact once [`finish`](Self::finish) is done.
    pub fn balance(&self) -> Result<Balance, SourceError> {
        self.counters.balance(&self.inbox.ledger, self.inbox.bad_records)
    }

    fn set_sieve(&mut self, sieve: &Sieve) -> Result<(), SourceError> {
        const WORDS: usize = size_of::<Sieve>() / size_of::<u64>();
        let step = "what to let pass";
        let map = self.ebpf.map_mut(SIEVE).ok_or_else(|| absent(SIEVE))?;
        let mut map: Array<_, [u64; WORDS]> = Array::try_from(map).map_err(|error| refused(step, error))?;
        let words: [u64; WORDS] = zerocopy::transmute!(*sieve);
        map.set(0, words, 0).map_err(|error| refused(step, error))
    }
}

fn program(ebpf: &mut Ebpf, which: Program) -> Result<&mut BtfTracePoint, SourceError> {
    let program = ebpf.program_mut(which.name).ok_or_else(|| absent(which.name))?;
    program
        .try_into()
        .map_err(|error: ProgramError| refused("the program", error))
}

fn take(ebpf: &mut Ebpf, map: &'static str) -> Result<aya::maps::Map, SourceError> {
    ebpf.take_map(map).ok_or_else(|| absent(map))
}

/// How much the verifier says of a program that it refuses: why, or, for a developer, every step that led to it. Those
/// can be megabytes, and aya asks again and again until there is room for all of them.
fn verifier_log_level(log: KernelLog) -> VerifierLogLevel {
    match log {
        KernelLog::Debug => VerifierLogLevel::default(),
        KernelLog::Off | KernelLog::Warn => VerifierLogLevel::STATS,
    }
}

/// Gives back what loading took, and from now on every large block when it is freed. aya reads all of the kernel's
/// types, and glibc would keep their 14 MB for ever, and so those of the largest alert.
fn give_back_memory() {
    #[cfg(target_env = "gnu")]
    {
        const LARGE: libc::c_int = 256 * 1024;
        // SAFETY: both may be called at any time, and move nothing that is in use.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            libc::malloc_trim(0);
        }
    }
}
