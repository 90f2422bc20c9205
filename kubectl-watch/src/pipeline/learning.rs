//! What is found out about an event later: rules that match by it, news for who has an alert already, and in the end
//! what nobody could find out.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Pipeline, deciding::new_id, late::Waiting, triage::Patience};
use crate::{
    alert::{News, Update, UpdateParts},
    enrich::executable::Finding,
    event::ProcessEvent,
    exit::Failure,
    facts::Facts,
    loss::could_be_a_tool,
};

impl Pipeline {
    /// Keeps an event of which more will be known. What an exception might let pass by that, and cannot be kept, is
    /// decided on now.
    pub(super) fn keep(&mut self, waiting: Waiting) {
        if let Some(mut waiting) = self.late.keep(waiting) {
            if waiting.held.is_some() {
                self.alert(&mut waiting, Patience::None);
            }
            self.give_up(&mut waiting);
        }
    }

    /// Takes note of an event that no rule matched, and that nothing was said of in time. An answer may yet come.
    fn give_up(&mut self, waiting: &mut Waiting) {
        if waiting.decided.is_empty() && waiting.since.take().is_some() {
            self.conclude(&waiting.event);
        }
    }

    /// The same of all that have waited for so long: a file system that never answers is no reason to say nothing.
    pub(super) fn give_up_after(&mut self, patience: Duration) {
        let mut waiting = self.late.rest();
        for waiting in &mut waiting {
            if waiting.since.is_some_and(|since| since.elapsed() >= patience) {
                self.give_up(waiting);
            }
        }
        self.late.put_back(waiting);
    }

    /// Takes note of an event that no rule matched, and whether one was given up, as nobody said what it asks for.
    pub(super) fn unmatched(&mut self, event: &ProcessEvent, is_given_up: bool) {
        let facts = Facts::of(event, self.triage.node());
        let could_match = is_given_up || self.rules.could_match_elsewhere(&facts);
        self.loss_reports.unmatched(event, could_match);
    }

    /// Takes note of an event of which no more will be known, and that no rule matched: if what runs could not be read,
    /// one might have.
    pub(super) fn conclude(&mut self, event: &ProcessEvent) {
        let is_asked_for = || {
            self.rules
                .could_match_unread(&Facts::of(event, self.triage.node()))
        };
        if could_be_a_tool(event) && is_asked_for() {
            self.loss_reports.unread(event);
        }
    }

    /// What was found out since: rules that match by it now, and news for who has an alert already.
    pub(super) fn learn(&mut self, findings: Vec<Finding>) -> Result<(), Failure> {
        for finding in findings {
            for mut waiting in self.late.answered(finding.ticket) {
                let known = waiting.known();
                let was_open = waiting.event.executable.is_open();
                let remember = finding.tell(&mut waiting.event, &*self.rules);
                self.remember(remember)?;
                let is_news = waiting.known() != known;
                if is_news {
                    self.update(&waiting, News::Executable);
                }
                // That nothing was found may decide, too.
                let is_settled = was_open && !waiting.event.executable.is_open();
                let is_asked_for = self.enrichment.needs().executable || waiting.held.is_some();
                if (is_news || is_settled) && is_asked_for {
                    self.alert(&mut waiting, Patience::Some);
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
            self.give_up(&mut waiting);
        }
        let (missing, left_out) = (self.late.alerts(), self.late.left_out);
        if missing > 0 || left_out > 0 {
            tracing::warn!(
                missing,
                left_out,
                "not every alert could be told all that was asked for it"
            );
        }
        self.give_up_after(Duration::ZERO);
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
