//! What really runs: each executable's content, read once for each version of the file.
//!
//! What the kernel said of the file goes in, what is in it goes into the event. The loop touches no file that could
//! make it wait: it opens files without reading them, and reads small parts of those on local file systems only.
//! All else is read in [`Lanes`], and who does not hear of it in time gets a [`Finding`] later.
//!
//! What is remembered, here or in the kernel, is remembered of a version that nobody can make a second time (see
//! [`version`]). What was forgotten is read again, never trusted.

mod cache;
mod lane;
mod loaded;
mod open;
#[cfg(test)]
mod tests;
mod version;
mod work;

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use super::root::HostRoot;
use crate::event::file_system::{self, Reach};
use crate::event::{Content, File, Gap, Loaded, ProcessEvent, Unknown, Verdict};
use crate::identity::Kind;
use cache::Cache;
pub use lane::Ticket;
use lane::{Answer, Done, Lanes};
use open::Opened;
pub(super) use open::{why, within};
pub(crate) use version::of_running;
pub(super) use version::{changed_ns, facts, is_unchanged};
use work::{Job, MAX_WHOLE, Pass, Read, Searched, Task};

/// A program smaller than this is no kubectl, whose least has 35 MiB: only larger ones are searched for its texts.
pub(crate) const LEAST_SEARCHED: u64 = 8 * 1024 * 1024;

/// What rules ask of content.
pub trait Wishes {
    /// Whether one could ask for a tool of this name.
    fn ask_for_tool(&self, name: &str) -> bool;

    /// Whether one asks for what the event says of its executable's content.
    fn are_met(&self, event: &ProcessEvent) -> bool;
}

/// What came of looking at an event's executable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// What the kernel may remember. None means that it must ask again.
    pub remember: Option<(File, Verdict)>,
    /// What is still under way: a [`Finding`] with the same ticket follows.
    pub tickets: Vec<Ticket>,
}

/// What is known later.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which question it answers.
    pub ticket: Ticket,
    /// The file version that it is about, where that may be remembered.
    file: Option<File>,
    is_of_loaded: bool,
    is_searched: bool,
    content: Content,
}

/// The executables, as far as they are known.
#[derive(Debug)]
pub struct Executables {
    root: OwnedFd,
    cache: Cache,
    lanes: Lanes,
    /// What is being gone through, so that it is not done twice at once. No more than the lanes hold.
    running: HashMap<(File, Pass), Ticket>,
    /// The file of the last event, for whoever wants more of it.
    last: Option<(u64, Opened)>,
}

impl Executables {
    /// Knows nothing yet. No thread is started before there is something to read.
    pub fn new(root: &HostRoot) -> io::Result<Self> {
        Ok(Self {
            root: root.duplicate()?,
            cache: Cache::default(),
            lanes: Lanes::default(),
            running: HashMap::new(),
            last: None,
        })
    }

    /// Says in the event what its executable is, as far as it is known at once. An event without a file stays as
    /// it is.
    pub fn judge(&mut self, event: &mut ProcessEvent, wishes: &dyn Wishes) -> Judgement {
        self.last = None;
        let Some(file) = event.file else {
            return Judgement::default();
        };
        let mut tickets = Vec::new();
        match self.cache.get(&file) {
            Some(known) => event.executable.content = known.content(),
            None => tickets.extend(self.look(event, &file)),
        }
        let is_complete = match self.search(event, &file, wishes) {
            Search::NotNeeded => true,
            Search::Asked(ticket) => {
                event.executable.content.is_open = true;
                event.executable.content.is_unsearched = true;
                tickets.push(ticket);
                false
            }
            Search::Refused => {
                event.executable.content.is_unsearched = true;
                false
            }
        };
        tickets.extend(self.look_at_loaded(event));
        tell_gap(event);
        let may_remember = is_complete && self.cache.get(&file).is_some();
        Judgement {
            remember: may_remember.then(|| (file, verdict(event, wishes))),
            tickets,
        }
    }

