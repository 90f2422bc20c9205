//! Where a rule stands in MITRE ATT&CK, in the flat form of ECS: each level is one object of parallel arrays.

use serde::Serialize;

use crate::rule::{Reference, Threat};

/// ECS `threat`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ThreatFields {
    framework: String,
    tactic: Entries,
    #[serde(skip_serializing_if = "Techniques::is_empty")]
    technique: Techniques,
}

/// ECS `threat.technique`.
#[derive(Clone, Debug, Default, Serialize)]
struct Techniques {
    #[serde(flatten)]
    entries: Entries,
    #[serde(skip_serializing_if = "Entries::is_empty")]
    subtechnique: Entries,
}

/// Entries of the framework, each once.
#[derive(Clone, Debug, Default, Serialize)]
struct Entries {
    id: Vec<String>,
    name: Vec<String>,
    reference: Vec<String>,
}

impl ThreatFields {
    /// None where the rule names no tactic.
    pub(super) fn new(threats: &[Threat]) -> Option<Self> {
        let framework = threats.first()?.framework.clone();
        let mut tactic = Entries::default();
        let mut technique = Techniques::default();
        for threat in threats {
            tactic.add(&threat.tactic);
            for one in &threat.technique {
                technique.entries.add(&one.reference);
                one.subtechnique
                    .iter()
                    .for_each(|sub| technique.subtechnique.add(sub));
            }
        }
        Some(Self {
            framework,
            tactic,
            technique,
        })
    }
}

impl Techniques {
    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Entries {
    fn add(&mut self, entry: &Reference) {
        if !self.id.contains(&entry.id) {
            self.id.push(entry.id.clone());
            self.name.push(entry.name.clone());
            self.reference.push(entry.reference.clone());
        }
    }

    fn is_empty(&self) -> bool {
        self.id.is_empty()
    }
}
