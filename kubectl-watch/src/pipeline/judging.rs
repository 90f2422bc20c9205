//! What happens to one event: what is it, what do the rules say, who hears of it, and what is found out later.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

use super::{
    Pipeline,
    late::{Sent, Waiting},
};
use crate::{
    alert::{Alert, AlertParts, Host, Update, UpdateParts},
    enrich::executable::{Finding, Judgement, Ticket},
    event::{File, ProcessEvent, Verdict},
    exit::Failure,
    response::Response,
    rule::Rule,
    source::running,
};

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
            response: None,
            was_begun: matches,
        };
        self.alert(&mut waiting);
        self.late.keep(waiting);
        Ok(())
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

    /// Sends an alert for each rule that matches and has not sent one.
    fn alert(&mut self, waiting: &mut Waiting) {
        let event = &waiting.event;
        let is_new = |rule: &&Rule| waiting.sent.iter().all(|sent| sent.rule != rule.metadata.id);
        let matching: Vec<&Rule> = self.rules.matching(event).filter(is_new).collect();
        if matching.is_empty() {
            return;
        }
        if !std::mem::replace(&mut waiting.was_begun, true) {
            self.following.begin(event);
        }
        if waiting.response.is_none() {
            let rules = matching.iter().map(|rule| rule.metadata.id.as_str());
            waiting.response = self.responder.respond(rules, event);
        }
        for rule in matching {
            let alert = alert(rule, event, &self.host, waiting.response.as_ref());
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
        self.following.settle(event);
        let hashing = self.executables.hash(&waiting.event);
        waiting.tickets.extend(hashing);
    }

    /// What was found out since: rules that match by it now, and news for who has an alert already.
    pub(super) fn learn(&mut self, findings: Vec<Finding>) -> Result<(), Failure> {
        for finding in findings {
            for mut waiting in self.late.answered(finding.ticket) {
                let known = waiting.known();
                let remember = finding.tell(&mut waiting.event, &self.rules);
                self.remember(remember)?;
                if waiting.event.executable != known {
                    self.update(&waiting);
                    if self.enrichment.needs().executable {
                        self.alert(&mut waiting);
                    }
                }
                self.late.keep(waiting);
            }
        }
        Ok(())
    }

    /// At the end: waits a little for what is being read.
    pub(super) fn learn_the_rest(&mut self, patience: Duration) -> Result<(), Failure> {
        if self.late.alerts() > 0 {
            let findings = self.executables.findings(patience);
            self.learn(findings)?;
        }
        let (missing, left_out) = (self.late.alerts(), self.late.left_out);
        if missing > 0 || left_out > 0 {
            tracing::warn!(
                missing,
                left_out,
                "not every alert could be told what its executable is"
            );
        }
        Ok(())
    }

    fn update(&mut self, waiting: &Waiting) {
        for sent in &waiting.sent {
            self.updates += 1;
            let created = Timestamp::now();
            let update = Update::new(&UpdateParts {
                alert: &sent.alert,
                rule: (&sent.rule, &sent.rule_name),
                event: &waiting.event,
                host: &self.host,
                id: new_id(created),
                created,
            });
            self.sink.send(Arc::new(update.into()));
        }
    }
}

fn alert(rule: &Rule, event: &ProcessEvent, host: &Host, response: Option<&Response>) -> Alert {
    let reasons = rule.query.reasons(event);
    let matched: Vec<(&str, &[u8])> = reasons.iter().map(|it| (it.field, &it.value[..])).collect();
    let created = Timestamp::now();
    Alert::new(&AlertParts {
        rule: &rule.metadata,
        event,
        host,
        matched: &matched,
        response,
        id: new_id(created),
        created,
    })
}

pub(super) fn new_id(created: Timestamp) -> Uuid {
    let seconds = u64::try_from(created.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(created.subsec_nanosecond()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}
