use jiff::SignedDuration;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::alert::samples::Sample;
use crate::alert::{Alert, AlertParts};
use crate::eql::Schema as _;
use crate::event::ProcessEvent;
use crate::event::field::ProcessSchema;
use crate::facts::{FactSchema, Facts, Node};
use crate::rule::Rule;
use crate::suppression::{Decision, Missing, Suppression};

const QUERY: &str = "process where process.name == \"kubectl\"";

fn rule() -> Rule {
    let text = format!("[rule]\nrule_id = 'i'\nname = 'N'\nquery = '{QUERY}'");
    Rule::from_toml(&text, &ProcessSchema).unwrap_or_else(|error| panic!("{error}"))
}

/// The documents of alerts about these events, with the numbers of the events as their ids.
fn written(rule: &Rule, events: &[ProcessEvent]) -> Vec<u8> {
    let sample = Sample::new();
    let line = |event: &ProcessEvent| {
        let alert = Alert::new(&AlertParts {
            rule: &rule.metadata,
            event,
            host: &sample.host,
            matched: &[],
            surroundings: &sample.surroundings,
            response: None,
            id: Uuid::from_u128(event.sequence.into()),
            created: event.time,
        });
        alert.to_json_line()
    };
    events.iter().flat_map(line).collect()
}

/// What the daemon decides on these, by their ids, and the summaries that it writes.
fn decided(rule: &Rule, settings: &Settings, events: &[ProcessEvent]) -> (Vec<Fate>, Vec<Summary>) {
    let (mut it, node) = (Suppression::default(), Node::default());
    let (mut fates, mut summaries) = (Vec::new(), Vec::new());
    for event in events {
        summaries.extend(it.over(event.time));
        let facts = Facts::of(event, &node);
        let decision = it.decide(&rule.metadata, rule.metadata.severity, settings, &facts);
        it.sent(&Uuid::from_u128(event.sequence.into()).to_string());
        fates.push(match decision {
            Decision::Alert { .. } => Fate::Remains,
            Decision::Repeat { of } => Fate::Repeats(of),
        });
    }
    summaries.extend(it.rest());
    summaries.sort_by_key(|summary| summary.start);
    (fates, summaries)
}

/// An exec of kubectl: when, by whom, as whom, with which token, and whether as what its dispatcher runs.
fn event(sequence: u64, (second, user, target, token, again): (i64, u32, u8, u8, bool)) -> ProcessEvent {
    let mut event = Sample::new().event;
    event.time += SignedDuration::from_secs(second);
    event.sequence = sequence;
    event.credentials.user.effective = user;
    let target =
        [b"--as=a".to_vec(), b"--as=\xff\\x41".to_vec(), b"--as=b".to_vec()][usize::from(target)].clone();
    let token = format!("--token=secret-{token}").into_bytes();
    event.process.args = [b"kubectl".to_vec(), b"get".to_vec(), target, token]
        .iter()
        .collect();
    if !again {
        event.process.pid += u32::try_from(sequence).expect("small");
    }
    event
}

proptest! {
    #[test]
    fn documents_are_decided_on_as_their_events_were(
        mut execs in proptest::collection::vec((0_i64..200, 0_u32..3, 0_u8..3, 0_u8..2, any::<bool>()), 1..40),
    ) {
        execs.sort_by_key(|exec| exec.0);
        let events: Vec<_> = (1..).zip(execs).map(|(sequence, exec)| event(sequence, exec)).collect();
        let rule = rule();
        let settings = Settings::within(SignedDuration::from_secs(60));
        let past = Past::from_text(&written(&rule, &events));
        let mut rules = RuleSet::default();
        prop_assert!(rules.add(rule.clone()).is_ok());
        let simulation = Simulation::run(&past, &rules, &ExceptionSet::default(), Some(&settings));
        let (fates, summaries) = decided(&rule, &settings, &events);
        let simulated: Vec<_> = simulation.fates.iter().map(|(_, fate)| fate.clone()).collect();
        prop_assert_eq!(simulated, fates);
        prop_assert_eq!(&simulation.summaries, &summaries);
        let sum = simulation.sum;
        prop_assert_eq!(sum.alerts, sum.matched());
        let counted: u64 = summaries.iter().map(|summary| summary.count).sum();
        prop_assert_eq!(sum.repeats as u64, counted);
    }
}

#[test]
fn what_a_document_does_not_say_cannot_be_told_apart() {
    let rule = rule();
    let events = [1, 2].map(|sequence| event(sequence, (0, 7, 0, 0, false)));
    let mut long = events.clone();
    let name = format!("--namespace={}", "n".repeat(2000));
    for event in &mut long {
        event.process.args = ["kubectl", "get", "pods", &name].iter().collect();
    }
    let mut rules = RuleSet::default();
    assert!(rules.add(rule.clone()).is_ok());
    for (field, events, unsure) in [
        ("process.args", &events, 0),
        ("process.parent.thread.id", &events, 2),
        ("kubectl_watch.request.namespace", &events, 0),
        ("kubectl_watch.request.namespace", &long, 2),
    ] {
        let settings = Settings {
            fields: vec![(FactSchema.field(field).expect("it is known"), field)],
            window: SignedDuration::from_secs(60),
            missing: Missing::Suppress,
        };
        let past = Past::from_text(&written(&rule, events));
        let simulation = Simulation::run(&past, &rules, &ExceptionSet::default(), Some(&settings));
        assert_eq!(simulation.sum.unsure, unsure, "{field}");
        assert_eq!(simulation.sum.repeats, (2 - unsure) / 2, "{field}");
    }
}

#[test]
fn a_node_repeats_no_alert_of_another() {
    let rule = rule();
    let events = [1, 2].map(|sequence| event(sequence, (0, 7, 0, 0, false)));
    let text = String::from_utf8(written(&rule, &events)).expect("it is text");
    let (first, second) = text.split_once('\n').expect("two lines");
    let id = Sample::new().host.id.expect("it has one");
    let other = format!("{first}\n{}", second.replace(&id, "another"));
    let mut rules = RuleSet::default();
    assert!(rules.add(rule).is_ok());
    let settings = Settings::within(SignedDuration::from_secs(60));
    for (text, repeats) in [(&text, 1), (&other, 0)] {
        let past = Past::from_text(text.as_bytes());
        let simulation = Simulation::run(&past, &rules, &ExceptionSet::default(), Some(&settings));
        assert_eq!(simulation.sum.repeats, repeats);
    }
}
