//! Threads that read files, so that the loop need not wait for them.
//!
//! Files of which the kernel alone answers, those of overlayfs, and all others have lanes of their own, and so have
//! small reads and whole files. A lane in which somebody else may have to answer has [`MAX_THREADS`]: it takes as many
//! files that never answer to stop it, and it stops no other.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
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
/// Threads of a lane whose files may never be answered for. Each takes one hanging file to block. Where all hang, what
/// waits is unknown after some seconds, as a loss.
const MAX_THREADS: usize = 4;
/// Bytes of a thread's stack. It holds no buffers.
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

/// All lanes. A thread is started for the first job of each, and more when all that it has are at work.
#[derive(Debug)]
pub(super) struct Lanes {
    each: [Lane; 6],
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

/// In a box, as a queue has its room from the start.
type Queued = Box<(Ticket, Job)>;

#[derive(Debug)]
struct Lane {
    name: &'static str,
    queue: SyncSender<Queued>,
    jobs: Arc<Mutex<Receiver<Queued>>>,
    /// How many jobs it has, those under way included.
    load: Arc<AtomicUsize>,
    threads: usize,
    max_threads: usize,
}

impl Default for Lanes {
    fn default() -> Self {
        let (results, done) = mpsc::channel();
        Self {
            each: [
                Lane::new("look-local", 1),
                Lane::new("look-overlay", MAX_THREADS),
                Lane::new("look-foreign", MAX_THREADS),
                Lane::new("hash-local", 1),
                Lane::new("hash-overlay", MAX_THREADS),
                Lane::new("hash-foreign", MAX_THREADS),
            ],
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
        let is_free = self.lane(&job).is_free();
        let Some(ticket) = self.send(job) else {
            return Answer::Refused;
        };
        let begin = Instant::now();
        if begin.duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.waited) = (begin, Duration::ZERO);
        }
        let end = begin + PATIENCE.min(PATIENCE_A_SECOND.saturating_sub(self.waited));
        let answer = if is_free { self.answer(ticket, end) } else { None };
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
        let (results, news) = (self.results.clone(), Arc::clone(&self.news));
        let lane = self.lane(&job);
        lane.man(results, news)?;
        lane.load.fetch_add(1, Ordering::Relaxed);
        if lane.queue.try_send(Box::new((ticket, job))).is_err() {
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

    /// The lane of a job.
    fn lane(&mut self, job: &Job) -> &mut Lane {
        let reach = match job.reach() {
            Reach::Local => 0,
            Reach::Layered => 1,
            Reach::Foreign => 2,
        };
        let is_whole = matches!(job.task, Task::Pass(..));
        &mut self.each[reach + 3 * usize::from(is_whole)]
    }
}

impl Lane {
    fn new(name: &'static str, max_threads: usize) -> Self {
        let (queue, jobs) = mpsc::sync_channel(QUEUE);
        Self {
            name,
            queue,
            jobs: Arc::new(Mutex::new(jobs)),
            load: Arc::default(),
            threads: 0,
            max_threads,
        }
    }

    /// Whether a thread takes the next job at once.
    fn is_free(&self) -> bool {
        self.load.load(Ordering::Relaxed) < self.max_threads
    }

    /// Starts a thread where all are at work, if there may be one more. None where there is none at all; the next job tries
    /// again.
    fn man(&mut self, results: Sender<Done>, news: Arc<Notify>) -> Option<()> {
        let is_busy = self.load.load(Ordering::Relaxed) >= self.threads;
        if !is_busy || self.threads == self.max_threads {
            return Some(());
        }
        let (jobs, load) = (Arc::clone(&self.jobs), Arc::clone(&self.load));
        let work = move || {
            loop {
                // Nobody panics with the lock; if it were so, the receiver would be as good as before.
                let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(next) = next else { return };
                let (ticket, job) = *next;
                let read = job.run();
                load.fetch_sub(1, Ordering::Relaxed);
                if results.send(Done { ticket, job, read }).is_err() {
                    return;
                }
                news.notify_one();
            }
        };
        let thread = thread::Builder::new().name(self.name.to_owned());
        match thread.stack_size(STACK).spawn(work) {
            Ok(_) => self.threads += 1,
            Err(error) => {
                tracing::warn!(%error, self.name, "cannot start a thread to read executables");
            }
        }
        (self.threads > 0).then_some(())
    }
}
