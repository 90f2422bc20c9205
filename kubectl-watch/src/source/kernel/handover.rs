//! What an older daemon left in its buffer, when this one has begun to watch by programs of its own.
//!
//! For a moment both sets of programs saw the same execs, so those of the old buffer that were after it are also in
//! the new one: whoever reads both hears of each once.

use std::collections::HashMap;

use jiff::Timestamp;
use kubectl_watch_ebpf::{COUNTERS, EVENTS};

use super::{
    MAX_SETTLING, SETTLING, SourceError, error::refused, inbox::Inbox, ledger::Balance, losses::Counters,
    pin::PinnedSet, reader::Reader, ring::Ring,
};
use crate::event::ProcessEvent;

/// What became of the buffers of older daemons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handover {
    /// Whether the programs themselves were taken over, as they ran.
    pub continued: bool,
    /// How many sets of programs were replaced.
    pub replaced: usize,
    /// How many were of which a part was gone, so that nobody knows whether they still watched.
    pub broken: usize,
    /// Events that were still in their buffers.
    pub drained: usize,
    /// Bytes of buffers that only the older version could read.
    pub unread_bytes: usize,
    /// Buffers that could not be opened.
    pub unread_buffers: usize,
    /// Whether each set that was replaced gave all it had.
    pub balances: Vec<Balance>,
}

impl Handover {
    /// Whether there was no moment without a watch.
    pub fn is_gapless(&self) -> bool {
        self.continued || self.replaced > 0
    }
}

/// Ends an older set, empties its buffer, and removes it.
pub(super) fn replace(
    set: &PinnedSet,
    out: &mut Vec<ProcessEvent>,
    handover: &mut Handover,
) -> Result<(), SourceError> {
    let step = "the replacement of the pinned programs";
    // One of which a part is gone may have ended long ago.
    let was_whole = set.is_whole();
    set.remove_links().map_err(|error| refused(step, error))?;
    handover.replaced += usize::from(was_whole);
    handover.broken += usize::from(!was_whole);
    match set.map(EVENTS).and_then(Ring::new) {
        Ok(mut ring) => drain(set, &mut ring, out, handover)?,
        Err(error) => {
            tracing::warn!(%error, "the buffer of the replaced programs cannot be opened");
            handover.unread_buffers += 1;
        }
    }
    set.remove().map_err(|error| refused(step, error))
}

/// Takes what is left in a buffer, or counts its bytes where nothing says how to read it.
fn drain(
    set: &PinnedSet,
    ring: &mut Ring,
    out: &mut Vec<ProcessEvent>,
    handover: &mut Handover,
) -> Result<(), SourceError> {
    let beside = || -> Result<_, SourceError> {
        let counters = Counters::new(set.map(COUNTERS)?, None)?;
        Ok((counters, Reader::open(set)?.ledger()))
    };
    let ours = set.has_our_contract().then(beside);
    if let Some(Err(error)) = &ours {
        tracing::warn!(%error, "what belongs to the buffer of the replaced programs cannot be opened");
    }
    let Some(Ok((counters, ledger))) = ours else {
        while let Some(bytes) = ring.read(<[u8]>::len) {
            handover.unread_bytes += bytes;
        }
        return Ok(());
    };
    let mut inbox = Inbox {
        ledger,
        ..Inbox::default()
    };
    let before = out.len();
    for _ in 0..MAX_SETTLING {
        inbox.take(ring, usize::MAX, out);
        if counters.balance(&inbox.ledger, inbox.bad_records)?.holds() {
            break;
        }
        std::thread::sleep(SETTLING);
    }
    inbox.assembly.give_up_all(out);
    handover.drained += out.len() - before;
    handover
        .balances
        .push(counters.balance(&inbox.ledger, inbox.bad_records)?);
    Ok(())
}

/// Execs that two buffers may both have.
#[derive(Debug, Default)]
pub(super) struct Twice(HashMap<(u32, u64, Vec<u8>), usize>);

impl Twice {
    /// Takes note of what was in the old buffer since the new programs were being attached.
    pub(super) fn new(events: &[ProcessEvent], since: Timestamp) -> Self {
        let mut this = Self::default();
        for event in events.iter().filter(|event| event.time >= since) {
            *this.0.entry(key(event)).or_default() += 1;
        }
        this
    }

    /// Whether there is anything left to be told apart.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this was in the old buffer, too.
    pub(super) fn had(&mut self, event: &ProcessEvent) -> bool {
        let key = key(event);
        let Some(left) = self.0.get_mut(&key) else {
            return false;
        };
        *left -= 1;
        if *left == 0 {
            self.0.remove(&key);
        }
        true
    }
}

fn key(event: &ProcessEvent) -> (u32, u64, Vec<u8>) {
    let process = &event.process;
    (
        process.pid,
        process.start_boot_ns,
        process.args.command_line().to_vec(),
    )
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::event::Process;

    #[test]
    fn each_exec_of_both_buffers_is_told_once() {
        let event = |second, pid, arg: &str| ProcessEvent {
            time: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
            process: Process {
                pid,
                args: [arg].iter().collect(),
                ..Process::default()
            },
            ..ProcessEvent::default()
        };
        let old = [event(1, 1, "a"), event(5, 2, "b"), event(6, 2, "b")];
        let mut twice = Twice::new(&old, old[1].time);
        let found = [
            event(1, 1, "a"),
            event(5, 2, "c"),
            event(5, 2, "b"),
            event(6, 2, "b"),
            event(7, 2, "b"),
        ];
        assert_eq!(
            found.map(|event| twice.had(&event)),
            [false, false, true, true, false]
        );
        assert!(twice.is_empty());
    }
}
