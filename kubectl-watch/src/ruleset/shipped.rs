//! The rules that ship: what each must find and must leave alone, and that each is told of where rules are read of.

mod act;
mod discovery;
mod identity;
mod kubeconfig;
mod network;
mod unsaid;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::{RuleSet, Watch};
use crate::credential::{Kubeconfig, Kuberc};
use crate::event::{Args, Environment, File, Lineage, NamedKubeconfig, Names, Place, Process, ProcessEvent};
use crate::facts::{Facts, Node};
use crate::identity::{Identity, Named, Tool};

/// The seed's rule.
const SEED: &str = "Potential Impersonation Attempt via Kubectl";

/// A process with a name of this kind, and what is known of it beside.
#[derive(Clone, Debug)]
struct Exec(Box<ProcessEvent>);

impl Exec {
    /// It began by this line, of which the words are its arguments, and the first word's last part its name.
    fn of(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        Self::of_args(&words)
    }

    /// The same where a word has blanks in it.
    fn of_args(args: &[&str]) -> Self {
        let executable = args[0];
        let process = Process {
            name: executable.rsplit('/').next().unwrap_or_default().into(),
            executable: executable.into(),
            args: args.iter().collect::<Args>(),
            ..Process::default()
        };
        Self(Box::new(ProcessEvent {
            process,
            ..ProcessEvent::default()
        }))
        .by("python3", "/usr/bin/python3")
        .user(1000, "ann")
    }

    /// Who started it.
    fn by(mut self, name: &str, executable: &str) -> Self {
        self.0.parent = process(name, executable);
        self
    }

    /// What it replaced.
    fn was(mut self, name: &str, executable: &str) -> Self {
        self.0.lineage = Lineage {
            previous: process(name, executable),
            ..Lineage::default()
        };
        self
    }

    /// Its environment.
    fn with(mut self, variables: &[&str]) -> Self {
        self.0.environment = Environment::from_bytes(variables.join("\0").as_bytes());
        self
    }

    /// What its kubeconfig says.
    fn reading(mut self, kubeconfig: Kubeconfig) -> Self {
        self.0.circumstances.kubeconfig = Some(Box::new(kubeconfig));
        self
    }

    /// Which options its preferences give.
    fn given(mut self, options: &[&str]) -> Self {
        self.0.circumstances.kuberc = Some(Box::new(Kuberc {
            options: options.iter().map(|&name| name.to_owned()).collect(),
            ..Kuberc::default()
        }));
        self
    }

    fn user(mut self, id: u32, name: &str) -> Self {
        self.0.credentials.user.effective = id;
        self.0.names = Names {
            user: Some(name.to_owned()).filter(|name| !name.is_empty()),
            ..Names::default()
        };
        self
    }

    /// What its file is by its content.
    fn being(mut self, tool: &'static str) -> Self {
        self.0.executable.content.identity = Some(Arc::new(Identity {
            tool: Some(Tool {
                name: tool,
                named: Named::BuildInfo,
            }),
            ..Identity::default()
        }));
        self
    }

    /// The file itself.
    fn of_file(mut self, file: File) -> Self {
        self.0.file = Some(file);
        self
    }

    fn in_container(mut self) -> Self {
        self.0.place = Place {
            container_id: Some("0".repeat(64)),
            ..Place::default()
        };
        self
    }

    /// The names of the shipped rules that match it.
    fn found(&self, rules: &RuleSet) -> BTreeSet<String> {
        let mut event = self.0.clone();
        let named = NamedKubeconfig::of(&event.process.args, &event.environment, b"/srv/work");
        event.kubeconfig_named = named;
        let node = Node::default();
        let judged = rules.judge(&Facts::of(&event, &node), &|_| true);
        let found = judged.matching.iter();
        found.map(|rule| rule.metadata.name.clone()).collect()
    }
}

fn process(name: &str, executable: &str) -> Process {
    Process {
        name: name.into(),
        executable: executable.into(),
        ..Process::default()
    }
}

fn rules() -> RuleSet {
    RuleSet::load(&[], true).expect("the built-in rules are right")
}

/// Checks that a rule finds these and leaves those alone.
fn check(rule: &str, finds: &[Exec], leaves: &[Exec]) {
    let rules = rules();
    assert!(rules.get(rule).is_some(), "{rule:?} does not ship");
    for (execs, expected) in [(finds, true), (leaves, false)] {
        for exec in execs {
            let found = exec.found(&rules);
            assert_eq!(
                found.contains(rule),
                expected,
                "{rule}: {exec:?} is for {found:?}"
            );
        }
    }
}

#[test]
fn each_file_ships_and_is_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files = RuleSet::load(&[folder], false).expect("they are right");
    let of = |set: &RuleSet| -> BTreeSet<_> {
        set.rules()
            .iter()
            .map(|rule| rule.metadata.name.clone())
            .collect()
    };
    let rules = rules();
    assert_eq!(of(&rules), of(&files));
    assert!(rules.skipped().is_empty(), "{:?}", rules.skipped());
    assert!(rules.warnings().is_empty(), "{:?}", rules.warnings());
    for rule in rules.rules() {
        let metadata = &rule.metadata;
        let name = &metadata.name;
        assert!(metadata.risk_score == metadata.severity.number(), "{name}");
        assert!(
            metadata
                .investigation
                .as_ref()
                .is_some_and(|text| text.contains("1. ")),
            "{name}"
        );
        assert!(
            metadata
                .response
                .as_ref()
                .is_some_and(|text| text.contains("1. ")),
            "{name}"
        );
        assert!(
            !metadata.false_positives.is_empty() && !metadata.threat.is_empty(),
            "{name}"
        );
        assert!(
            !metadata.description.is_empty() && !metadata.references.is_empty(),
            "{name}"
        );
        assert!(metadata.ruleset.is_some() && metadata.license.is_some(), "{name}");
        assert_eq!(
            name.contains("Potential"),
            name == SEED,
            "{name} is taken for the seed's"
        );
    }
}

#[test]
fn what_raises_one_of_them_is_another_of_them() {
    let rules = rules();
    let mut raised = BTreeSet::new();
    for rule in rules.rules() {
        let metadata = &rule.metadata;
        for raise in &rule.raises {
            raised.insert(metadata.name.as_str());
            for after in &raise.after {
                let mut others = rules.rules().iter().map(|other| &other.metadata);
                let is_meant = others.any(|other| other.id == *after || other.tags.contains(after));
                assert!(is_meant, "{}: {after}", metadata.name);
            }
        }
    }
    assert!(raised.contains(SEED) && raised.len() == 21, "{raised:?}");
}

#[test]
fn none_makes_every_exec_watched() {
    assert!(
        !matches!(rules().watch(), Watch::All { .. }),
        "{:?}",
        rules().watch()
    );
}

#[test]
fn each_is_told_of_with_what_trips_it() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules.md");
    let docs = fs::read_to_string(docs).expect("it is there");
    for rule in rules().rules() {
        let line = docs
            .lines()
            .find(|line| line.starts_with(&format!("| {} |", rule.metadata.name)));
        let line = line.unwrap_or_else(|| panic!("docs/rules.md has no line for {:?}", rule.metadata.name));
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{line}");
        assert_eq!(cells[1], rule.metadata.severity.name(), "{line}");
        assert!(cells[2].len() > 20, "{line}");
    }
}
