//! What is decided on each rule that matches an event, once, and what comes of it: an alert, an event that says what
//! let it pass, or nothing but a count.

use std::{sync::Arc, time::Instant};

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

use super::{
    Pipeline,
    late::{Sent, Waiting},
    triage::{Decision, Patience},
};
use crate::{
    alert::{Alert, AlertParts, Host},
    facts::{FactSchema, Facts, Node},
    response::Response,
    rule::Rule,
    ruleset::Judged,
    surroundings::Surroundings,
};

/// A rule that matches, what is decided on that, and what an alert of it would have.
struct Decided<'r> {
    rule: &'r Rule,
    decision: Decision,
    surroundings: Surroundings,
    id: Uuid,
    created: Timestamp,
}

impl Pipeline {
    /// Decides on each rule that matches and has not been decided on, and sends what comes of it.
    pub(super) fn alert(&mut self, waiting: &mut Waiting, patience: Patience) {
        let rules = Arc::clone(&self.rules);
        let candidates: Vec<&Rule> = rules.candidates(&waiting.event).collect();
        self.alert_by(&candidates, waiting, patience);
    }

    /// The same where it is known that no other rules match.
    pub(super) fn alert_by(&mut self, candidates: &[&Rule], waiting: &mut Waiting, patience: Patience) {
        let (Judged { matching, open }, is_hashed) = self.ask(candidates, waiting, patience);
        if !matching.is_empty() && !waiting.is_awaited {
            self.following.begin(&waiting.event);
            waiting.is_awaited = true;
        }
        let (decided, is_held) = self.decide(matching, waiting, patience);
        let since = waiting.held.take();
        if is_held || !open.is_empty() {
            waiting.held = since.or_else(|| Some(Instant::now()));
        }
        self.respond_to(&decided, waiting);
        let sent_before = waiting.sent.len();
        self.send(&decided, waiting);
        self.settle(waiting);
        if !is_hashed && (is_held || waiting.sent.len() > sent_before) {
            let hashing = self.executables.hash(&waiting.event);
            waiting.tickets.extend(hashing);
        }
    }

    /// The rules that match, and those that may yet, after all that they ask for is found out or asked for; and whether
    /// the executable is hashed for them.
    fn ask<'r>(
        &mut self,
        candidates: &[&'r Rule],
        waiting: &mut Waiting,
        patience: Patience,
    ) -> (Judged<'r>, bool) {
        let mut judged = undecided(candidates, self.triage.node(), waiting);
        let is_unasked = !waiting.is_in_hand || waiting.inquiry.is_some();
        if !judged.is_empty() && is_unasked {
            // Where nothing but a rule that names it asks for it, nobody else is to wait.
            let waits = !judged.matching.is_empty();
            self.inquire(waiting, waits);
            judged = undecided(candidates, self.triage.node(), waiting);
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
            let facts = Facts::of(&waiting.event, self.triage.node());
            judged
                .matching
                .extend(judged.open.drain(..).filter(matches_without(&facts)));
        }
        (judged, is_hashed)
    }

