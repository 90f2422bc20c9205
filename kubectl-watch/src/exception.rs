//! An exception: what is known to be harmless, why, on whose word, and until when.
//!
//! It is read from the text of a file, never from the file. Ours are TOML; exception items of Elastic are read as
//! they are. Both come down to a condition in EQL. One that would silence everything is refused.

mod breadth;
mod condition;
mod error;
mod everybody;
mod expiry;
mod file;
mod item;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::eql::{Field, Query};
use crate::facts::Facts;
pub use condition::quoted;
pub use error::ExceptionError;
pub(crate) use everybody::is_everybodys;
pub use item::Items;

/// Something that is no alert although a rule matches.
#[derive(Clone, Debug)]
pub struct Exception {
    /// What it is called in logs and documents; no two of a set have one name.
    pub name: String,
    /// Why it is harmless.
    pub reason: String,
    /// Who says so.
    pub owner: String,
    /// From when on it does not count any more.
    pub expires: Timestamp,
    /// The ids of the rules that it is about; none means all.
    pub rules: Vec<String>,
    /// What has to hold.
    pub condition: Query,
    /// What is doubtful about it, in words.
    pub doubts: Vec<String>,
}

impl Exception {
    /// Reads the text of a TOML file.
    pub fn from_toml(text: &str) -> Result<Vec<Self>, ExceptionError> {
        file::read(text)
    }

    /// Reads exception items of Elastic: one object, a list of them, or one a line.
    pub fn from_json(text: &str) -> Result<Items, ExceptionError> {
        item::read(text)
    }

    /// Whether it is about what a rule finds.
    pub fn is_about(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|id| id == rule)
    }

    /// Whether it counted no more at that time.
    pub fn is_over(&self, time: Timestamp) -> bool {
        time >= self.expires
    }

    /// Whether it holds; none where that depends on a field that is not known yet.
    pub fn judge(&self, facts: &Facts<'_>, is_known: &dyn Fn(Field) -> bool) -> Option<bool> {
        self.condition.judge(facts, is_known)
    }
}
