mod novelty;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::event::{Place, Process, ProcessEvent};
use crate::facts::{Facts, Node};

const WINDOW: SignedDuration = SignedDuration::from_secs(60);

fn rule(id: &str, severity: Severity) -> Metadata {
    Metadata {
        id: id.into(),
        name: id.into(),
        severity,
        ..Metadata::default()
    }
}

/// An exec of kubectl by a user as somebody, at a second of a day.
fn event(second: i64, sequence: u64, user: u32, target: &str) -> ProcessEvent {
    let target = format!("--as={target}");
    let mut event = ProcessEvent {
        time: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100_000 + second),
        sequence,
        process: Process {
            pid: u32::try_from(sequence).expect("small"),
            start_boot_ns: sequence,
            name: b"kubectl".to_vec(),
            args: ["kubectl", "get", "pods", &target, "--token=s3cret-of-mine"]
                .iter()
                .collect(),
            ..Process::default()
        },
        place: Place {
            cgroup_id: u64::from(user),
            ..Place::default()
        },
        ..ProcessEvent::default()
    };
    event.credentials.user.effective = user;
    event
}

fn decide(it: &mut Suppression, rule: &Metadata, event: &ProcessEvent) -> (Decision, Vec<Summary>) {
    let node = Node::default();
    let summaries = it.over(event.time);
    let decision = it.decide(
        rule,
        rule.severity,
        &Settings::within(WINDOW),
        &Facts::of(event, &node),
    );
    it.sent(&format!("alert-{}", event.sequence));
    (decision, summaries)
}

const ALERT: Decision = Decision::Alert { is_uncounted: false };

fn repeat_of(sequence: u64) -> Decision {
    Decision::Repeat {
        of: format!("alert-{sequence}"),
    }
}

#[test]
fn the_first_is_an_alert_and_repeats_are_one_summary() {
    let mut it = Suppression::default();
    let rule = rule("r", Severity::Low);
    assert_eq!(decide(&mut it, &rule, &event(0, 1, 7, "a")), (ALERT, vec![]));
    for sequence in 2..=4 {
        let second = i64::try_from(sequence).expect("small");
        assert_eq!(
            decide(&mut it, &rule, &event(second, sequence, 7, "a")).0,
            repeat_of(1)
        );
    }
    assert_eq!(
        decide(&mut it, &rule, &event(4, 5, 7, "b")).0,
        ALERT,
        "as somebody else"
    );
    assert_eq!(
        decide(&mut it, &rule, &event(4, 6, 8, "a")).0,
        ALERT,
        "somebody else"
    );
    assert_eq!(it.pending(), 3);
    let (decision, summaries) = decide(&mut it, &rule, &event(60, 7, 7, "a"));
    assert_eq!(decision, ALERT, "its window is over");
    let [summary] = &summaries[..] else {
        panic!("{summaries:?}")
    };
    assert_eq!((summary.alert.as_str(), summary.count), ("alert-1", 3));
    assert_eq!(
        summary.end.duration_since(summary.start),
        SignedDuration::from_secs(2)
    );
    let shown = format!("{summary:?}");
    assert!(
        !shown.contains("s3cret") && shown.contains("<redacted:token"),
        "{shown}"
    );
    assert!(it.rest().is_empty() && it.groups() == 0 && it.of_cgroup.is_empty() && it.of_rule.is_empty());
}

