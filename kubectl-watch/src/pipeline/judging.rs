//! What happens to one event: what is it, what do the rules say, what is done, and who hears of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

use super::{
    Pipeline,
    late::{Sent, Waiting},
    triage::{Decision, Patience},
};
use crate::{
    alert::{Alert, AlertParts, Host},
    enrich::executable::{Judgement, Ticket},
    event::{File, ProcessEvent, Verdict},
    exit::Failure,
    facts::{FactSchema, Facts, Node},
    response::Response,
    rule::Rule,
    ruleset::{Judged, RuleSet},
    source::running,
    surroundings::Surroundings,
};

/// How long something that could be an alert is held back for what an exception asks of it.
const MAX_HOLD: Duration = Duration::from_secs(5);

impl Pipeline {
    pub(super) fn judge_all(&mut self, events: &mut Vec<ProcessEvent>) -> Result<(), Failure> {
        events.drain(..).try_for_each(|event| self.judge(event))
    }

    /// One event: what do the rules say, and who hears of it?
    pub(super) fn judge(&mut self, mut event: ProcessEvent) -> Result<(), Failure> {
        self.found.retain(|found| !running::is_of(found, &event));
        let asks_first = self.enrichment.needs().executable;
        let mut tickets = if asks_first {
            self.identify(&mut event)?
        } else {
            Vec::new()
        };
        self.enrichment.before_rules(&mut event);
        let (matches, may_match) = {
            let facts = Facts::of(&event, self.triage.node());
            let Judged { matching, open } = self.rules.judge(&facts, &|field| facts.is_early(field));
            (!matching.is_empty(), !open.is_empty())
        };
        if matches {
            // Before anything that takes time: what it does until then is not known. Without an alert nothing is told.
            self.make_room_to_follow();
            self.following.begin(&event);
        }
        if !matches && !may_match {
            self.loss_reports.unmatched(&event);
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
            event,
            tickets,
            is_in_hand: is_about,
            inquiry,
            sent: Vec::new(),
            decided: Vec::new(),
            given_up: Vec::new(),
            is_unmatched: !is_about,
            held: None,
            response,
            is_awaited: matches,
        };
        self.alert(&mut waiting, Patience::Some);
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
        let Judgement { remember, tickets } = self.executables.judge(event, &self.rules);
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
    fn inquire(&mut self, waiting: &mut Waiting, waits: bool) {
        if !waiting.is_in_hand {
            waiting.inquiry = self.enrichment.hold(&mut waiting.event);
            waiting.is_in_hand = true;
        }
        if let Some(inquiry) = waiting.inquiry.take() {
            let ticket = self.enrichment.inquire(inquiry, &mut waiting.event, waits);
            waiting.tickets.extend(ticket);
        }
    }

    /// Decides on each rule that matches and has not been decided on, and sends what comes of it.
    pub(super) fn alert(&mut self, waiting: &mut Waiting, patience: Patience) {
        let mut judged = undecided(&self.rules, self.triage.node(), waiting);
        let is_unasked = !waiting.is_in_hand || waiting.inquiry.is_some();
        if !judged.is_empty() && is_unasked {
            // Where nothing but a rule that names it asks for it, nobody else is to wait.
            let waits = !judged.matching.is_empty();
            self.inquire(waiting, waits);
            judged = undecided(&self.rules, self.triage.node(), waiting);
        }
        let asks_for_hash = |rule: &&Rule| rule.query.fields().any(|(field, _)| FactSchema.is_hash(field));
        // Nobody else would have it hashed.
        let is_hashed = patience == Patience::Some && judged.open.iter().any(asks_for_hash);
        if is_hashed {
            waiting.tickets.extend(self.executables.hash(&waiting.event));
        }
        // What nobody will say any more is missing.
        if !judged.open.is_empty() && (patience == Patience::None || waiting.tickets.is_empty()) {
            self.triage.counts.unsure += waiting.give_up(&judged.open);
            judged = undecided(&self.rules, self.triage.node(), waiting);
        }
        let Judged { matching, open } = judged;
        let event = &waiting.event;
        if !matching.is_empty() && !waiting.is_awaited {
            self.following.begin(event);
            waiting.is_awaited = true;
        }
        let since = waiting.held.take();
        let mut is_excepted_perhaps = false;
        if !open.is_empty() {
            waiting.held = since.or_else(|| Some(Instant::now()));
        }
        let sent_before = waiting.sent.len();
        let mut decisions = Vec::new();
        for rule in matching {
            let created = Timestamp::now();
            let id = new_id(created);
            let surroundings = self.recent.around(event, rule);
            let severity = surroundings.severity(&rule.metadata);
            let decision = self.triage.decide(rule, severity, event, patience);
            for message in self.triage.take_summaries(&self.host) {
                self.sink.send(Arc::new(message));
            }
            match decision {
                Decision::Hold => {
                    waiting.held = since.or_else(|| Some(Instant::now()));
                    is_excepted_perhaps = true;
                    continue;
                }
                Decision::Alert => {
                    self.triage.sent(&id.to_string());
                    self.recent.note(event, &rule.metadata, &id.to_string());
                }
                Decision::Repeat(ref of) => self.recent.note(event, &rule.metadata, of),
                Decision::Excepted(_) => {}
            }
            waiting.decided.push(rule.metadata.id.clone());
            decisions.push((rule, decision, surroundings, id, created));
        }
        // Of the rules that speak for this process, all are heard before anything is done to it.
        let speak = decisions
            .iter()
            .filter(|(_, decision, ..)| !matches!(decision, Decision::Excepted(_)))
            .map(|(rule, ..)| rule.metadata.id.as_str());
        let done = waiting.response.map(|response| response.action);
        waiting.response = self.responder.respond(speak, event, done).or(waiting.response);
        let facts = Facts::of(event, self.triage.node());
        for (rule, decision, surroundings, id, created) in decisions {
            match decision {
                Decision::Alert => {
                    let parts = (&surroundings, waiting.response.as_ref(), id, created);
                    let alert = alert(rule, &facts, &self.host, parts);
                    tracing::debug!(id = alert.id(), rule = alert.rule_name(), "alert");
                    self.alerts += 1;
                    let sent = Sent {
                        rule: rule.metadata.id.clone(),
                        rule_name: rule.metadata.name.clone(),
                        alert: alert.id().to_owned(),
                    };
                    self.following.tell(event, &sent);
                    waiting.sent.push(sent);
                    self.sink.send(Arc::new(alert.into()));
                }
                Decision::Excepted(by) if self.config.write_excepted => {
                    let parts = (&Surroundings::default(), None, id, created);
                    let event = alert(rule, &facts, &self.host, parts).excepted(by);
                    self.sink.send(Arc::new(event.into()));
                }
                Decision::Excepted(_) | Decision::Repeat(_) | Decision::Hold => {}
            }
        }
        if waiting.is_awaited {
            self.following.settle(event);
            if waiting.held.is_none() {
                self.following.decided(event);
                waiting.is_awaited = false;
            }
        }
        if waiting.turns_out_unmatched() {
            self.loss_reports.unmatched(&waiting.event);
        }
        if !is_hashed && (is_excepted_perhaps || waiting.sent.len() > sent_before) {
            let hashing = self.executables.hash(&waiting.event);
            waiting.tickets.extend(hashing);
        }
    }

    /// Once a second: what was held back for too long, summaries that are due, exceptions that have ended.
    pub(super) fn tick(&mut self) {
        for mut waiting in self.late.held(MAX_HOLD) {
            self.alert(&mut waiting, Patience::None);
            self.keep(waiting);
        }
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

/// The rules that match an event or may match it, and have not been decided on. One that was given up on is no longer
/// open: what is not known is missing.
fn undecided<'r>(rules: &'r RuleSet, node: &Node, waiting: &Waiting) -> Judged<'r> {
    let facts = Facts::of(&waiting.event, node);
    // Before it is taken hold of, nothing says what is missing.
    let is_known = |field| facts.is_early(field) || (waiting.is_in_hand && facts.is_known(field));
    let Judged { mut matching, open } = rules.judge(&facts, &is_known);
    let (given_up, mut open): (Vec<&Rule>, Vec<&Rule>) = open
        .into_iter()
        .partition(|rule| waiting.given_up.contains(&rule.metadata.id));
    let matches_without = |rule: &&Rule| rule.query.judge(&facts, &|_| true) == Some(true);
    matching.extend(given_up.into_iter().filter(matches_without));
    let is_new = |rule: &mut &Rule| !waiting.decided.contains(&rule.metadata.id);
    matching.retain_mut(is_new);
    open.retain_mut(is_new);
    Judged { matching, open }
}

/// An alert: with what was before, what was done about it, and what names it.
fn alert(
    rule: &Rule,
    facts: &Facts<'_>,
    host: &Host,
    (surroundings, response, id, created): (&Surroundings, Option<&Response>, Uuid, Timestamp),
) -> Alert {
    let reasons = rule.query.reasons(facts);
    let matched: Vec<(&str, &[u8])> = reasons.iter().map(|it| (it.field, &it.value[..])).collect();
    Alert::new(&AlertParts {
        rule: &rule.metadata,
        event: facts.event(),
        host,
        matched: &matched,
        surroundings,
        response,
        id,
        created,
    })
}

pub(super) fn new_id(created: Timestamp) -> Uuid {
    let seconds = u64::try_from(created.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(created.subsec_nanosecond()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}

#[cfg(test)]
mod tests;
