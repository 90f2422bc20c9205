//! A rule: what it looks for, and what is said when it is found.
//!
//! It is read from the text of a file, never from the file: who loads rules knows where they lie.

mod error;
mod file;
mod raise;
mod suppression;

use serde::{Deserialize, Serialize};

pub use error::{Fault, Place, RuleError};

use crate::eql::{Query, Schema};
use crate::suppression::Settings;
use crate::surroundings::Raise;

/// A rule that can be asked about events.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says of itself.
    pub metadata: Metadata,
    /// What it looks for.
    pub query: Query,
    /// How its repeats are told, where it says.
    pub suppression: Option<Settings>,
    /// After which alerts its own are graver.
    pub raises: Vec<Raise>,
}

impl Rule {
    /// Reads the text of a rule file: our format, or that of the public detection-rules repository.
    pub fn from_toml(text: &str, schema: &dyn Schema) -> Result<Self, RuleError> {
        file::read(text, schema)
    }
}

/// What a rule says of itself; all of it goes into its alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Names the rule for ever, usually a UUID.
    pub id: String,
    /// The title of its alerts.
    pub name: String,
    /// Counts its revisions.
    pub version: u32,
    /// What it finds and why that matters.
    pub description: String,
    /// How bad a true find is.
    pub severity: Severity,
    /// The same as a number, 0 to 100.
    pub risk_score: u8,
    /// Who wrote the condition.
    pub author: Vec<String>,
    /// The licence of the rule, where it names one.
    pub license: Option<String>,
    /// Which collection it comes from.
    pub ruleset: Option<String>,
    /// Free words to find it by.
    pub tags: Vec<String>,
    /// Pages to read on.
    pub references: Vec<String>,
    /// What harmless things are known to match.
    pub false_positives: Vec<String>,
    /// How to look into an alert.
    pub investigation: Option<String>,
    /// What to do when it is real.
    pub response: Option<String>,
    /// Where it stands in MITRE ATT&CK.
    pub threat: Vec<Threat>,
}

/// How bad a true find is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look when there is time.
    #[default]
    Low,
    /// Worth a look today.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody.
    Critical,
}

impl Severity {
    /// The number that Elastic's detection engine gives it in `event.severity`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Low => 21,
            Self::Medium => 47,
            Self::High => 73,
            Self::Critical => 99,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A tactic with the techniques that serve it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threat {
    /// The framework, `MITRE ATT&CK`.
    pub framework: String,
    /// The tactic.
    pub tactic: Reference,
    /// The techniques.
    #[serde(default)]
    pub technique: Vec<Technique>,
}

/// A technique and, where known, its more exact forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Technique {
    /// The technique itself.
    #[serde(flatten)]
    pub reference: Reference,
    /// Its more exact forms.
    #[serde(default)]
    pub subtechnique: Vec<Reference>,
}

/// An entry of MITRE ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Its id, `T1550.001`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page.
    pub reference: String,
}
