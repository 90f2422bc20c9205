//! The live source: the kernel program, loaded and attached, and what it sends, as events.
//!
//! This folder is the only place that knows aya and the record layout. It judges nothing: which names matter
//! comes from the rules, and everything that the kernel sends is handed on.

mod account;
mod assembly;
mod btf;
mod cast;
mod clock;
mod convert;
mod error;
mod follow;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guard;
mod handover;
mod inbox;
mod judged;
mod kernel_log;
mod ledger;
mod load;
mod losses;
mod lost;
mod offsets;
mod options;
mod pin;
mod pinned_program;
mod readable;
mod reader;
mod record;
mod ring;

use std::time::Duration;

pub use btf::BtfError;
pub use clock::booted;
pub use error::SourceError;
pub use follow::{Follower, MAX_FOLLOW_UPS, MAX_PROCESSES, Ticket};
pub use guard::{Part, Touched, Watch};
pub use handover::Handover;
use jiff::Timestamp;
pub use kernel_log::KernelLog;
use kubectl_watch_ebpf::{EXEC, FORK, Program};
pub use ledger::{Balance, Hole, Terms};
pub use losses::Losses;
pub use lost::LostExec;
pub use offsets::OffsetsError;
pub use options::Options;
pub use pin::{DEFAULT_PINS, PinsError, is_bpf_fs, unpin};
use tokio::io::unix::AsyncFd;

use self::{
    error::refused,
    guard::Filter,
    handover::Twice,
    inbox::Inbox,
    judged::JudgedFiles,
    load::{Attached, KernelTypes, Loaded, Object},
    losses::Counters,
    lost::LastLostMap,
    pin::{PinnedSet, Pins},
    readable::readable,
    reader::Reader,
    ring::Ring,
};
use crate::event::{File, ProcessEvent, Verdict};

/// Records that are read before anybody else has a turn.
const MAX_BATCH: usize = 512;

/// How long a program may take that was running when it was detached, and how often that is waited for.
const SETTLING: Duration = Duration::from_millis(1);
const MAX_SETTLING: usize = 50;

/// Attached in this order: who forked whom is known before the first exec is seen.
const PROGRAMS: [Program; 2] = [FORK, EXEC];

/// The kernel programs, built by this crate's build script.
static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/kubectl-watch-ebpf"));

/// What the kernel sends.
pub struct KernelSource {
    ring: AsyncFd<Ring>,
    inbox: Inbox,
    counters: Counters,
    last_lost: LastLostMap,
    filter: Filter,
    judged: JudgedFiles,
    links: Vec<Attached>,
    pins: Option<(Pins, String)>,
    /// Where the programs are pinned, once they are attached.
    set: Option<PinnedSet>,
    reader: Option<Reader>,
    /// What was left in older buffers, until somebody asks for it.
    backlog: Vec<ProcessEvent>,
    twice: Twice,
    /// The programs, until they are attached.
    object: Option<Object>,
    follower: Option<Result<Follower, SourceError>>,
}

impl KernelSource {
    /// Loads the kernel programs, or takes over those that are pinned; what is loaded sends nothing before
    /// [`attach`](Self::attach). Must be called in a tokio runtime.
    pub fn open(options: &Options) -> Result<Self, SourceError> {
        let layout = offsets::read(&options.btf)?;
        let types = KernelTypes::new(&options.btf);
        let pins = options.pins.as_deref().map(Pins::open).transpose()?;
        let identity = pin::identity(&layout.offsets, options.log.level());
        let mut pinned = None;
        if let Some(set) = pins.as_ref().and_then(|pins| pins.set(&identity)) {
            match Loaded::pinned(&set).and_then(|found| Ok((found, Reader::open(&set)?))) {
                Ok(found) => pinned = Some((set, found)),
                Err(error) => {
                    tracing::warn!(%error, "the pinned programs cannot be taken over, and are replaced");
                    // They watch until others do, and what they have sent is read then.
                    set.set_aside()
                        .map_err(|error| refused("the pinned programs", error))?;
                }
            }
        }
        let (set, loaded, links, reader) = if let Some((set, ((loaded, links), reader))) = pinned {
            (Some(set), loaded, links, Some(reader))
        } else {
            let set = pins.as_ref().map(Pins::unfinished);
            if let Some(set) = &set {
                set.create()
                    .map_err(|error| refused("a folder for pins", error))?;
            }
            (
                None,
                Loaded::new(options, &layout, &types, set.as_ref())?,
                Vec::new(),
                None,
            )
        };
        let Loaded {
            ring,
            counters,
            last_lost,
            filter,
            judged,
            object,
        } = loaded;
        let ring = readable(Ring::new(ring)?)?;
        let follower = options.follow.then(|| Follower::open(&layout, &types));
        drop(types);
        Ok(Self {
            ring,
            inbox: Inbox {
                ledger: reader.as_ref().map(Reader::ledger).unwrap_or_default(),
                ..Inbox::default()
            },
            counters,
            last_lost,
            filter,
            judged,
            links,
            pins: pins.map(|pins| (pins, identity)),
            set,
            reader,
            backlog: Vec::new(),
            twice: Twice::default(),
            object,
            follower,
        })
    }

