//! What the rules ask of the content of executables, which the kernel cannot tell by a name.

use std::collections::BTreeMap;

use super::RuleSet;
use crate::enrich::executable::Wishes;
use crate::eql::{Anchors, Field, Names};
use crate::event::ProcessEvent;
use crate::event::field::ProcessSchema;

/// The rules that are about what is in a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    /// Their places among all rules.
    pub(super) rules: Vec<usize>,
    /// What any of them asks for: an event that has none of it is for none of them.
    asked: BTreeMap<Field, Names>,
}

impl Content {
    /// Takes in a rule that is about one of these.
    pub(super) fn add(&mut self, index: usize, anchors: BTreeMap<Field, Names>) {
        if anchors.is_empty() {
            return;
        }
        self.rules.push(index);
        for (field, names) in anchors {
            let before = self.asked.remove(&field).unwrap_or(Names::None);
            self.asked.insert(field, before.or(names));
        }
    }

    /// The rules that an event may be for.
    pub(super) fn rules_for(&self, event: &ProcessEvent) -> &[usize] {
        if !self.rules.is_empty() && Anchors::are_met(&self.asked, event) {
            &self.rules
        } else {
            &[]
        }
    }
}

impl Wishes for RuleSet {
    fn ask_for_tool(&self, name: &str) -> bool {
        let allows = |field| {
            let names = self.content.asked.get(&field);
            names.is_some_and(|names| names.allows(name.as_bytes()))
        };
        // Whoever asks how a tool is known asks for every tool.
        allows(ProcessSchema::TOOL) || self.content.asked.contains_key(&ProcessSchema::TOOL_SOURCE)
    }

    fn are_met(&self, event: &ProcessEvent) -> bool {
        // A rule for which every exec is sent anyway needs no verdict.
        !self.content.rules_for(event).is_empty()
    }
}
