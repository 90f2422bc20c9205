//! Events of whose executable more will be known: they are kept until then, the rules look at them once more, and
//! who had an alert of them is told.
//!
//! What does not fit is counted and goes without: its alerts are out already, and the kernel asks again at the next
//! exec of that file.

use std::time::{Duration, Instant};

use crate::enrich::{Inquiry, executable::Ticket};
use crate::event::{Executable, ProcessEvent};
use crate::response::Response;
use crate::rule::Rule;

/// Events that are kept.
const MAX_EVENTS: usize = 256;
/// Bytes of their arguments and environments.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The events that are kept.
#[derive(Debug, Default)]
pub(super) struct Late {
    waiting: Vec<Waiting>,
    /// How many did not fit.
    pub(super) left_out: u64,
}

/// One event, and who knows of it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) event: ProcessEvent,
    /// What has not been answered.
    pub(super) tickets: Vec<Ticket>,
    /// What is to be asked for it yet. Nobody keeps it for long: it has files open.
    pub(super) inquiry: Option<Inquiry>,
    /// Whether that was taken hold of, so that the event says what of it is missing.
    pub(super) is_in_hand: bool,
    /// Its alerts.
    pub(super) sent: Vec<Sent>,
    /// The rules that have been decided on, whatever came of it.
    pub(super) decided: Vec<String>,
    /// The rules that were decided on without what they ask for, as nobody would say it in time. What of it is known all
    /// the same may yet make one of them match.
    pub(super) given_up: Vec<String>,
    /// Whether it was counted as an event that no rule matched.
    pub(super) is_unmatched: bool,
    /// Since when what could be an alert is held back, because a rule or an exception might hold by what is not known
    /// yet.
    pub(super) held: Option<Instant>,
    /// What was done about it.
    pub(super) response: Option<Response>,
    /// Whether what is decided on it decides on the follow-up of its process.
    pub(super) is_awaited: bool,
    /// Since when it waits for answers. None once it is counted as one of which nobody may ever say what it ran.
    pub(super) since: Option<Instant>,
}

/// An alert that is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) rule: String,
    pub(super) rule_name: String,
    pub(super) alert: String,
}

impl Waiting {
    /// An event from now on, of which nothing has been asked or decided.
    pub(super) fn new(event: ProcessEvent) -> Self {
        Self {
            event,
            tickets: Vec::new(),
            inquiry: None,
            is_in_hand: false,
            sent: Vec::new(),
            decided: Vec::new(),
            given_up: Vec::new(),
            is_unmatched: false,
            held: None,
            response: None,
            is_awaited: false,
            since: Some(Instant::now()),
        }
    }

    /// Gives up on rules that are open. Says how many these are that it had not given up on.
    pub(super) fn give_up(&mut self, open: &[&Rule]) -> u64 {
        let before = self.given_up.len();
        for rule in open {
            if !self.given_up.contains(&rule.metadata.id) {
                self.given_up.push(rule.metadata.id.clone());
            }
        }
        (self.given_up.len() - before) as u64
    }

    /// Whether it turns out now that no rule matches it. That is so once.
    pub(super) fn turns_out_unmatched(&mut self) -> bool {
        let is_unmatched = self.decided.is_empty() && self.held.is_none();
        is_unmatched && !std::mem::replace(&mut self.is_unmatched, true)
    }

    /// What is known of its executable, whether more is to come or not.
    pub(super) fn known(&self) -> Executable {
        self.event.executable.closed()
    }
}

impl Late {
    /// Keeps an event until its tickets are answered. Gives back one of which no more will be known, as it has none or
    /// cannot be kept.
    #[must_use]
    pub(super) fn keep(&mut self, waiting: Waiting) -> Option<Waiting> {
        if waiting.tickets.is_empty() {
            return Some(waiting);
        }
        let bytes: usize = self.waiting.iter().map(|it| it.event.chosen_bytes()).sum();
        // One always fits, as one alert does in a sink.
        let fits = self.waiting.is_empty() || bytes + waiting.event.chosen_bytes() <= MAX_BYTES;
        if fits && self.waiting.len() < MAX_EVENTS {
            self.waiting.push(waiting);
            return None;
        }
        self.left_out += 1;
        Some(waiting)
    }

    /// Hands out the events that have been held back for so long.
    pub(super) fn held(&mut self, patience: Duration) -> Vec<Waiting> {
        let is_due = |waiting: &mut Waiting| waiting.held.is_some_and(|since| since.elapsed() >= patience);
        self.waiting.extract_if(.., is_due).collect()
    }