#[test]
fn a_dispatcher_and_what_it_runs_are_one_intent() {
    let mut it = Suppression::default();
    let (low, other, high) = (
        rule("low", Severity::Low),
        rule("other", Severity::Low),
        rule("high", Severity::High),
    );
    let first = event(0, 1, 7, "a");
    assert_eq!(decide(&mut it, &low, &first).0, ALERT);
    assert_eq!(decide(&mut it, &other, &first).0, ALERT, "two rules, one exec");
    let mut second = event(0, 2, 7, "a");
    (second.process.pid, second.process.start_boot_ns) = (1, 1);
    second.process.executable = b"/opt/sdk/kubectl.1.30".to_vec();
    assert_eq!(decide(&mut it, &low, &second).0, repeat_of(1));
    assert_eq!(
        decide(&mut it, &rule("third", Severity::Low), &second).0,
        repeat_of(1)
    );
    assert_eq!(decide(&mut it, &high, &second).0, ALERT, "it says more");
    let mut script = event(0, 5, 8, "a");
    script.process.filename = b"/opt/kubectl".to_vec();
    script.process.executable = b"/usr/bin/bash".to_vec();
    let line = "bash -e /opt/kubectl get pods --as=a --token=s3cret-of-mine";
    script.process.args = line.split(' ').collect();
    assert_eq!(decide(&mut it, &low, &script).0, ALERT);
    let mut run_by_it = event(0, 6, 8, "a");
    (run_by_it.process.pid, run_by_it.process.start_boot_ns) = (5, 5);
    assert_eq!(decide(&mut it, &other, &run_by_it).0, repeat_of(5), "a wrapper");
    let mut later = second.clone();
    later.sequence = 3;
    later.process.args = ["kubectl", "get", "secrets", "--as=a"].iter().collect();
    assert_eq!(decide(&mut it, &low, &later).0, ALERT, "another intent");
    let mut late = second.clone();
    (late.sequence, late.time) = (4, late.time + SignedDuration::from_secs(11));
    assert_eq!(
        decide(&mut it, &rule("third", Severity::Low), &late).0,
        ALERT,
        "too late"
    );
}

/// The exec of a program by one process, with these arguments.
fn exec(sequence: u64, executable: &str, path: &str, line: &str) -> ProcessEvent {
    let mut event = event(0, sequence, 7, "a");
    (event.process.pid, event.process.start_boot_ns) = (1, 1);
    event.process.executable = executable.into();
    event.process.filename = path.into();
    event.process.args = line.split(' ').collect();
    event
}

#[test]
fn nobody_hides_what_he_asks_for_behind_the_path_of_his_program() {
    let own = "/usr/bin/kubectl";
    for (executable, path, first, second) in [
        // It stands at the end, or where a script would, and the program is no script.
        (
            own,
            own,
            "kubectl --as=a /usr/bin/kubectl",
            "kubectl delete ns prod --cache-dir /usr/bin/kubectl",
        ),
        (
            own,
            own,
            "kubectl --as=a /usr/bin/kubectl",
            "kubectl --as=b /usr/bin/kubectl",
        ),
        (own, "admin", "kubectl --as=a admin", "kubectl --as admin"),
        (
            "/usr/bin/bash",
            "/opt/it",
            "bash -e /opt/it --as=a",
            "bash -e -x /opt/it --as=a",
        ),
    ] {
        let mut it = Suppression::default();
        let low = rule("low", Severity::Low);
        assert_eq!(decide(&mut it, &low, &exec(1, executable, path, first)).0, ALERT);
        let second = exec(2, executable, path, second);
        assert_eq!(
            decide(&mut it, &rule("other", Severity::Low), &second).0,
            ALERT,
            "{second:?}"
        );
    }
}

#[test]
fn what_one_process_does_is_no_repeat_where_it_is_graver_by_now() {
    let mut it = Suppression::default();
    let (low, node) = (rule("r", Severity::Low), Node::default());
    let mut decide = |severity, sequence| {
        let event = exec(
            sequence,
            "/usr/bin/kubectl",
            "/usr/bin/kubectl",
            "kubectl get pods",
        );
        let decision = it.decide(
            &low,
            severity,
            &Settings::within(WINDOW),
            &Facts::of(&event, &node),
        );
        it.sent(&format!("alert-{sequence}"));
        decision
    };
    assert_eq!(decide(Severity::Low, 1), ALERT);
    assert_eq!(decide(Severity::Critical, 2), ALERT, "raised");
    assert_eq!(decide(Severity::Critical, 3), repeat_of(2));
    assert_eq!(decide(Severity::Low, 4), repeat_of(2), "it said more already");
}

