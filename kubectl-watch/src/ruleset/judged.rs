//! Rules that depend on what is not known yet.

use std::collections::BTreeMap;

use super::*;
use crate::event::{File, Gap, Place, PodNames, Process};
use crate::facts::Node;

fn set(conditions: &[&str]) -> RuleSet {
    let mut set = RuleSet::default();
    for (index, condition) in conditions.iter().enumerate() {
        let text = format!(
            "[rule]\nrule_id = '{index}'\nname = '{index}'\nquery = '''process where process.name == \"k\" and {condition}'''"
        );
        let rule = Rule::from_toml(&text, &FactSchema).unwrap_or_else(|error| panic!("{error}"));
        set.add(rule).expect("it is another");
    }
    set
}

/// The ids of the rules that match, and of those that may.
fn judged(set: &RuleSet, event: &ProcessEvent, is_asked: bool) -> [Vec<String>; 2] {
    let node = Node {
        labels: BTreeMap::from([("environment".into(), "test".into())]),
        ..Node::default()
    };
    let facts = Facts::of(event, &node);
    let is_known = |field| facts.is_early(field) || (is_asked && facts.is_known(field));
    let judged = set.judge(&facts, &is_known);
    [judged.matching, judged.open].map(|rules| rules.iter().map(|rule| rule.metadata.id.clone()).collect())
}

#[test]
fn a_rule_that_depends_on_what_is_not_known_is_open_until_it_is() {
    let set = set(&[
        "process.args == \"x\"",
        "orchestrator.namespace == \"shop\"",
        "orchestrator.namespace == null",
        // What is known decides.
        "(process.args == \"x\" or source.ip == \"192.0.2.1\")",
        "process.args == \"y\" and source.ip == \"192.0.2.1\"",
        "labels.environment == \"test\"",
    ]);
    let mut event = ProcessEvent {
        process: Process {
            name: b"k".to_vec(),
            args: ["k", "x"].iter().collect(),
            ..Process::default()
        },
        place: Place {
            pod_uid: Some("1".into()),
            ..Place::default()
        },
        ..ProcessEvent::default()
    };
    assert_eq!(judged(&set, &event, false), [vec!["0", "3", "5"], vec!["1", "2"]]);
    // Nobody has answered.
    event.gaps = vec![Gap::Pod];
    assert_eq!(judged(&set, &event, true), [vec!["0", "3", "5"], vec!["1", "2"]]);
    event.gaps.clear();
    assert_eq!(judged(&set, &event, true), [vec!["0", "2", "3", "5"], vec![]]);
    event.circumstances.pod = Some(PodNames {
        namespace: "shop".into(),
        ..PodNames::default()
    });
    assert_eq!(judged(&set, &event, true), [vec!["0", "1", "3", "5"], vec![]]);
    // In no pod there is nobody to ask.
    event.place.pod_uid = None;
    event.circumstances.pod = None;
    assert_eq!(judged(&set, &event, false), [vec!["0", "2", "3", "5"], vec![]]);
}

#[test]
fn a_rule_waits_for_the_hash_that_it_asks_for_and_not_for_what_else_is_in_the_file() {
    let set = set(&[
        "process.hash.sha256 != \"00\"",
        "process.args == \"y\" and process.hash.sha256 != \"00\"",
        "kubectl_watch.executable.tool != \"oc\" and labels.environment == \"test\"",
    ]);
    let mut event = ProcessEvent {
        process: Process {
            name: b"k".to_vec(),
            args: ["k", "x"].iter().collect(),
            ..Process::default()
        },
        file: Some(File::default()),
        ..ProcessEvent::default()
    };
    event.executable.content.is_open = true;
    assert_eq!(judged(&set, &event, false), [vec!["2"], vec!["0"]]);
    event.executable.content.sha256 = Some([1; 32]);
    assert_eq!(judged(&set, &event, false), [vec!["0", "2"], vec![]]);
}
