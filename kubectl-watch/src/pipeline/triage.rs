//! What becomes of a match: an exception lets it pass, it repeats an alert, or it is one. Each is counted once:
//! `matched = alerted + summarised + excepted`.

mod load;

use jiff::Timestamp;

use self::load::{load, say_over};
use super::deciding::new_id;
use crate::{
    alert::{ExceptedBy, Host, Message, RepeatSummary, SummaryParts},
    config::Config,
    event::ProcessEvent,
    exception::Exception,
    exceptionset::{Answer, ExceptionSet},
    exit::Failure,
    facts::{Facts, Node},
    rule::{Rule, Severity},
    ruleset::RuleSet,
    suppression::{self, Settings, Summary, Suppression},
};

/// What is made of a match.
#[derive(Debug)]
pub(super) enum Decision {
    /// An alert. Its id is to be told by [`Triage::sent`].
    Alert,
    /// Nothing but a count; this is why.
    Excepted(ExceptedBy),
    /// A summary, later, of the repeats of the alert with this id.
    Repeat(String),
    /// Nothing yet: an exception may hold by what is not known.
    Hold,
}

/// Whether a match can wait for what is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// It can.
    Some,
    /// It is decided on with what is known: an exception that depends on more lets nothing pass.
    None,
}

/// What came of all matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) matched: u64,
    pub(super) alerted: u64,
    pub(super) summarised: u64,
    pub(super) excepted: u64,
    /// Alerts whose repeats nobody counts, because there was no place for one more.
    pub(super) uncounted: u64,
    /// How often a rule was decided on without a field that it names, because nobody said in time what it is.
    pub(super) unsure: u64,
}

/// The exceptions and the suppression, with what they did.
#[derive(Debug)]
pub(super) struct Triage {
    exceptions: ExceptionSet,
    suppression: Suppression,
    /// For rules that don't say.
    settings: Option<Settings>,
    node: Node,
    pub(super) counts: Counts,
    /// Summaries that are due.
    due: Vec<Summary>,
    /// Of those without a field, how many were told.
    told_unsure: u64,
}

impl Triage {
    /// Reads the exceptions.
    pub(super) fn start(config: &Config, rules: &RuleSet) -> Result<Self, Failure> {
        let mut exceptions = load(config, rules)?;
        say_over(&mut exceptions, Timestamp::now());
        Ok(Self {
            exceptions,
            suppression: Suppression::default(),
            settings: config.suppression.clone(),
            node: Node {
                labels: config.labels.clone(),
                ..Node::default()
            },
            counts: Counts::default(),
            due: Vec::new(),
            told_unsure: 0,
        })
    }

    /// The same, on this node.
    pub(super) fn on(mut self, host: &Host) -> Self {
        self.node.name.clone_from(&host.name);
        self.node.hostname.clone_from(&host.hostname);
        self.node.id.clone_from(&host.id);
        self
    }

    /// The exceptions.
    pub(super) fn exceptions(&self) -> &ExceptionSet {
        &self.exceptions
    }

    /// Reads the exceptions again. If anything is wrong with the new ones, the old ones stay.
    pub(super) fn reload(&mut self, config: &Config, rules: &RuleSet) {
        match load(config, rules) {
            Ok(mut exceptions) => {
                exceptions.go_on_from(&self.exceptions);
                self.exceptions = exceptions;
                say_over(&mut self.exceptions, Timestamp::now());
                if !config.exceptions.is_empty() {
                    tracing::info!(
                        exceptions = self.exceptions.exceptions().len(),
                        "reloaded the exceptions"
                    );
                }
            }
            Err(failure) => {
                tracing::error!(error = %failure, "kept the old exceptions, as the new ones cannot be used");
            }
        }
    }

    /// The node, as far as rules and exceptions ask for it.
    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    /// Whether no exception lets a match pass, whatever will be known yet. Nothing is counted.
    pub(super) fn is_an_alert(&self, rule: &Rule, facts: &Facts<'_>) -> bool {
        let found = self
            .exceptions
            .look(&rule.metadata.id, facts, &|field| facts.is_known(field));
        matches!(found, Answer::No)
    }

