use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::event::field::ProcessSchema;
use crate::event::{Gap, PodNames, Process};

const EXCEPTION: &str = "[[exception]]\nname = 'e'\nreason = 'r'\nowner = 'o'\nexpires = 1970-01-01T00:01:40Z\n\
                         rules = ['a']\ncondition = 'user.id == 1'\n";

const LOW: Severity = Severity::Low;

fn triage() -> Triage {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("e.toml");
    std::fs::write(&path, EXCEPTION).expect("file");
    Triage {
        exceptions: ExceptionSet::load(&[path]).expect("it loads"),
        suppression: Suppression::default(),
        settings: Some(Settings::within(SignedDuration::from_secs(20))),
        node: Node::default(),
        counts: Counts::default(),
        due: Vec::new(),
        told_unsure: 0,
    }
}

fn rule(id: &str) -> Rule {
    let text =
        format!("[rule]\nname = '{id}'\nrule_id = '{id}'\nquery = 'process where process.name == \"k\"'\n");
    Rule::from_toml(&text, &ProcessSchema).expect("it is a rule")
}

proptest! {
    /// Whatever matches, in whatever order of time: each match is counted once, as what was made of it; an exception
    /// counts for its rule and until its end, by the time of the event.
    #[test]
    fn every_match_is_one_of_three(matches in proptest::collection::vec((0_i64..200, 0_u32..3, 0_usize..2), 0..150)) {
        let mut triage = triage();
        let rules = [rule("a"), rule("b")];
        let host = Host::default();
        let (mut alerts, mut repeats, mut excepted, mut told) = (0, 0, 0, 0);
        for (index, &(second, user, of)) in matches.iter().enumerate() {
            let sequence = 1 + index as u64;
            let mut event = ProcessEvent {
                time: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
                sequence,
                process: Process { name: b"k".to_vec(), ..Process::default() },
                ..ProcessEvent::default()
            };
            event.credentials.user.effective = user;
            let is_excepted = user == 1 && of == 0 && second < 100;
            match triage.decide(&rules[of], LOW, &event, Patience::Some) {
                Decision::Alert => {
                    alerts += 1;
                    triage.sent(&format!("alert-{sequence}"));
                    prop_assert!(!is_excepted);
                }
                Decision::Repeat(of) => {
                    prop_assert!(of.starts_with("alert-"));
                    repeats += 1;
                    prop_assert!(!is_excepted);
                }
                Decision::Excepted(by) => {
                    excepted += 1;
                    prop_assert!(is_excepted && by.name == "e");
                }
                Decision::Hold => prop_assert!(false, "nothing asks for a hash"),
            }
            told += triage.due.iter().map(|summary| summary.count).sum::<u64>();
            triage.take_summaries(&host);
        }
        triage.finish();
        told += triage.due.iter().map(|summary| summary.count).sum::<u64>();
        let Counts { matched, alerted, summarised, .. } = triage.counts;
        prop_assert_eq!(matched, matches.len() as u64);
        prop_assert_eq!((alerted, summarised, triage.counts.excepted), (alerts, repeats, excepted));
        prop_assert_eq!(matched, alerts + told + excepted);
        prop_assert_eq!(triage.exceptions.exceptions()[0].hits, excepted);
    }
}

#[test]
fn a_match_waits_for_a_hash_only_if_an_exception_could_hold_by_it() {
    let mut triage = triage();
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("e.toml");
    let by_hash = "condition = 'user.id == 1 and process.hash.sha256 == \"00\"'";
    let text = EXCEPTION.replace("condition = 'user.id == 1'", by_hash);
    std::fs::write(&path, text).expect("file");
    triage.exceptions = ExceptionSet::load(&[path]).expect("it loads");
    let mut event = ProcessEvent {
        file: Some(crate::event::File::default()),
        ..ProcessEvent::default()
    };
    let (a, b) = (rule("a"), rule("b"));
    let alert = |decision| matches!(decision, Decision::Alert);
    assert!(
        alert(triage.decide(&a, LOW, &event, Patience::Some)),
        "another user"
    );
    event.credentials.user.effective = 1;
    assert!(
        alert(triage.decide(&b, LOW, &event, Patience::Some)),
        "another rule"
    );
    assert!(matches!(
        triage.decide(&a, LOW, &event, Patience::Some),
        Decision::Hold
    ));
    assert_eq!(triage.counts.matched, 2, "what is held is not decided");
    assert!(
        alert(triage.decide(&a, LOW, &event, Patience::None)),
        "it does not come"
    );

    let path = folder.path().join("pod.toml");
    let by_pod = "condition = 'user.id == 1 and orchestrator.namespace == \"shop\"'";
    let text = EXCEPTION.replace("condition = 'user.id == 1'", by_pod);
    std::fs::write(&path, text).expect("file");
    triage.exceptions = ExceptionSet::load(&[path]).expect("it loads");
    event.place.pod_uid = Some("1".into());
    event.gaps = vec![Gap::Pod];
    assert!(matches!(
        triage.decide(&a, LOW, &event, Patience::Some),
        Decision::Hold
    ));
    event.gaps.clear();
    event.circumstances.pod = Some(PodNames {
        namespace: "shop".into(),
        ..PodNames::default()
    });
    assert!(matches!(
        triage.decide(&a, LOW, &event, Patience::Some),
        Decision::Excepted(_)
    ));
}

#[test]
fn what_never_became_known_is_not_taken_for_absent() {
    let mut triage = triage();
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("e.toml");
    let by_none = "condition = 'user.id == 1 and kubectl_watch.kubeconfig.file.path == null'";
    let text = EXCEPTION.replace("condition = 'user.id == 1'", by_none);
    std::fs::write(&path, text).expect("file");
    triage.exceptions = ExceptionSet::load(&[path]).expect("it loads");
    let mut event = ProcessEvent {
        gaps: vec![Gap::Kubeconfig],
        ..ProcessEvent::default()
    };
    event.credentials.user.effective = 1;
    let a = rule("a");
    let held = triage.decide(&a, LOW, &event, Patience::Some);
    assert!(matches!(held, Decision::Hold));
    let late = triage.decide(&a, LOW, &event, Patience::None);
    assert!(matches!(late, Decision::Alert), "nobody could read it");
    event.gaps.clear();
    let known = triage.decide(&a, LOW, &event, Patience::Some);
    assert!(matches!(known, Decision::Excepted(_)), "there is none");
}