    /// Decides on each of these rules, as far as it can be decided; and whether one of them is held back, because an
    /// exception may yet let it pass.
    fn decide<'r>(
        &mut self,
        matching: Vec<&'r Rule>,
        waiting: &mut Waiting,
        patience: Patience,
    ) -> (Vec<Decided<'r>>, bool) {
        let event = &waiting.event;
        let mut is_held = false;
        let mut decided = Vec::new();
        for rule in matching {
            let created = Timestamp::now();
            let id = new_id(created);
            let surroundings = self.recent.around(event, rule);
            let severity = surroundings.severity(&rule.metadata);
            let decision = self.triage.decide(rule, severity, event, patience);
            for message in self.triage.take_summaries(&self.host) {
                self.sink.send(Arc::new(message));
            }
            match &decision {
                Decision::Hold => {
                    is_held = true;
                    continue;
                }
                Decision::Alert => {
                    self.triage.sent(&id.to_string());
                    self.recent.note(event, &rule.metadata, &id.to_string());
                }
                Decision::Repeat(of) => self.recent.note(event, &rule.metadata, of),
                Decision::Excepted(_) => {}
            }
            waiting.decided.push(rule.metadata.id.clone());
            decided.push(Decided {
                rule,
                decision,
                surroundings,
                id,
                created,
            });
        }
        (decided, is_held)
    }

    /// Responds to what no exception let pass. Of these rules, all are heard before anything is done to the process.
    fn respond_to(&mut self, decided: &[Decided<'_>], waiting: &mut Waiting) {
        let speak = decided
            .iter()
            .filter(|it| !matches!(it.decision, Decision::Excepted(_)))
            .map(|it| it.rule.metadata.id.as_str());
        let done = waiting.response.map(|response| response.action);
        let response = self.responder.respond(speak, &waiting.event, done);
        waiting.response = response.or(waiting.response);
    }

    /// Writes what was decided on, as far as it is to be written.
    fn send(&mut self, decided: &[Decided<'_>], waiting: &mut Waiting) {
        let event = &waiting.event;
        let facts = Facts::of(event, self.triage.node());
        for it in decided {
            match &it.decision {
                Decision::Alert => {
                    let alert = it.alert(&facts, &self.host, &it.surroundings, waiting.response.as_ref());
                    tracing::debug!(id = alert.id(), rule = alert.rule_name(), "alert");
                    self.alerts += 1;
                    let sent = Sent {
                        rule: it.rule.metadata.id.clone(),
                        rule_name: it.rule.metadata.name.clone(),
                        alert: alert.id().to_owned(),
                    };
                    self.following.tell(event, &sent);
                    waiting.sent.push(sent);
                    self.sink.send(Arc::new(alert.into()));
                }
                Decision::Excepted(by) if self.config.write_excepted => {
                    let event = it.alert(&facts, &self.host, &Surroundings::default(), None);
                    self.sink.send(Arc::new(event.excepted(by.clone()).into()));
                }
                Decision::Excepted(_) | Decision::Repeat(_) | Decision::Hold => {}
            }
        }
    }

    /// Tells those who follow the process, and who count losses, what was decided.
    fn settle(&mut self, waiting: &mut Waiting) {
        if waiting.is_awaited {
            self.following.settle(&waiting.event);
            if waiting.held.is_none() {
                self.following.decided(&waiting.event);
                waiting.is_awaited = false;
            }
        }
        if waiting.turns_out_unmatched() {
            self.unmatched(&waiting.event, !waiting.given_up.is_empty());
        }
    }
}

impl Decided<'_> {
    /// An alert: with what was before, what was done about it, and what names it.
    fn alert(
        &self,
        facts: &Facts<'_>,
        host: &Host,
        surroundings: &Surroundings,
        response: Option<&Response>,
    ) -> Alert {
        let reasons = self.rule.query.reasons(facts);
        let matched: Vec<(&str, &[u8])> = reasons.iter().map(|it| (it.field, &it.value[..])).collect();
        Alert::new(&AlertParts {
            rule: &self.rule.metadata,
            event: facts.event(),
            host,
            matched: &matched,
            surroundings,
            response,
            id: self.id,
            created: self.created,
        })
    }
}

/// Those of these rules that match an event or may match it, and have not been decided on. One that was given up on is
/// no longer open: what is not known is missing.
fn undecided<'r>(candidates: &[&'r Rule], node: &Node, waiting: &Waiting) -> Judged<'r> {
    let facts = Facts::of(&waiting.event, node);
    // Before it is taken hold of, nothing says what is missing.
    let is_known = |field| facts.is_early(field) || (waiting.is_in_hand && facts.is_known(field));
    let Judged { mut matching, open } = Judged::by(candidates.iter().copied(), &facts, &is_known);
    let (given_up, mut open): (Vec<&Rule>, Vec<&Rule>) = open
        .into_iter()
        .partition(|rule| waiting.given_up.contains(&rule.metadata.id));
    matching.extend(given_up.into_iter().filter(matches_without(&facts)));
    let is_new = |rule: &mut &Rule| !waiting.decided.contains(&rule.metadata.id);
    matching.retain_mut(is_new);
    open.retain_mut(is_new);
    Judged { matching, open }
}

/// Whether a rule matches where what is not known is missing.
fn matches_without(facts: &Facts<'_>) -> impl Fn(&&Rule) -> bool {
    |rule| rule.query.judge(facts, &|_| true) == Some(true)
}

/// An id for a document, in the order of their times.
pub(super) fn new_id(created: Timestamp) -> Uuid {
    let seconds = u64::try_from(created.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(created.subsec_nanosecond()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}

#[cfg(test)]
mod tests;
