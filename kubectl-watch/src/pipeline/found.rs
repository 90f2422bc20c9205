//! What was running already when the watch began, and could be an alert: it is judged when it is sure that the kernel
//! does not report it as well.

use jiff::Timestamp;

use super::Pipeline;
use crate::{
    event::ProcessEvent,
    exit::Failure,
    source::{kernel::Watch, running},
};

/// Processes that wait to be judged, and bytes of their arguments; more are judged at once, and may be reported by the
/// kernel too.
const MAX_FOUND: usize = 4096;
const MAX_FOUND_BYTES: usize = 8 * 1024 * 1024;

/// What was found and has not been judged.
#[derive(Debug, Default)]
pub(super) struct Found {
    events: Vec<ProcessEvent>,
    /// Of their arguments.
    bytes: usize,
}

impl Found {
    /// Keeps an event until all are taken. Gives back one that does not fit.
    #[must_use]
    fn keep(&mut self, event: ProcessEvent) -> Option<ProcessEvent> {
        let bytes = self.bytes + event.process.args.command_line().len();
        if self.events.len() >= MAX_FOUND || bytes > MAX_FOUND_BYTES {
            return Some(event);
        }
        self.bytes = bytes;
        self.events.push(event);
        None
    }

    /// Forgets what the kernel reports itself.
    pub(super) fn forget(&mut self, reported: &ProcessEvent) {
        self.events.retain(|found| !running::is_of(found, reported));
    }
}

impl Pipeline {
    /// Finds what matches and was running already; it is judged later, as far as there is room.
    pub(super) fn find_running(&mut self, watch: &Watch, booted: Timestamp) -> Result<(), Failure> {
        for mut event in running::scan(watch, booted) {
            self.enrichment.before_rules(&mut event);
            if self.may_match(&event)
                && let Some(event) = self.found.keep(event)
            {
                self.judge(event)?;
            }
        }
        Ok(())
    }

    /// Judges those whose exec nobody has reported.
    pub(super) fn judge_found(&mut self) -> Result<(), Failure> {
        let found = std::mem::take(&mut self.found);
        found.events.into_iter().try_for_each(|event| self.judge(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Process;

    fn event(pid: u32, bytes: usize) -> ProcessEvent {
        ProcessEvent {
            process: Process {
                pid,
                args: std::iter::once(vec![b'x'; bytes]).collect(),
                ..Process::default()
            },
            ..ProcessEvent::default()
        }
    }

    #[test]
    fn neither_many_nor_large_ones_are_kept_without_end() {
        let mut found = Found::default();
        for pid in 0..4100 {
            assert_eq!(found.keep(event(pid, 1)).is_none(), pid < 4096, "{pid}");
        }
        let mut found = Found::default();
        for pid in 0..3 {
            assert_eq!(found.keep(event(pid, MAX_FOUND_BYTES / 2)).is_none(), pid < 2);
        }
        assert!(found.keep(event(3, 0)).is_none(), "it takes no room");
    }

    #[test]
    fn what_the_kernel_reports_is_not_told_twice() {
        let mut found = Found::default();
        for pid in [1, 2] {
            assert!(found.keep(event(pid, 1)).is_none());
        }
        found.forget(&event(1, 1));
        assert!(found.events.iter().map(|event| event.process.pid).eq([2]));
    }
}
