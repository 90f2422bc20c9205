//! Where alerts go. Each sink has a thread and a bounded queue of its own, so that a slow or broken one delays
//! neither another nor who reads events: what does not fit its queue is counted as lost.

pub mod kept;
#[cfg(test)]
mod secrets;
pub mod stdout;
pub mod terminal;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::alert::Message;

/// Bytes of arguments that may wait in one queue, the alert being delivered included. An alert can hold megabytes
/// of them, so a number of alerts alone is no bound.
const MAX_QUEUED_BYTES: usize = 16 * 1024 * 1024;

/// Somewhere that alerts go.
pub trait Sink {
    /// What it is called in logs.
    fn name(&self) -> &'static str;

    /// Delivers one alert before it returns. It may take as long as it takes.
    fn deliver(&mut self, message: &Message) -> io::Result<()>;
}

/// The way to a running sink.
#[derive(Debug)]
pub struct Handle {
    queue: SyncSender<Arc<Message>>,
    counters: Arc<Counters>,
    /// Disconnects when the thread ends.
    ended: Receiver<()>,
}

/// Says when nobody will ever read a sink again.
#[derive(Clone, Debug)]
pub struct Closed(watch::Receiver<bool>);

/// What became of the alerts that a sink was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Delivered.
    pub sent: u64,
    /// Not delivered, because the queue was full, nobody reads any more, or there was no time left.
    pub lost: u64,
    /// Not delivered, because the sink reported an error.
    pub errors: u64,
}

#[derive(Debug, Default)]
struct Counters {
    given: AtomicU64,
    sent: AtomicU64,
    refused: AtomicU64,
    errors: AtomicU64,
    /// Bytes of arguments in the queue.
    queued_bytes: AtomicUsize,
    /// The time to drain is over.
    stop: AtomicBool,
}

/// Starts a sink whose queue holds so many alerts.
pub fn spawn(sink: Box<dyn Sink + Send>, capacity: usize) -> io::Result<(Handle, Closed)> {
    let (queue, alerts) = mpsc::sync_channel(capacity);
    let (running, ended) = mpsc::sync_channel(0);
    let (closed, is_closed) = watch::channel(false);
    let counters = Arc::new(Counters::default());
    let worker = Worker {
        sink,
        alerts,
        counters: Arc::clone(&counters),
        closed,
        failing: None,
        _running: running,
    };
    thread::Builder::new()
        .name(format!("sink-{}", worker.sink.name()))
        .spawn(move || worker.run())?;
    Ok((
        Handle {
            queue,
            counters,
            ended,
        },
        Closed(is_closed),
    ))
}

impl Handle {
    /// Queues an alert, without ever waiting. False, and the alert is counted as lost, where it does not fit.
    pub fn send(&self, message: Arc<Message>) -> bool {
        self.counters.given.fetch_add(1, Ordering::Relaxed);
        let bytes = message.args_bytes();
        let queued = &self.counters.queued_bytes;
        let before = queued.fetch_add(bytes, Ordering::Relaxed);
        // One alert always fits: there is none that is too large to be delivered.
        let fits = before == 0 || before + bytes <= MAX_QUEUED_BYTES;
        let sent = fits && self.queue.try_send(message).is_ok();
        if !sent {
            queued.fetch_sub(bytes, Ordering::Relaxed);
            self.counters.refused.fetch_add(1, Ordering::Relaxed);
        }
        sent
    }

    /// What became of the alerts so far; those in the queue are in none of the numbers.
    pub fn totals(&self) -> Totals {
        Totals {
            sent: self.counters.sent.load(Ordering::Relaxed),
            lost: self.counters.refused.load(Ordering::Relaxed),
            errors: self.counters.errors.load(Ordering::Relaxed),
        }
    }

    /// Delivers what is in the queue, for at most so long, and ends the sink. This waits. What is left then is
    /// lost; a thread that hangs in its delivery is left behind.
    pub fn finish(self, patience: Duration) -> Totals {
        let Self {
            queue,
            counters,
            ended,
        } = self;
        drop(queue);
        if ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            counters.stop.store(true, Ordering::Relaxed);
        }
        let sent = counters.sent.load(Ordering::Acquire);
        let errors = counters.errors.load(Ordering::Acquire);
        let given = counters.given.load(Ordering::Relaxed);
        Totals {
            sent,
            errors,
            lost: given.saturating_sub(sent + errors),
        }
    }
}

impl Closed {
    /// Waits until nobody reads the sink any more. It never ends for a sink that ended in order.
    pub async fn wait(&mut self) {
        if self.0.wait_for(|&closed| closed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A sink's thread.
struct Worker {
    sink: Box<dyn Sink + Send>,
    alerts: Receiver<Arc<Message>>,
    counters: Arc<Counters>,
    closed: watch::Sender<bool>,
    /// The kind of the last error, until a delivery succeeds.
    failing: Option<io::ErrorKind>,
    _running: SyncSender<()>,
}

impl Worker {
    fn run(mut self) {
        while let Ok(message) = self.alerts.recv() {
            if self.counters.stop.load(Ordering::Relaxed) {
                return;
            }
            let delivered = self.sink.deliver(&message);
            self.counters
                .queued_bytes
                .fetch_sub(message.args_bytes(), Ordering::Relaxed);
            match delivered {
                Ok(()) => self.delivered(),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    tracing::info!(sink = self.sink.name(), "nobody reads the alerts any more");
                    self.closed.send_replace(true);
                    return;
                }
                Err(error) => self.failed(&error),
            }
        }
    }

    fn delivered(&mut self) {
        self.counters.sent.fetch_add(1, Ordering::Release);
        if self.failing.take().is_some() {
            tracing::info!(sink = self.sink.name(), "alerts are delivered again");
        }
    }

    /// An error that stays is said once.
    fn failed(&mut self, error: &io::Error) {
        self.counters.errors.fetch_add(1, Ordering::Release);
        if self.failing.replace(error.kind()) != Some(error.kind()) {
            tracing::error!(sink = self.sink.name(), %error, "an alert could not be delivered");
        }
    }
}
