//! What happens to one event: what is it, what do the rules say, who hears of it, and what is found out later.

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
    alert::{Alert, AlertParts, Host, News, Update, UpdateParts},
    enrich::executable::{Finding, Judgement, Ticket},
    event::{File, ProcessEvent, Verdict},
    exit::Failure,
    response::Response,
    rule::Rule,
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
        let matches = self.rules.matching(&event).next().is_some();
        if matches {
            // Before anything that takes time: what it does until then is not known. Without an alert nothing is told.
            self.make_room_to_follow();
            self.following.begin(&event);
        }
        if !matches {
            self.loss_reports.unmatched(&event);
            if tickets.is_empty() {
                return Ok(());
            }
        }
        if !asks_first {
            tickets = self.identify(&mut event)?;
        }
        // What is to be known of the process has to be asked now, while it runs.
        self.enrichment.for_alert(&mut event);
        let mut waiting = Waiting {
            event,
            tickets,
            sent: Vec::new(),
            decided: Vec::new(),
            held: None,
            response: None,
            is_awaited: matches,
        };
        self.alert(&mut waiting, Patience::Some);
        self.keep(waiting);
        Ok(())
    }

    /// Keeps an event of which more will be known. What an exception might let pass by that, and cannot be kept, is
    /// decided on now.
    fn keep(&mut self, waiting: Waiting) {
        if let Some(mut waiting) = self.late.keep(waiting) {
            self.alert(&mut waiting, Patience::None);
        }
    }

    /// Says what the executable is, and lets the kernel know it.
    fn identify(&mut self, event: &mut ProcessEvent) -> Result<Vec<Ticket>, Failure> {
        let Judgement { remember, tickets } = self.executables.judge(event, &self.rules);
        self.remember(remember)?;
        Ok(tickets)
    }

    fn remember(&mut self, known: Option<(File, Verdict)>) -> Result<(), Failure> {
        if let Some((file, verdict)) = known.filter(|_| self.enrichment.needs().executable) {
            self.source.remember(&file, verdict)?;
        }
        Ok(())
    }

    /// Decides on each rule that matches and has not been decided on, and sends what comes of it.
    pub(super) fn alert(&mut self, waiting: &mut Waiting, patience: Patience) {
        let is_new = |rule: &&Rule| !waiting.decided.contains(&rule.metadata.id);
        let matching: Vec<&Rule> = self.rules.matching(&waiting.event).filter(is_new).collect();
        if !matching.is_empty() && waiting.decided.is_empty() && waiting.held.is_none() {
            // Now, while the process runs.
            waiting
                .tickets
                .extend(self.enrichment.inquire(&mut waiting.event));
        }
        let event = &waiting.event;
        if !matching.is_empty() && !waiting.is_awaited {
            self.following.begin(event);
            waiting.is_awaited = true;
        }
        let since = waiting.held.take();
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
        for (rule, decision, surroundings, id, created) in decisions {
            match decision {
                Decision::Alert => {
                    let parts = (&surroundings, waiting.response.as_ref(), id, created);
                    let alert = alert(rule, event, &self.host, parts);
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
                    let event = alert(rule, event, &self.host, parts).excepted(by);
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
        if waiting.held.is_some() || waiting.sent.len() > sent_before {
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

    /// What was found out since: rules that match by it now, and news for who has an alert already.
    pub(super) fn learn(&mut self, findings: Vec<Finding>) -> Result<(), Failure> {
        for finding in findings {
            for mut waiting in self.late.answered(finding.ticket) {
                let known = waiting.known();
                let remember = finding.tell(&mut waiting.event, &self.rules);
                self.remember(remember)?;
                if waiting.event.executable != known {
                    self.update(&waiting, News::Executable);
                    if self.enrichment.needs().executable || waiting.held.is_some() {
                        self.alert(&mut waiting, Patience::Some);
                    }
                }
                self.keep(waiting);
            }
        }
        Ok(())
    }

    /// What else was found out since, for who has an alert already.
    pub(super) fn learn_circumstances(&mut self, patience: Duration) {
        for (ticket, answer) in self.enrichment.answers(patience) {
            for mut waiting in self.late.answered(ticket) {
                self.enrichment.tell(answer.clone(), &mut waiting.event);
                self.following.learn(&waiting.event);
                self.update(&waiting, News::Circumstances);
                if waiting.held.is_some() {
                    self.alert(&mut waiting, Patience::Some);
                }
                self.keep(waiting);
            }
        }
    }

    /// At the end: waits a little for what is being read.
    pub(super) fn learn_the_rest(&mut self, patience: Duration) -> Result<(), Failure> {
        if self.late.alerts() > 0 || self.late.holds() {
            self.learn_circumstances(patience / 2);
            let findings = self.executables.findings(patience);
            self.learn(findings)?;
        }
        for mut waiting in self.late.held(Duration::ZERO) {
            self.alert(&mut waiting, Patience::None);
        }
        let (missing, left_out) = (self.late.alerts(), self.late.left_out);
        if missing > 0 || left_out > 0 {
            tracing::warn!(
                missing,
                left_out,
                "not every alert could be told all that was asked for it"
            );
        }
        Ok(())
    }

    fn update(&mut self, waiting: &Waiting, news: News) {
        for sent in &waiting.sent {
            self.updates += 1;
            let created = Timestamp::now();
            let update = Update::new(&UpdateParts {
                alert: &sent.alert,
                rule: (&sent.rule, &sent.rule_name),
                news,
                event: &waiting.event,
                host: &self.host,
                id: new_id(created),
                created,
            });
            self.sink.send(Arc::new(update.into()));
        }
    }
}

/// An alert: with what was before, what was done about it, and what names it.
fn alert(
    rule: &Rule,
    event: &ProcessEvent,
    host: &Host,
    (surroundings, response, id, created): (&Surroundings, Option<&Response>, Uuid, Timestamp),
) -> Alert {
    let reasons = rule.query.reasons(event);
    let matched: Vec<(&str, &[u8])> = reasons.iter().map(|it| (it.field, &it.value[..])).collect();
    Alert::new(&AlertParts {
        rule: &rule.metadata,
        event,
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
