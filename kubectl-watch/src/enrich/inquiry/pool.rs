//! A few threads that read what may never answer.
//!
//! A thread that hangs in a file system stays there; the others go on. When all of them hang, what is asked is
//! refused once the queue is full, and the alert says so.

use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::enrich::executable::Ticket;

/// Threads at most. Each takes one hanging file to block.
const MAX_THREADS: usize = 8;
/// What waits for a thread.
const QUEUE: usize = 64;
/// How long the loop waits for one answer: many times what reading a few small files takes.
const PATIENCE: Duration = Duration::from_millis(10);
/// How long it waits in all, in each second.
const PATIENCE_A_SECOND: Duration = Duration::from_millis(100);
/// Bytes of a thread's stack: the largest user is the parser of YAML, 64 levels deep.
const STACK: usize = 1024 * 1024;

/// Something to do that may take for ever.
pub(super) trait Work: Send + 'static {
    /// What comes of it.
    type Answer: Send + 'static;

    /// Does it.
    fn run(&self) -> Self::Answer;
}

/// What comes of asking.
pub(super) enum Reply<A> {
    Done(A),
    Later(Ticket),
    /// Too much waits already.
    Refused,
}

/// In a box, as a queue has its room from the start.
type Queued<W> = Box<(Ticket, W)>;

/// The threads, each started when all others are at work.
#[derive(Debug)]
pub(super) struct Pool<W: Work> {
    queue: SyncSender<Queued<W>>,
    jobs: Arc<Mutex<Receiver<Queued<W>>>>,
    results: Sender<(Ticket, W::Answer)>,
    done: Receiver<(Ticket, W::Answer)>,
    /// What was done while somebody waited for something else.
    aside: Vec<(Ticket, W::Answer)>,
    news: Arc<Notify>,
    threads: usize,
    under_way: usize,
    /// When the second began in which it waits, and how long it has.
    second: Instant,
    waited: Duration,
}

impl<W: Work> Default for Pool<W> {
    fn default() -> Self {
        let (queue, jobs) = mpsc::sync_channel(QUEUE);
        let (results, done) = mpsc::channel();
        Self {
            queue,
            jobs: Arc::new(Mutex::new(jobs)),
            results,
            done,
            aside: Vec::new(),
            news: Arc::new(Notify::new()),
            threads: 0,
            under_way: 0,
            second: Instant::now(),
            waited: Duration::ZERO,
        }
    }
}

impl<W: Work> Pool<W> {
    /// Has something done, and waits for it, if asked to, unless every thread is at work.
    pub(super) fn ask(&mut self, work: W, waits: bool) -> Reply<W::Answer> {
        self.put_aside();
        if self.under_way >= self.threads {
            self.start();
        }
        let is_free = self.under_way < self.threads;
        let ticket = Ticket::new();
        if self.threads == 0 || self.queue.try_send(Box::new((ticket, work))).is_err() {
            return Reply::Refused;
        }
        self.under_way += 1;
        if !is_free || !waits {
            return Reply::Later(ticket);
        }
        let begin = Instant::now();
        if begin.duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.waited) = (begin, Duration::ZERO);
        }
        let end = begin + PATIENCE.min(PATIENCE_A_SECOND.saturating_sub(self.waited));
        let answer = self.answer(ticket, end);
        self.waited += begin.elapsed();
        answer.map_or(Reply::Later(ticket), Reply::Done)
    }

    /// The answer to a question, if it comes in time. Others are put aside.
    fn answer(&mut self, ticket: Ticket, end: Instant) -> Option<W::Answer> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let done = self.done.recv_timeout(left).ok()?;
            self.under_way -= 1;
            if done.0 == ticket {
                return Some(done.1);
            }
            self.aside.push(done);
        }
    }

    fn put_aside(&mut self) {
        let done: Vec<_> = self.done.try_iter().collect();
        self.under_way -= done.len();
        self.aside.extend(done);
    }

    /// Waits until something was done that nobody waited for.
    pub(super) async fn wait(&self) {
        if self.aside.is_empty() {
            self.news.notified().await;
        }
    }

    /// What was done that nobody waited for, and what is done within this time.
    pub(super) fn take(&mut self, patience: Duration) -> Vec<(Ticket, W::Answer)> {
        let mut all = std::mem::take(&mut self.aside);
        let end = Instant::now() + patience;
        while self.under_way > 0 {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(done) = self.done.recv_timeout(left) else {
                break;
            };
            self.under_way -= 1;
            all.push(done);
        }
        all
    }

    /// One thread more, if there may be one. If none can be had, the next question tries again.
    fn start(&mut self) {
        if self.threads == MAX_THREADS {
            return;
        }
        let (jobs, results) = (Arc::clone(&self.jobs), self.results.clone());
        let news = Arc::clone(&self.news);
        let work = move || {
            loop {
                // Nobody panics with the lock; if it were so, the receiver would be as good as before.
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(job) = job else { return };
                let (ticket, work) = *job;
                if results.send((ticket, work.run())).is_err() {
                    return;
                }
                news.notify_one();
            }
        };
        let thread = thread::Builder::new()
            .name("inquiry".to_owned())
            .stack_size(STACK);
        match thread.spawn(work) {
            Ok(_) => self.threads += 1,
            Err(error) => tracing::warn!(%error, "cannot start a thread to read kubeconfigs"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits for a word, and gives it.
    struct Wait(Mutex<Receiver<u32>>);

    impl Work for Wait {
        type Answer = u32;

        fn run(&self) -> u32 {
            self.0
                .lock()
                .expect("nobody fails with it")
                .recv()
                .unwrap_or_default()
        }
    }

    fn work() -> (Sender<u32>, Wait) {
        let (send, receive) = mpsc::channel();
        (send, Wait(Mutex::new(receive)))
    }

    #[test]
    fn what_hangs_holds_up_nobody_else() {
        let mut pool = Pool::default();
        let (hung, wait) = work();
        let Reply::Later(ticket) = pool.ask(wait, true) else {
            panic!("nobody answered")
        };
        let (send, wait) = work();
        send.send(7).expect("it listens");
        let answer = match pool.ask(wait, true) {
            Reply::Done(answer) => answer,
            Reply::Later(_) => pool.take(Duration::from_mins(1))[0].1,
            Reply::Refused => panic!("there is room"),
        };
        assert_eq!((answer, pool.threads), (7, 2));
        hung.send(8).expect("it listens");
        assert_eq!(pool.take(Duration::from_mins(1)), [(ticket, 8)]);
    }

    #[test]
    fn no_more_wait_than_have_room() {
        let mut pool = Pool::default();
        let mut hung = Vec::new();
        while hung.len() < MAX_THREADS + QUEUE {
            let (send, wait) = work();
            match pool.ask(wait, true) {
                Reply::Later(_) => hung.push(send),
                // A thread has not taken its own from the queue yet.
                Reply::Refused => thread::yield_now(),
                Reply::Done(answer) => panic!("nobody answered, and here is {answer}"),
            }
        }
        assert!(matches!(pool.ask(work().1, true), Reply::Refused));
        assert_eq!(pool.threads, MAX_THREADS);
        drop(hung);
        assert_eq!(pool.take(Duration::from_mins(1)).len(), MAX_THREADS + QUEUE);
    }
}
