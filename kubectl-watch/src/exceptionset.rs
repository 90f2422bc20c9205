//! The exceptions that are asked about each match, from files and folders, and how often each was right.

mod load;

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::eql::Field;
use crate::exception::Exception;
use crate::facts::Facts;
use crate::ruleset::RuleSet;
pub use load::LoadError;

/// A set of exceptions, each with a name of its own.
#[derive(Clone, Debug, Default)]
pub struct ExceptionSet {
    exceptions: Vec<Counted>,
    /// What of the files is no exception, in words.
    passed_over: Vec<String>,
    /// What was read, with its SHA-256; a folder has none.
    files: Vec<(PathBuf, Option<String>)>,
}

/// An exception, and what came of it.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The exception.
    pub exception: Exception,
    /// Its file.
    pub path: PathBuf,
    /// How many matches it excepted.
    pub hits: u64,
    /// When the last of them happened.
    pub last: Option<Timestamp>,
    /// Whether it was said that it is over.
    is_said_over: bool,
}

/// What a set says of a match.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// It is an alert.
    No,
    /// This one excepts it.
    By(&'a Exception),
    /// An exception may hold, by a field that is not known yet.
    Unsure,
}

/// An exception may hold, by a field that is not known yet.
struct Unsure;

impl ExceptionSet {
    /// The exceptions.
    pub fn exceptions(&self) -> &[Counted] {
        &self.exceptions
    }

    /// What is doubtful, with its file and the name of the exception.
    pub fn warnings(&self, rules: &RuleSet) -> Vec<String> {
        let mut warnings = Vec::new();
        for Counted { exception, path, .. } in &self.exceptions {
            let is_unknown = |id: &&String| rules.rules().iter().all(|rule| rule.metadata.id != **id);
            let unknown = exception.rules.iter().filter(is_unknown);
            let unknown = unknown.map(|id| format!("there is no rule with the id {id:?}"));
            for doubt in exception.doubts.iter().cloned().chain(unknown) {
                warnings.push(format!("{}: {}: {doubt}", path.display(), exception.name));
            }
        }
        warnings
    }

    /// What of the files is no exception, in words.
    pub fn passed_over(&self) -> &[String] {
        &self.passed_over
    }

    /// What was read.
    pub fn files(&self) -> &[(PathBuf, Option<String>)] {
        &self.files
    }

    /// Asks about a match of a rule, and counts. The first exception that holds is the one; a field that is not
    /// known leaves it open, unless another holds without.
    pub fn judge(&mut self, rule: &str, facts: &Facts<'_>, is_known: &dyn Fn(Field) -> bool) -> Answer<'_> {
        let time = facts.event().time;
        match self.find(rule, facts, is_known) {
            Ok(index) => match index.and_then(|index| self.exceptions.get_mut(index)) {
                Some(counted) => {
                    counted.hits += 1;
                    counted.last = counted.last.max(Some(time));
                    Answer::By(&counted.exception)
                }
                None => Answer::No,
            },
            Err(Unsure) => Answer::Unsure,
        }
    }

    /// The same, and nothing is counted.
    pub fn look(&self, rule: &str, facts: &Facts<'_>, is_known: &dyn Fn(Field) -> bool) -> Answer<'_> {
        match self.find(rule, facts, is_known) {
            Ok(index) => match index.and_then(|index| self.exceptions.get(index)) {
                Some(counted) => Answer::By(&counted.exception),
                None => Answer::No,
            },
            Err(Unsure) => Answer::Unsure,
        }
    }

    /// Which exception holds, if any does.
    fn find(
        &self,
        rule: &str,
        facts: &Facts<'_>,
        is_known: &dyn Fn(Field) -> bool,
    ) -> Result<Option<usize>, Unsure> {
        let time = facts.event().time;
        let mut is_sure = true;
        for (index, Counted { exception, .. }) in self.exceptions.iter().enumerate() {
            if exception.is_over(time) || !exception.is_about(rule) {
                continue;
            }
            match exception.judge(facts, is_known) {
                Some(true) => return Ok(Some(index)),
                Some(false) => {}
                None => is_sure = false,
            }
        }
        if is_sure { Ok(None) } else { Err(Unsure) }
    }

    /// Those that ended by now, each once.
    pub fn newly_over(&mut self, now: Timestamp) -> impl Iterator<Item = &Counted> {
        let over = self
            .exceptions
            .iter_mut()
            .filter(move |counted| counted.exception.is_over(now) && !counted.is_said_over);
        over.map(|counted| {
            counted.is_said_over = true;
            &*counted
        })
    }

    /// Takes over the counts of an older set, by the names of its exceptions.
    pub fn go_on_from(&mut self, older: &Self) {
        let counts: HashMap<&str, &Counted> = older
            .exceptions
            .iter()
            .map(|counted| (counted.exception.name.as_str(), counted))
            .collect();
        for counted in &mut self.exceptions {
            if let Some(before) = counts.get(counted.exception.name.as_str()) {
                counted.hits = before.hits;
                counted.last = before.last;
            }
        }
    }
}