    /// Begins to hash the executable of an event that lacks it. None where it is known, cannot be had, or has a
    /// gigabyte and more.
    pub fn hash(&mut self, event: &ProcessEvent) -> Option<Ticket> {
        let is_wanted =
            |file: &File| event.executable.content.sha256.is_none() && file.version.size < MAX_WHOLE;
        let file = event.file.filter(is_wanted)?;
        self.pass(event, &file, Pass::Hash)
    }

    /// Waits until something is known later. Loses nothing when it is dropped while it waits.
    pub async fn finished(&mut self) -> Vec<Finding> {
        self.lanes.wait().await;
        self.findings(Duration::ZERO)
    }

    /// What is known by now, or by the time that nothing is under way any more, if that is within the time given.
    pub fn findings(&mut self, patience: Duration) -> Vec<Finding> {
        let done = self.lanes.take(patience);
        done.into_iter().map(|done| self.conclude(done)).collect()
    }

    /// Reads what a file is, at once where that cannot take long. Gives a ticket where it does.
    fn look(&mut self, event: &mut ProcessEvent, file: &File) -> Option<Ticket> {
        let job = match open::now(event, file, &self.root) {
            Ok(opened) if file_system::reach(file.file_system) == Reach::Local => {
                let read = work::look(&opened, Some(file));
                self.last = Some((event.sequence, opened));
                event.executable.content = content(&read);
                if let Ok(read) = &read {
                    self.learn(file, read);
                }
                return None;
            }
            Ok(opened) => {
                self.last = opened.again().map(|opened| (event.sequence, opened));
                Job::look(*file, opened)
            }
            // The process is gone, and to walk the path to the file could take long.
            Err(Unknown::Slow) => Job::walk(*file, open::Walk::of(event, &self.root)?),
            Err(unknown) => {
                event.executable.content = Content::unknown(unknown);
                return None;
            }
        };
        let (content, ticket) = self.ask(job);
        event.executable.content = content;
        ticket
    }

    /// Asks a lane, and waits for it for as long as a loop may.
    fn ask(&mut self, job: Job) -> (Content, Option<Ticket>) {
        match self.lanes.ask(job) {
            Answer::Done(done) => (self.conclude(*done).content, None),
            Answer::Later(ticket) => (Content::unknown(Unknown::Slow), Some(ticket)),
            Answer::Refused => (Content::unknown(Unknown::Busy), None),
        }
    }

    /// Has a program searched for texts, if it says nothing of itself and a rule could ask for what they tell.
    fn search(&mut self, event: &ProcessEvent, file: &File, wishes: &dyn Wishes) -> Search {
        let identity = event.executable.content.identity.as_ref();
        let is_silent = identity.is_some_and(|identity| identity.tool.is_none() && identity.kind.is_elf());
        let tool = if file.version.size >= LEAST_SEARCHED {
            "kubectl"
        } else {
            "busybox"
        };
        let searched = self.cache.get(file).and_then(|known| known.searched);
        if !is_silent || searched == Some(Searched::All) || !wishes.ask_for_tool(tool) {
            return Search::NotNeeded;
        }
        if searched == Some(Searched::Beginning) {
            return Search::Refused;
        }
        self.pass(event, file, Pass::Search)
            .map_or(Search::Refused, Search::Asked)
    }

    /// Begins to go through the whole of a file.
    fn pass(&mut self, event: &ProcessEvent, file: &File, pass: Pass) -> Option<Ticket> {
        if let Some(&ticket) = self.running.get(&(*file, pass)) {
            return Some(ticket);
        }
        let opened = match &self.last {
            Some((sequence, opened)) if *sequence == event.sequence => opened.again()?,
            _ => open::now(event, file, &self.root).ok()?,
        };
        let identity = event.executable.content.identity.clone()?;
        let ticket = self.lanes.send(Job::pass(*file, opened, pass, identity))?;
        // What cannot be told apart from another version is gone through for each that asks.
        if self.cache.get(file).is_some() {
            self.running.insert((*file, pass), ticket);
        }
        Some(ticket)
    }