    /// Decides on a match, which is as grave as that here, and counts it.
    pub(super) fn decide(
        &mut self,
        rule: &Rule,
        severity: Severity,
        event: &ProcessEvent,
        patience: Patience,
    ) -> Decision {
        let facts = Facts::of(event, &self.node);
        let judged = self
            .exceptions
            .judge(&rule.metadata.id, &facts, &|field| facts.is_known(field));
        match judged {
            Answer::Unsure if patience == Patience::Some => return Decision::Hold,
            Answer::By(exception) => {
                let by = excepted_by(exception);
                tracing::debug!(rule = rule.metadata.name, exception = by.name, "excepted");
                self.counts.matched += 1;
                self.counts.excepted += 1;
                return Decision::Excepted(by);
            }
            Answer::No | Answer::Unsure => {}
        }
        self.counts.matched += 1;
        self.due.extend(self.suppression.over(event.time));
        let settings = rule.suppression.as_ref().or(self.settings.as_ref());
        let decision = settings.map(|settings| {
            self.suppression
                .decide(&rule.metadata, severity, settings, &facts)
        });
        match decision {
            Some(suppression::Decision::Repeat { of }) => {
                self.counts.summarised += 1;
                Decision::Repeat(of)
            }
            Some(suppression::Decision::Alert { is_uncounted }) => {
                self.counts.uncounted += u64::from(is_uncounted);
                self.counts.alerted += 1;
                Decision::Alert
            }
            None => {
                self.counts.alerted += 1;
                Decision::Alert
            }
        }
    }

    /// Notes the id of the alert that was decided on last.
    pub(super) fn sent(&mut self, alert: &str) {
        self.suppression.sent(alert);
    }

    /// Once a second.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.due.extend(self.suppression.over(now));
        say_over(&mut self.exceptions, now);
        let more = self.counts.unsure - self.told_unsure;
        if more > 0 {
            tracing::warn!(
                more,
                "decided on rules without fields that they name, as nobody could say in time what they are"
            );
            self.told_unsure = self.counts.unsure;
        }
    }

    /// At the end: all that is counted is due.
    pub(super) fn finish(&mut self) {
        self.due.extend(self.suppression.rest());
    }

    /// The summaries that are due, as they are sent.
    pub(super) fn take_summaries(&mut self, host: &Host) -> Vec<Message> {
        let documents = self.due.drain(..).map(|summary| {
            let created = Timestamp::now();
            RepeatSummary::new(&SummaryParts {
                summary: &summary,
                host,
                id: new_id(created),
                created,
            })
        });
        documents.map(Message::from).collect()
    }

    /// Logs what came of all matches, and of each exception.
    pub(super) fn say(&self) {
        for counted in self.exceptions.exceptions() {
            let exception = &counted.exception;
            tracing::info!(
                exception = exception.name,
                owner = exception.owner,
                expires = %exception.expires,
                hits = counted.hits,
                last_hit = counted.last.map_or_else(|| "never".into(), |last| last.to_string()),
                "exception"
            );
        }
        let sum = self.sum();
        let Counts {
            uncounted, unsure, ..
        } = self.counts;
        if self.holds() {
            tracing::info!(uncounted, unsure, "every match is accounted for: {sum}");
        } else {
            tracing::error!(uncounted, unsure, "matches are not accounted for: {sum}");
        }
    }

    /// What came of all matches, as an equation.
    pub(super) fn sum(&self) -> String {
        let Counts {
            matched,
            alerted,
            summarised,
            excepted,
            ..
        } = self.counts;
        let pending = self.suppression.pending();
        format!(
            "matched {matched} = alerted {alerted} + summarised {summarised} ({pending} not written yet) \
             + excepted {excepted}"
        )
    }

    /// Whether the equation holds.
    fn holds(&self) -> bool {
        let Counts {
            matched,
            alerted,
            summarised,
            excepted,
            ..
        } = self.counts;
        matched == alerted + summarised + excepted
    }
}

fn excepted_by(exception: &Exception) -> ExceptedBy {
    ExceptedBy {
        name: exception.name.clone(),
        reason: exception.reason.clone(),
        owner: exception.owner.clone(),
        expires: exception.expires.to_string(),
    }
}

#[cfg(test)]
mod tests;