#[test]
fn what_is_graver_than_before_is_no_repeat() {
    let mut it = Suppression::default();
    let low = rule("r", Severity::Low);
    assert_eq!(decide(&mut it, &low, &event(0, 1, 7, "a")).0, ALERT);
    let raised = rule("r", Severity::Medium);
    assert_eq!(decide(&mut it, &raised, &event(1, 2, 7, "a")).0, ALERT);
    assert_eq!(decide(&mut it, &raised, &event(2, 3, 7, "a")).0, repeat_of(2));
    assert_eq!(decide(&mut it, &low, &event(3, 4, 7, "a")).0, repeat_of(1));
}

#[test]
fn a_noisy_cgroup_takes_no_places_of_others() {
    let mut it = Suppression::default();
    let rules: Vec<_> = (0..8).map(|id| rule(&id.to_string(), Severity::Low)).collect();
    let places = u64::try_from(MAX_OF_CGROUP).expect("small");
    for sequence in 1..=places + 5 {
        let (decision, _) = decide(&mut it, &rules[0], &event(0, sequence, 1, &sequence.to_string()));
        let is_uncounted = sequence > places;
        assert_eq!(decision, Decision::Alert { is_uncounted }, "never held back");
    }
    assert_eq!(decide(&mut it, &rules[0], &event(0, 9999, 2, "a")).0, ALERT);
    assert_eq!(
        decide(&mut it, &rules[0], &event(1, 10_000, 2, "a")).0,
        repeat_of(9999)
    );
    assert_eq!(
        decide(&mut it, &rules[0], &event(1, 10_001, 1, "5")).0,
        repeat_of(5)
    );
    for (index, rule) in rules.iter().enumerate() {
        for user in 100..130 {
            for target in 0..40 {
                let sequence = 20_000 + u64::from(user) * 100 + target;
                decide(&mut it, rule, &event(1, sequence, user, &target.to_string()));
            }
        }
        let in_rule = it.of_rule.get(&index.to_string()).copied();
        assert!(in_rule.unwrap_or_default() <= MAX_OF_RULE);
    }
    assert_eq!(it.groups(), MAX_GROUPS);
}

proptest! {
    /// Whatever comes, in whatever order of time: each match is an alert or in exactly one summary, the first of
    /// each fingerprint is an alert, and each summary names an alert.
    #[test]
    fn every_match_is_counted_once(matches in proptest::collection::vec((0_i64..300, 0_u32..4, 0_u8..4, 0_u8..3), 0..200)) {
        let mut it = Suppression::default();
        let rules = ["a", "b", "c"].map(|id| rule(id, Severity::Low));
        let (mut alerts, mut repeats) = (BTreeMap::new(), 0_u64);
        let mut summaries = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (index, (second, user, target, of)) in matches.iter().enumerate() {
            let event = event(*second, 1 + index as u64, *user, &target.to_string());
            let rule = &rules[usize::from(*of)];
            let (decision, over) = decide(&mut it, rule, &event);
            summaries.extend(over);
            let is_new = seen.insert((user, target, of));
            match decision {
                Decision::Alert { .. } => { alerts.insert(format!("alert-{}", event.sequence), 0); }
                Decision::Repeat { of } => {
                    prop_assert!(!is_new && alerts.contains_key(&of));
                    repeats += 1;
                }
            }
            let told: u64 = summaries.iter().map(|summary: &Summary| summary.count).sum();
            prop_assert_eq!(told + it.pending(), repeats);
        }
        summaries.extend(it.rest());
        let summarised: u64 = summaries.iter().map(|summary| summary.count).sum();
        prop_assert_eq!(matches.len() as u64, alerts.len() as u64 + summarised);
        prop_assert_eq!(it.pending(), 0);
        for summary in &summaries {
            let times = alerts.get_mut(&summary.alert);
            prop_assert!(times.is_some_and(|times| { *times += 1; *times == 1 }), "{:?}", summary);
            prop_assert!(summary.end.duration_since(summary.start) < WINDOW + WINDOW);
        }
    }
}
