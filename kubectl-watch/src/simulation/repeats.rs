//! Which of the alerts that remain would be repeats of others, by the very suppression that the daemon has.

use std::collections::BTreeMap;

use super::Fate;
use crate::past::PastAlert;
use crate::rule::{Rule, Severity};
use crate::suppression::{Decision, Settings, Summary, Suppression};

/// Alerts of all nodes, in the order of their times.
#[derive(Debug)]
pub(super) struct Repeats<'a> {
    /// For rules that don't say.
    settings: Option<&'a Settings>,
    /// Each node has a daemon of its own.
    nodes: BTreeMap<String, Suppression>,
    summaries: Vec<Summary>,
}

impl<'a> Repeats<'a> {
    pub(super) fn new(settings: Option<&'a Settings>) -> Self {
        Self {
            settings,
            nodes: BTreeMap::new(),
            summaries: Vec::new(),
        }
    }

    /// What becomes of an alert that no exception lets pass.
    pub(super) fn fate(&mut self, alert: &PastAlert, rule: &Rule) -> Fate {
        let Some(settings) = rule.suppression.as_ref().or(self.settings) else {
            return Fate::Remains;
        };
        if !settings
            .fields
            .iter()
            .all(|(field, _)| alert.is_comparable(*field))
        {
            return Fate::Unsure;
        }
        let suppression = self.nodes.entry(alert.host().to_owned()).or_default();
        self.summaries.extend(suppression.over(alert.time));
        let severity = raised(alert).max(rule.metadata.severity);
        let written = alert.as_written();
        let decision = suppression.decide(&rule.metadata, severity, settings, written.as_ref());
        match decision {
            Decision::Alert { .. } => {
                suppression.sent(alert.id());
                Fate::Remains
            }
            Decision::Repeat { of } => Fate::Repeats(of),
        }
    }

    /// The summaries that would be written, in the order of their first repeats.
    pub(super) fn summaries(mut self) -> Vec<Summary> {
        for suppression in self.nodes.values_mut() {
            self.summaries.extend(suppression.rest());
        }
        self.summaries.sort_by_key(|summary| summary.start);
        self.summaries
    }
}

/// To which severity an alert was raised by what was before; the least, where it was not.
fn raised(alert: &PastAlert) -> Severity {
    let to = alert.document_text("kubectl_watch.raised.to");
    let all = [Severity::Medium, Severity::High, Severity::Critical];
    let named = all.into_iter().find(|severity| Some(severity.name()) == to);
    named.unwrap_or_default()
}
