//! Threads that read files, so that the loop need not wait for them.
//!
//! Files of which the kernel alone answers, those of overlayfs, and all others have lanes of their own, and so have
//! small reads and whole files. A file system that does not answer stops its own lane, and nobody else's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::work::{Job, Read, Task};
use crate::event::Unknown;
use crate::event::file_system::Reach;

/// How long the loop waits for a small read. A thread's turn comes within microseconds, a disk's within a few
/// milliseconds; who takes longer is answered for later.
const PATIENCE: Duration = Duration::from_millis(10);
/// How long it waits in all, in each second. Who answers slowly on purpose, many times, does not hold it up.
const PATIENCE_A_SECOND: Duration = Duration::from_millis(100);
/// Jobs that wait in one lane.
const QUEUE: usize = 64;
/// Bytes of a lane's stack. It holds no buffers.
const STACK: usize = 256 * 1024;

/// Names a question whose answer comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

impl Ticket {
    /// One that nobody else has, whoever is asked.
    pub(in crate::enrich) fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[cfg(test)]
impl From<u64> for Ticket {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// What became of a job.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) ticket: Ticket,
    pub(super) job: Job,
    pub(super) read: Result<Read, Unknown>,
}

/// What the loop gets for a question.
#[derive(Debug)]
pub(super) enum Answer {
    Done(Box<Done>),
    Later(Ticket),
    /// Too much waits already.
    Refused,
}

/// All lanes. A thread is started for the first job of each.
#[derive(Debug)]
pub(super) struct Lanes {
    each: [Option<Lane>; 6],
    results: Sender<Done>,
    done: Receiver<Done>,
    /// What was done while somebody waited for something else.
    aside: Vec<Done>,
    news: Arc<Notify>,
    under_way: usize,
    /// When the second began in which it waits, and how long it has.
    second: Instant,
    waited: Duration,
}

#[derive(Debug)]
struct Lane {
    queue: SyncSender<(Ticket, Job)>,
    /// How many jobs it has, the one that it does included.
    load: Arc<AtomicUsize>,
}

impl Default for Lanes {
    fn default() -> Self {
        let (results, done) = mpsc::channel();
        Self {
            each: [const { None }; 6],
            results,
            done,
            aside: Vec::new(),
            news: Arc::new(Notify::new()),
            under_way: 0,
            second: Instant::now(),
            waited: Duration::ZERO,
        }
    }
}

impl Lanes {
    /// Has a small job done, and waits for it unless the lane is stuck.
    pub(super) fn ask(&mut self, job: Job) -> Answer {
        let is_idle = self
            .lane(&job)
            .is_some_and(|lane| lane.load.load(Ordering::Relaxed) == 0);
        let Some(ticket) = self.send(job) else {
            return Answer::Refused;
        };
        let begin = Instant::now();
        if begin.duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.waited) = (begin, Duration::ZERO);
        }
        let end = begin + PATIENCE.min(PATIENCE_A_SECOND.saturating_sub(self.waited));
        let answer = if is_idle { self.answer(ticket, end) } else { None };
        self.waited += begin.elapsed();
        answer.map_or(Answer::Later(ticket), |done| Answer::Done(Box::new(done)))
    }

    /// The answer to a question, if it comes in time. Others are put aside.
    fn answer(&mut self, ticket: Ticket, end: Instant) -> Option<Done> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let done = self.done.recv_timeout(left).ok()?;
            self.under_way -= 1;
            if done.ticket == ticket {
                return Some(done);
            }
            self.aside.push(done);
        }
    }

    /// Has a job done. None where there is no room for it.
    pub(super) fn send(&mut self, job: Job) -> Option<Ticket> {
        let ticket = Ticket::new();
        let lane = self.lane(&job)?;
        lane.load.fetch_add(1, Ordering::Relaxed);
        if lane.queue.try_send((ticket, job)).is_err() {
            lane.load.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        self.under_way += 1;
        Some(ticket)
    }

    /// Waits until something was done that nobody waited for.
    pub(super) async fn wait(&self) {
        if self.aside.is_empty() {
            self.news.notified().await;
        }
    }

    /// What was done that nobody waited for, and what is done within this time.
    pub(super) fn take(&mut self, patience: Duration) -> Vec<Done> {
        let mut all = std::mem::take(&mut self.aside);
        let end = Instant::now() + patience;
        while self.under_way > 0 {
            let Ok(done) = self
                .done
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            else {
                break;
            };
            self.under_way -= 1;
            all.push(done);
        }
        all
    }

    /// The lane of a job, started where it is not there yet.
    fn lane(&mut self, job: &Job) -> Option<&Lane> {
        let is_whole = matches!(job.task, Task::Pass(..));
        let (index, name) = match (job.reach(), is_whole) {
            (Reach::Local, false) => (0, "look-local"),
            (Reach::Layered, false) => (1, "look-overlay"),
            (Reach::Foreign, false) => (2, "look-foreign"),
            (Reach::Local, true) => (3, "hash-local"),
            (Reach::Layered, true) => (4, "hash-overlay"),
            (Reach::Foreign, true) => (5, "hash-foreign"),
        };
        let lane = &mut self.each[index];
        if lane.is_none() {
            *lane = Lane::start(name, self.results.clone(), Arc::clone(&self.news));
        }
        lane.as_ref()
    }
}

impl Lane {
    /// None where no thread can be had; the next job tries again.
    fn start(name: &str, results: Sender<Done>, news: Arc<Notify>) -> Option<Self> {
        let (queue, jobs) = mpsc::sync_channel::<(Ticket, Job)>(QUEUE);
        let load = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&load);
        let work = move || {
            while let Ok((ticket, job)) = jobs.recv() {
                let read = job.run();
                counted.fetch_sub(1, Ordering::Relaxed);
                if results.send(Done { ticket, job, read }).is_err() {
                    return;
                }
                news.notify_one();
            }
        };
        let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK);
        match thread.spawn(work) {
            Ok(_) => Some(Self { queue, load }),
            Err(error) => {
                tracing::warn!(%error, name, "cannot start a thread to read executables");
                None
            }
        }
    }
}
