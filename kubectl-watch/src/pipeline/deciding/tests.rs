//! Rules that are decided on without what they ask for.

use super::*;
use crate::event::{Gap, Place, PodNames, ProcessEvent};
use crate::ruleset::RuleSet;

fn ids(rules: &[&Rule]) -> Vec<String> {
    rules.iter().map(|rule| rule.metadata.id.clone()).collect()
}

#[test]
fn a_rule_is_given_up_on_once_and_not_opened_again() {
    let mut rules = RuleSet::default();
    for (id, condition) in [
        ("in", "orchestrator.namespace == \"shop\""),
        ("out", "orchestrator.namespace != \"shop\""),
    ] {
        let text = format!("[rule]\nrule_id = '{id}'\nname = '{id}'\nquery = 'process where {condition}'");
        let rule = Rule::from_toml(&text, &FactSchema).expect("it is a rule");
        rules.add(rule).expect("it is another");
    }
    let candidates: Vec<&Rule> = rules.rules().iter().collect();
    let node = Node::default();
    let mut waiting = Waiting::new(ProcessEvent {
        place: Place {
            pod_uid: Some("1".into()),
            ..Place::default()
        },
        gaps: vec![Gap::Pod],
        ..ProcessEvent::default()
    });
    let Judged { matching, open } = undecided(&candidates, &node, &waiting);
    assert_eq!(
        (ids(&matching), ids(&open)),
        (vec![], vec!["in".into(), "out".into()])
    );
    assert_eq!(waiting.give_up(&open), 2);
    assert_eq!(waiting.give_up(&open), 0, "each is counted once");
    // It matches for as long as it has not been decided on: an exception may hold it back.
    for _ in 0..2 {
        let Judged { matching, open } = undecided(&candidates, &node, &waiting);
        assert_eq!((ids(&matching), ids(&open)), (vec!["out".into()], vec![]));
    }
    waiting.decided.push("out".into());
    assert!(undecided(&candidates, &node, &waiting).is_empty());
    // What is known at last counts.
    waiting.event.gaps.clear();
    waiting.event.circumstances.pod = Some(PodNames {
        namespace: "shop".into(),
        ..PodNames::default()
    });
    assert_eq!(ids(&undecided(&candidates, &node, &waiting).matching), ["in"]);
}
