//! The rules that are asked about each event, and what of it they need.
//!
//! Most rules name the processes that they are about, or what must be in their file. They are found by that, so
//! that an exec costs little however many rules there are.

mod content;
mod load;

use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

pub use load::LoadError;
pub(crate) use load::text;

use self::content::Content;
use crate::eql::{Anchors, Field, Names, Schema};
use crate::event::ProcessEvent;
use crate::event::field::ProcessSchema;
use crate::facts::{FactSchema, Facts};
use crate::integrity::sha256_of;
use crate::rule::Rule;

/// A set of rules, each with an id of its own.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    skipped: Vec<Skipped>,
    warnings: Vec<Warning>,
    files: Vec<RuleFile>,
    /// For each process name, in lower case, the rules that need it.
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    /// The rules that need something of what is in the file.
    content: Content,
    /// The rules that neither covers.
    others: Vec<usize>,
}

/// A rule that was found and is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its file; none for one that is built in.
    pub path: Option<PathBuf>,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
}

/// Something in a rule that is used and probably has a mistake in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The rule's file; none for one that is built in.
    pub path: Option<PathBuf>,
    /// The rule's name.
    pub name: String,
    /// What may be wrong.
    pub text: String,
}

/// A file or folder that rules came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFile {
    /// Where it is; none for what is built in.
    pub path: Option<PathBuf>,
    /// The SHA-256 of its content; none for a folder.
    pub sha256: Option<String>,
}

/// What a set of rules says of an event.
#[derive(Clone, Debug, Default)]
pub struct Judged<'r> {
    /// The rules that match.
    pub matching: Vec<&'r Rule>,
    /// The rules that may match, by a field that is not known yet.
    pub open: Vec<&'r Rule>,
}

/// The execs that a set of rules must see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Every exec.
    All {
        /// The names of the rules that make it so.
        because: Vec<String>,
    },
    /// Those that any rule can be about.
    Some {
        /// Of processes with these names, in lower case.
        names: BTreeSet<Vec<u8>>,
        /// And of files that a rule asks for by what is in them, whatever their names. The kernel must then send
        /// each file that has not been judged yet.
        content: bool,
    },
}

/// `file: name: reason`
impl Display for Skipped {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { path, name, reason } = self;
        write!(
            f,
            "{}{}: {reason}",
            origin(path.as_deref()),
            name.as_deref().unwrap_or("a rule without a name")
        )
    }
}

/// `file: name: text`
impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { path, name, text } = self;
        write!(f, "{}{name}: {text}", origin(path.as_deref()))
    }
}

fn origin(path: Option<&Path>) -> String {
    path.map_or_else(|| "built in: ".into(), |path| format!("{}: ", path.display()))
}

impl<'r> Judged<'r> {
    /// What these rules say of an event of which not every field is known.
    pub fn by(
        rules: impl IntoIterator<Item = &'r Rule>,
        facts: &Facts<'_>,
        is_known: &dyn Fn(Field) -> bool,
    ) -> Self {
        let mut judged = Self::default();
        for rule in rules {
            let is_besides = |(field, _)| FactSchema.is_besides(field);
            let answer = if rule.query.fields().any(is_besides) {
                rule.query.judge(facts, is_known)
            } else {
                Some(rule.query.matches(facts.event()))
            };
            match answer {
                Some(true) => judged.matching.push(rule),
                Some(false) => {}
                None => judged.open.push(rule),
            }
        }
        judged
    }

    /// Whether nothing matches, or may.
    pub fn is_empty(&self) -> bool {
        self.matching.is_empty() && self.open.is_empty()
    }

    /// All that match, or may: no other will, whatever is known yet.
    pub fn rules(self) -> Vec<&'r Rule> {
        let Self { mut matching, open } = self;
        matching.extend(open);
        matching
    }
}

impl RuleSet {
    /// The rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules that were found and are not used.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Probable mistakes in the rules that are used.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Where the rules came from.
    pub fn files(&self) -> &[RuleFile] {
        &self.files
    }

    /// The SHA-256 of all that was read, whether it is used or not.
    pub fn sha256(&self) -> String {
        let hashes = self.files.iter().filter_map(|file| file.sha256.as_deref());
        sha256_of(hashes.collect::<String>().as_bytes())
    }

