//! The lines that a process says, as they come.

use std::{
    io::{BufRead as _, BufReader, Read},
    sync::mpsc::{self, Receiver},
    thread,
    time::Instant,
};

use crate::PATIENCE;

/// The lines of something as they come, read by a thread.
pub fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { break };
            if send.send(line).is_err() {
                break;
            }
        }
    });
    receive
}

/// All the lines that are left.
///
/// # Panics
///
/// When they do not end.
pub(crate) fn rest(from: &Receiver<String>) -> Vec<String> {
    let (all, has_ended) = until_the_end(from);
    assert!(has_ended, "it does not end; last it said {:?}", all.last());
    all
}

/// The lines that are left, and whether there are no more: who holds the other end may not let go.
pub(crate) fn until_the_end(from: &Receiver<String>) -> (Vec<String>, bool) {
    let end = Instant::now() + PATIENCE;
    let mut all = Vec::new();
    loop {
        match from.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => all.push(line),
            Err(ended) => return (all, ended == mpsc::RecvTimeoutError::Disconnected),
        }
    }
}