    /// Hands out the events that wait for this answer.
    pub(super) fn answered(&mut self, ticket: Ticket) -> Vec<Waiting> {
        let (mut answered, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting| waiting.tickets.contains(&ticket));
        self.waiting = others;
        for waiting in &mut answered {
            waiting.tickets.retain(|open| *open != ticket);
        }
        answered
    }

    /// Hands out whatever is left.
    pub(super) fn rest(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting)
    }

    /// Takes back what was handed out.
    pub(super) fn put_back(&mut self, waiting: Vec<Waiting>) {
        self.waiting.extend(waiting);
    }

    /// Whether anything is held back.
    pub(super) fn holds(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.held.is_some())
    }

    /// How many alerts are still to be completed.
    pub(super) fn alerts(&self) -> usize {
        self.waiting.iter().map(|waiting| waiting.sent.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Environment, Process};

    fn waiting(tickets: &[u64], bytes: usize) -> Waiting {
        let process = Process {
            args: std::iter::once(vec![b'x'; bytes]).collect(),
            ..Process::default()
        };
        let event = ProcessEvent {
            process,
            ..ProcessEvent::default()
        };
        Waiting {
            tickets: tickets.iter().copied().map(Ticket::from).collect(),
            ..Waiting::new(event)
        }
    }

    #[test]
    fn an_event_waits_for_each_of_its_answers() {
        let mut late = Late::default();
        assert!(late.keep(waiting(&[], 1)).is_some(), "it waits for nothing");
        for tickets in [&[1, 2][..], &[2]] {
            assert!(late.keep(waiting(tickets, 1)).is_none());
        }
        assert!(late.answered(Ticket::from(3)).is_empty());
        let both = late.answered(Ticket::from(2));
        assert_eq!(both.iter().map(|it| it.tickets.len()).collect::<Vec<_>>(), [1, 0]);
        let kept = both.into_iter().filter_map(|waiting| late.keep(waiting));
        assert_eq!(kept.count(), 1, "one has all its answers");
        assert_eq!(late.answered(Ticket::from(1)).len(), 1);
        assert!(late.waiting.is_empty() && late.left_out == 0);
    }

    #[test]
    fn that_no_rule_matches_turns_out_once_and_not_while_one_may() {
        let mut waiting = waiting(&[1], 1);
        waiting.held = Some(Instant::now());
        assert!(!waiting.turns_out_unmatched());
        waiting.held = None;
        assert!(waiting.turns_out_unmatched());
        assert!(!waiting.turns_out_unmatched());
        waiting.is_unmatched = false;
        waiting.decided.push("a".into());
        assert!(!waiting.turns_out_unmatched());
    }

    #[test]
    fn neither_many_nor_large_ones_are_kept_without_end() {
        let mut late = Late::default();
        for number in 0..MAX_EVENTS + 10 {
            assert_eq!(late.keep(waiting(&[1], 1)).is_none(), number < MAX_EVENTS);
        }
        assert_eq!((late.waiting.len(), late.left_out), (MAX_EVENTS, 10));
        let mut late = Late::default();
        // The first fits whatever it takes.
        for number in 0..3 {
            assert_eq!(late.keep(waiting(&[1], MAX_BYTES + 1)).is_none(), number == 0);
        }
        assert_eq!((late.waiting.len(), late.left_out), (1, 2));
        let mut late = Late::default();
        let mut large = waiting(&[1], 1);
        large.event.environment = Environment::from_bytes(&[&b"PATH="[..], &vec![b'x'; MAX_BYTES]].concat());
        assert!(late.keep(large).is_none());
        assert!(late.keep(waiting(&[1], 1)).is_some());
        assert_eq!((late.waiting.len(), late.left_out), (1, 1), "variables count too");
    }

    #[test]
    fn what_is_held_back_is_never_left_out_in_silence() {
        let held = |tickets: &[u64], bytes| Waiting {
            held: Some(Instant::now()),
            ..waiting(tickets, bytes)
        };
        let mut late = Late::default();
        assert!(late.keep(held(&[], 1)).is_some(), "nothing will ever be known");
        assert!(late.keep(held(&[1], MAX_BYTES + 1)).is_none());
        assert!(
            late.keep(held(&[1], MAX_BYTES + 1)).is_some(),
            "there is no place"
        );
        assert_eq!(late.held(Duration::ZERO).len(), 1);
        assert!(late.held(Duration::ZERO).is_empty());
    }
}