    /// A rule by its id or its name.
    pub fn get(&self, id_or_name: &str) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|rule| rule.metadata.id == id_or_name || rule.metadata.name == id_or_name)
    }

    /// Takes a rule in; gives it back if there is one with its id.
    pub fn add(&mut self, rule: Rule) -> Result<(), Box<Rule>> {
        if self
            .rules
            .iter()
            .any(|known| known.metadata.id == rule.metadata.id)
        {
            return Err(Box::new(rule));
        }
        let index = self.rules.len();
        match rule.query.anchors(ProcessSchema::ANCHORING) {
            Anchors::Of(mut anchors) => {
                if let Some(Names::Exact(names)) = anchors.remove(&ProcessSchema::NAME) {
                    for name in names {
                        self.by_name.entry(name).or_default().push(index);
                    }
                }
                self.content.add(index, anchors);
            }
            Anchors::Any => self.others.push(index),
            Anchors::None => {}
        }
        self.rules.push(rule);
        Ok(())
    }

    /// What the rules say of an event of which not every field is known.
    pub fn judge<'r>(&'r self, facts: &Facts<'_>, is_known: &dyn Fn(Field) -> bool) -> Judged<'r> {
        Judged::by(self.candidates(facts.event()), facts, is_known)
    }

    /// Whether a rule could match an event, depending on what is in its executable.
    pub fn could_match_unread(&self, facts: &Facts<'_>) -> bool {
        let asks = self.content.rules.iter().chain(&self.others);
        let is_known = |field| !FactSchema::is_of_content(field);
        asks.filter_map(|&index| self.rules.get(index))
            .any(|rule| rule.query.judge(facts, &is_known).is_none())
    }

    /// Whether a rule could match an event if it were known from which folder the kubeconfig is meant.
    pub fn could_match_elsewhere(&self, facts: &Facts<'_>) -> bool {
        let is_known = |field| !FactSchema::is_of_named_kubeconfig(field);
        facts.event().kubeconfig_named.is_relative()
            && self
                .candidates(facts.event())
                .any(|rule| rule.query.judge(facts, &is_known).is_none())
    }

    /// The rules that match an event by what it says of itself.
    pub fn matching<'r, 'e>(
        &'r self,
        event: &'e ProcessEvent,
    ) -> impl Iterator<Item = &'r Rule> + use<'r, 'e> {
        self.candidates(event).filter(|rule| rule.query.matches(event))
    }

    /// The rules that can be about an event.
    pub fn candidates<'r, 'e>(
        &'r self,
        event: &'e ProcessEvent,
    ) -> impl Iterator<Item = &'r Rule> + use<'r, 'e> {
        let named = self.named(&event.process.name);
        let by_content = self.content.rules_for(event).iter();
        // A rule may be found both ways.
        let by_content = by_content.filter(|index| !named.contains(index));
        let found = named.iter().chain(by_content).chain(&self.others);
        found.filter_map(|&index| self.rules.get(index))
    }

    /// The rules that need a process of this name.
    fn named(&self, name: &[u8]) -> &[usize] {
        // No file system lets a name be longer than 255 bytes; one that is comes from a replayed file.
        let mut buffer = [0; 255];
        let found = match buffer.get_mut(..name.len()) {
            Some(lower) => {
                lower.copy_from_slice(name);
                lower.make_ascii_lowercase();
                self.by_name.get(&*lower)
            }
            None => self.by_name.get(&name.to_ascii_lowercase()),
        };
        found.map_or(&[], Vec::as_slice)
    }

    /// The execs that the rules must see. Names that only a pattern gives cannot be told to the kernel.
    pub fn watch(&self) -> Watch {
        if self.others.is_empty() {
            return Watch::Some {
                names: self.by_name.keys().cloned().collect(),
                content: !self.content.rules.is_empty(),
            };
        }
        let rules = self.others.iter().filter_map(|&index| self.rules.get(index));
        Watch::All {
            because: rules.map(|rule| rule.metadata.name.clone()).collect(),
        }
    }

    /// Whether any rule reads a field.
    pub fn needs(&self, field: &str) -> bool {
        let Some(field) = FactSchema.field(field) else {
            return false;
        };
        self.rules
            .iter()
            .any(|rule| rule.query.fields().any(|(read, _)| read == field))
    }
}

#[cfg(test)]
mod judged;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod tests;