    /// A loader runs what its arguments name, and a program what it names as its loader.
    fn look_at_loaded(&mut self, event: &mut ProcessEvent) -> Option<Ticket> {
        let identity = event.executable.content.identity.as_ref()?;
        let (path, walk) = match loaded::interpreter(event) {
            Some(path) => (path.clone(), loaded::way_to(event, path)),
            None if identity.kind == Kind::Loader => loaded::program(event)?,
            None => return None,
        };
        let (content, ticket) = match walk {
            Some(walk) => self.ask(Job::loaded(walk)),
            None => (Content::unknown(Unknown::Gone), None),
        };
        event.executable.loaded = Some(Box::new(Loaded { path, content }));
        ticket
    }

    /// Keeps what a lane found out, and says it.
    fn conclude(&mut self, done: Done) -> Finding {
        let Done { ticket, job, read } = done;
        self.running.retain(|_, running| *running != ticket);
        let is_of_loaded = matches!(job.task, Task::Loaded(_));
        let is_hash = matches!(job.task, Task::Pass(_, Pass::Hash, _));
        if let (Ok(read), Some(file)) = (&read, &job.file) {
            self.learn(file, read);
        }
        Finding {
            ticket,
            file: job.file.filter(|file| self.cache.get(file).is_some()),
            is_of_loaded,
            is_searched: read.as_ref().is_ok_and(Read::says_all),
            content: Content {
                // A hash does not say what it is.
                is_open: is_hash,
                ..content(&read)
            },
        }
    }

    /// Keeps what was read, where it may be kept.
    fn learn(&mut self, file: &File, read: &Read) {
        if read.is_repeatable {
            self.cache.insert(*file, read);
        }
    }
}

/// Whether a program is searched for texts.
enum Search {
    NotNeeded,
    Asked(Ticket),
    /// There is no room for it, or it would not come to its end.
    Refused,
}

impl Finding {
    /// Says in the event what was found. Gives what the kernel may remember of it.
    pub fn tell(&self, event: &mut ProcessEvent, wishes: &dyn Wishes) -> Option<(File, Verdict)> {
        if !self.is_of_loaded {
            event.executable.content.add(&self.content);
            event.executable.content.is_unsearched &= !self.is_searched;
        } else if let Some(loaded) = &mut event.executable.loaded {
            loaded.content.add(&self.content);
            loaded.content.is_unsearched = self.content.is_unsearched;
        }
        tell_gap(event);
        let file = self.file.filter(|_| !event.executable.content.is_unsearched)?;
        Some((file, verdict(event, wishes)))
    }
}

/// Says that something is missing, as long as it is.
fn tell_gap(event: &mut ProcessEvent) {
    event.gaps.retain(|&gap| gap != Gap::Content);
    if event.executable.is_unknown() {
        event.gaps.push(Gap::Content);
    }
}

fn content(read: &Result<Read, Unknown>) -> Content {
    match read {
        Ok(read) => Content {
            identity: Some(Arc::clone(&read.identity)),
            sha256: read.sha256,
            is_unsearched: read.searched.is_some() && !read.says_all(),
            ..Content::default()
        },
        Err(unknown) => Content::unknown(*unknown),
    }
}

fn verdict(event: &ProcessEvent, wishes: &dyn Wishes) -> Verdict {
    let identity = event.executable.content.identity.as_ref();
    // Another file decides on what these are.
    let is_open = identity.is_some_and(|identity| identity.kind == Kind::Loader)
        || loaded::interpreter(event).is_some();
    if is_open || wishes.are_met(event) {
        Verdict::Wanted
    } else {
        Verdict::Plain
    }
}
