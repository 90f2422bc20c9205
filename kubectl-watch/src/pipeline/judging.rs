//! What happens to one event: what is it, and does a rule match it? Then it is held for what comes next.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Pipeline, late::Waiting, triage::Patience};
use crate::{
    enrich::executable::{Judgement, Ticket},
    event::{File, ProcessEvent, Verdict},
    exit::Failure,
    facts::Facts,
    response::Response,
    rule::Rule,
    ruleset::Judged,
};

/// How long something that could be an alert is held back for what an exception asks of it.
const MAX_HOLD: Duration = Duration::from_secs(5);

impl Pipeline {
    pub(super) fn judge_all(&mut self, events: &mut Vec<ProcessEvent>) -> Result<(), Failure> {
        events.drain(..).try_for_each(|event| self.judge(event))
    }

    /// One event, with all that is to be done about it before its process ends.
    pub(super) fn judge(&mut self, mut event: ProcessEvent) -> Result<(), Failure> {
        self.found.forget(&event);
        let asks_first = self.enrichment.needs().executable;
        let mut tickets = if asks_first {
            self.identify(&mut event)?
        } else {
            Vec::new()
        };
        self.enrichment.before_rules(&mut event);
        let rules = Arc::clone(&self.rules);
        let judged = {
            let facts = Facts::of(&event, self.triage.node());
            rules.judge(&facts, &|field| facts.is_early(field))
        };
        let (matches, may_match) = (!judged.matching.is_empty(), !judged.open.is_empty());
        if matches {
            // Before anything that takes time: what it does until then is not known. Without an alert nothing is told.
            self.make_room_to_follow();
            self.following.begin(&event);
        }
        if !matches && !may_match {
            self.unmatched(&event, false);
            if tickets.is_empty() {
                self.conclude(&event);
                return Ok(());
            }
        }
        // What is to be known of the process has to be taken hold of now, while it runs, and before anything is done to it.
        self.enrichment.for_alert(&mut event);
        if !asks_first {
            tickets = self.identify(&mut event)?;
        }
        let is_about = matches || may_match;
        let inquiry = is_about.then(|| self.enrichment.hold(&mut event)).flatten();
        let response = self.respond(&event);
        let mut waiting = Waiting {
            tickets,
            is_in_hand: is_about,
            inquiry,
            is_unmatched: !is_about,
            response,
            is_awaited: matches,
            ..Waiting::new(event)
        };
        self.alert_by(&judged.rules(), &mut waiting, Patience::Some);
        self.keep(waiting);
        Ok(())
    }

    /// Whether a rule matches an event, or may when more is known.
    pub(super) fn may_match(&self, event: &ProcessEvent) -> bool {
        let facts = Facts::of(event, self.triage.node());
        !self
            .rules
            .judge(&facts, &|field| facts.is_early(field))
            .is_empty()
    }

    /// Responds to an event at once, by the rules that match it and that no exception can hold back. Of these rules, all
    /// are heard before anything is done.
    fn respond(&mut self, event: &ProcessEvent) -> Option<Response> {
        if !self.responder.has_orders() {
            return None;
        }
        let facts = Facts::of(event, self.triage.node());
        let is_known = |field| facts.is_early(field) || facts.is_known(field);
        let Judged { matching, .. } = self.rules.judge(&facts, &is_known);
        let speaks = |rule: &&&Rule| self.triage.is_an_alert(rule, &facts);
        let rules = matching
            .iter()
            .filter(speaks)
            .map(|rule| rule.metadata.id.as_str());
        self.responder.respond(rules, event, None)
    }

    /// Says what the executable is, and lets the kernel know it.
    fn identify(&mut self, event: &mut ProcessEvent) -> Result<Vec<Ticket>, Failure> {
        let Judgement { remember, tickets } = self.executables.judge(event, &*self.rules);
        self.remember(remember)?;
        Ok(tickets)
    }

    pub(super) fn remember(&mut self, known: Option<(File, Verdict)>) -> Result<(), Failure> {
        if let Some((file, verdict)) = known.filter(|_| self.enrichment.needs().executable) {
            self.source.remember(&file, verdict)?;
        }
        Ok(())
    }

    /// Has found out what the event does not say.
    pub(super) fn inquire(&mut self, waiting: &mut Waiting, waits: bool) {
        if !waiting.is_in_hand {
            waiting.inquiry = self.enrichment.hold(&mut waiting.event);
            waiting.is_in_hand = true;
        }
        if let Some(inquiry) = waiting.inquiry.take() {
            let ticket = self.enrichment.inquire(inquiry, &mut waiting.event, waits);
            waiting.tickets.extend(ticket);
        }
    }

    /// Once a second: what was held back for too long, summaries that are due, exceptions that have ended.
    pub(super) fn tick(&mut self) {
        for mut waiting in self.late.held(MAX_HOLD) {
            self.alert(&mut waiting, Patience::None);
            self.keep(waiting);
        }
        self.give_up_after(MAX_HOLD);
        self.triage.tick(Timestamp::now());
        for message in self.triage.take_summaries(&self.host) {
            self.sink.send(Arc::new(message));
        }
    }

    /// At the end: the summaries of all that is counted.
    pub(super) fn summarise_the_rest(&mut self) {
        self.triage.finish();
        for message in self.triage.take_summaries(&self.host) {
            self.sink.send(Arc::new(message));
        }
        self.triage.say();
    }
}