    /// What follows processes, once, where that is wanted; or why the kernel can't.
    pub const fn take_follower(&mut self) -> Option<Result<Follower, SourceError>> {
        self.follower.take()
    }

    /// Says which execs are wanted, now or while it runs. More names than there is room for means all.
    pub fn watch(&mut self, watch: &Watch) -> Result<(), SourceError> {
        // What is wanted may have changed with what is watched.
        self.filter.open()?;
        self.judged.forget()?;
        self.filter.watch(watch)
    }

    /// Lets the kernel know a version of a file again: its execs are sent as the verdict says.
    pub fn remember(&mut self, file: &File, verdict: Verdict) -> Result<(), SourceError> {
        self.judged.remember(file, verdict)
    }

    /// Attaches the programs, if they are not yet: from now on execs are seen. Then replaces those of other versions,
    /// and takes what their buffers still hold.
    pub fn attach(&mut self) -> Result<Handover, SourceError> {
        let since = Timestamp::now();
        let mut handover = Handover {
            continued: !self.links.is_empty(),
            ..Handover::default()
        };
        let unfinished = self.pins.as_ref().map(|(pins, _)| pins.unfinished());
        if let Some(object) = self.object.take() {
            self.links = object.attach(unfinished.as_ref())?;
        }
        let Some((pins, identity)) = &self.pins else {
            return Ok(handover);
        };
        if let (None, Some(unfinished)) = (&self.set, unfinished) {
            self.reader = Some(Reader::create(&unfinished)?);
            let set = pins.complete(identity);
            self.set = Some(set.map_err(|error| refused("the pins", error))?);
        }
        for set in pins.sets().map_err(|error| refused("the pins", error))? {
            if Some(&set) != self.set.as_ref() {
                handover::replace(&set, &mut self.backlog, &mut handover)?;
            }
        }
        self.twice = Twice::new(&self.backlog, since);
        Ok(handover)
    }

    /// Whether the programs go on without this daemon.
    pub const fn is_pinned(&self) -> bool {
        self.pins.is_some()
    }

    /// What in the kernel is not as it was left, told once; the names to watch are written again.
    pub fn check(&mut self) -> Result<Vec<Touched>, SourceError> {
        let mut touched = guard::check_links(&mut self.links);
        touched.extend(self.filter.check()?);
        touched.extend(guard::check_pins(&mut self.set));
        Ok(touched)
    }

    /// Appends what was left in the buffers of older daemons.
    pub fn take_backlog(&mut self, out: &mut Vec<ProcessEvent>) {
        out.append(&mut self.backlog);
    }

    /// Waits for events and appends them. Loses nothing when it is dropped while it waits.
    pub async fn read(&mut self, out: &mut Vec<ProcessEvent>) -> Result<(), SourceError> {
        let before = out.len();
        let mut ready = self.ring.readable_mut().await?;
        if self.inbox.take(ready.get_inner_mut(), MAX_BATCH, out) < MAX_BATCH {
            ready.clear_ready();
        }
        self.keep(before, out)
    }

    /// Appends what was sent until now, unfinished or not. Programs that are not pinned are detached.
    pub fn finish(&mut self, out: &mut Vec<ProcessEvent>) -> Result<(), SourceError> {
        let before = out.len();
        if self.is_pinned() {
            self.inbox.take(self.ring.get_mut(), MAX_BATCH, out);
            // Not between two records of one exec: the next daemon could not put it together.
            let mut tries = 0;
            while !self.inbox.assembly.is_idle() && tries < MAX_SETTLING {
                if self.inbox.take(self.ring.get_mut(), 1, out) == 0 {
                    tries += 1;
                    std::thread::sleep(SETTLING);
                }
            }
        } else {
            // What holds a program lets go of it.
            self.links.clear();
            // A program that was running at that moment may have one more to send.
            for _ in 0..MAX_SETTLING {
                self.inbox.take(self.ring.get_mut(), usize::MAX, out);
                if self.balance()?.holds() {
                    break;
                }
                std::thread::sleep(SETTLING);
            }
        }
        self.inbox.assembly.give_up_all(out);
        self.keep(before, out)
    }

    /// Leaves out what an older buffer had as well, and keeps how far this one is read.
    fn keep(&mut self, before: usize, out: &mut Vec<ProcessEvent>) -> Result<(), SourceError> {
        if !self.twice.is_empty() {
            let new = out.split_off(before);
            out.extend(new.into_iter().filter(|event| !self.twice.had(event)));
        }
        match &mut self.reader {
            Some(reader) => reader.keep(&self.inbox.ledger),
            None => Ok(()),
        }
    }

    /// To be called once a second: events of which a part is overdue are handed out as they are.
    pub fn give_up_overdue(&mut self, out: &mut Vec<ProcessEvent>) {
        self.inbox.assembly.give_up_still(out);
    }
}
