use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::event::field::ProcessSchema;
use crate::event::{Credentials, Lineage, Place, Process};

/// A low rule with a tag, and what it says of being raised.
fn rule(id: &str, tag: &str, raises: &str) -> Rule {
    let text = format!(
        "[rule]\nname = 'Rule {id}'\nrule_id = '{id}'\nseverity = 'low'\ntags = ['{tag}']\n\
         query = 'process where true'\n{raises}"
    );
    Rule::from_toml(&text, &ProcessSchema).expect("it is a rule")
}

/// An exec at a second, in a session, a container and a login; 0 is none.
fn event(second: i64, sequence: u64, (session, container, login): (u32, u32, u32)) -> ProcessEvent {
    ProcessEvent {
        time: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
        sequence,
        lineage: Lineage {
            session_leader: Process {
                pid: session,
                start_boot_ns: u64::from(session),
                ..Process::default()
            },
            ..Lineage::default()
        },
        place: Place {
            container_id: (container != 0).then(|| container.to_string()),
            ..Place::default()
        },
        credentials: Credentials {
            audit_session: (login != 0).then_some(login),
            ..Credentials::default()
        },
        ..ProcessEvent::default()
    }
}

fn ids(surroundings: &Surroundings) -> Vec<(&str, i64, By)> {
    let named = surroundings.named.iter();
    named
        .map(|it| (it.alert.as_str(), it.before.as_secs(), it.by))
        .collect()
}

#[test]
fn each_of_four_things_joins_and_the_narrowest_is_named() {
    let mut recent = Recent::default();
    let (a, b) = (rule("a", "t", ""), rule("b", "t", ""));
    recent.note(&event(0, 1, (1, 1, 1)), &a.metadata, "first");
    let around = |second, sequence, place| recent.around(&event(second, sequence, place), &b);
    for (sequence, place, by) in [
        (1, (1, 1, 1), By::Exec),
        (2, (1, 1, 1), By::Session),
        (2, (2, 1, 1), By::Container),
        (2, (2, 2, 1), By::Login),
    ] {
        assert_eq!(ids(&around(42, sequence, place)), [("first", 42, by)]);
    }
    assert_eq!(around(42, 2, (2, 2, 2)), Surroundings::default());
    assert_eq!(around(42, 2, (0, 0, 0)), Surroundings::default());
    let running = |pid| {
        let mut found = event(0, 0, (0, 0, 0));
        found.process.pid = pid;
        found
    };
    recent.note(&running(7), &a.metadata, "running");
    let around = |pid| recent.around(&running(pid), &b);
    assert_eq!(ids(&around(7)), [("running", 0, By::Exec)]);
    assert_eq!(ids(&around(8)), [], "another process that was found running");
    let around = |second, sequence, place| recent.around(&event(second, sequence, place), &b);
    assert_eq!(around(42, 2, (1, 0, 0)).named[0].rule_name, "Rule a");
}

#[test]
fn a_rule_names_the_last_alert_of_each_and_eight_of_them() {
    let mut recent = Recent::default();
    let this = rule("this", "t", "");
    for of in 0..12 {
        let other = rule(&of.to_string(), "t", "");
        for again in 0..2 {
            let sequence = 1 + of * 2 + again;
            let second = i64::try_from(sequence).expect("small");
            recent.note(
                &event(second, sequence, (1, 0, 0)),
                &other.metadata,
                &format!("{of}-{again}"),
            );
        }
    }
    let surroundings = recent.around(&event(30, 99, (1, 0, 0)), &this);
    assert_eq!(
        (surroundings.named.len(), surroundings.more),
        (MAX_NAMED, 12 - MAX_NAMED)
    );
    assert_eq!(
        ids(&surroundings)[..2],
        [("11-1", 6, By::Session), ("10-1", 8, By::Session)]
    );
}

#[test]
fn a_rule_says_after_what_and_for_how_long_its_alerts_are_graver() {
    let raises = "[[rule.raise]]\nafter = ['found']\nto = 'medium'\n\
                  [[rule.raise]]\nafter = ['b']\nwithin = '1m'\nto = 'high'\n";
    let (a, b, used) = (
        rule("a", "found", ""),
        rule("b", "", ""),
        rule("used", "", raises),
    );
    let mut recent = Recent::default();
    let place = (1, 0, 0);
    let judged = |recent: &Recent, second, sequence| {
        let surroundings = recent.around(&event(second, sequence, place), &used);
        let by = surroundings.raised.as_ref().map(|raised| raised.by.clone());
        (surroundings.severity(&used.metadata), by.unwrap_or_default())
    };
    recent.note(&event(0, 1, place), &rule("c", "other", "").metadata, "c");
    assert_eq!(judged(&recent, 1, 9), (Severity::Low, String::new()));
    recent.note(&event(1, 2, place), &a.metadata, "a");
    assert_eq!(judged(&recent, 2, 9), (Severity::Medium, "a".into()));
    assert_eq!(
        judged(&recent, 2, 2),
        (Severity::Low, String::new()),
        "the same exec"
    );
    recent.note(&event(2, 3, place), &b.metadata, "b");
    assert_eq!(judged(&recent, 62, 9), (Severity::High, "b".into()));
    assert_eq!(judged(&recent, 63, 9), (Severity::Medium, "a".into()));
    assert_eq!(judged(&recent, 3602, 9), (Severity::Low, String::new()));
}

#[test]
fn a_place_where_much_happens_is_not_forgotten_for_new_ones() {
    let mut recent = Recent::default();
    let a = rule("a", "t", "");
    let many = u32::try_from(MAX_PLACES).expect("small") * 3;
    for session in 1..=many {
        let sequence = u64::from(session);
        let id = session.to_string();
        recent.note(
            &event(sequence.cast_signed(), sequence, (session, 7, 0)),
            &a.metadata,
            &id,
        );
        if session == 1 {
            recent.note(&event(1, sequence, (0, 8, 0)), &a.metadata, "elsewhere");
        }
    }
    let around = |place| recent.around(&event(1000, 9999, place), &a);
    assert_eq!(ids(&around((1, 0, 0))), [], "the first session is forgotten");
    assert_eq!(ids(&around((0, 8, 0)))[0].0, "elsewhere", "no container is");
    assert_eq!(ids(&around((0, 7, 0)))[0].0, many.to_string());
    assert!(recent.places.iter().all(|places| places.len() <= MAX_PLACES));
}

proptest! {
    /// Whatever comes, in the order of its time: what is named is the last alert of each rule that has something in
    /// common with the event and is no older than the window, and all of those are counted.
    #[test]
    fn the_window_is_exact_and_all_is_bounded(
        alerts in proptest::collection::vec((0_i64..900, (0_u32..4, 0_u32..3, 0_u32..3), 0_usize..6), 0..80)
    ) {
        let mut recent = Recent::default();
        let rules: Vec<Rule> = (0..6).map(|id| rule(&id.to_string(), "t", "")).collect();
        let mut noted: Vec<(String, ProcessEvent, usize)> = Vec::new();
        let mut second = 0;
        for (index, &(later, place, of)) in alerts.iter().enumerate() {
            second += later;
            let event = event(second, 1 + index as u64, place);
            let said = recent.around(&event, &rules[of]);
            // By each key on its own, the last alert of each rule.
            let mut last: HashMap<(Key, usize), &str> = HashMap::new();
            for (id, earlier, of) in &noted {
                let is_recent = event.time.duration_since(earlier.time) <= WINDOW;
                for key in keys(earlier).filter(|key| is_recent && keys(&event).any(|own| own == *key)) {
                    last.insert((key, *of), id);
                }
            }
            let expected: std::collections::BTreeSet<&str> = last.into_values().collect();
            prop_assert_eq!(said.named.len() + said.more, expected.len());
            prop_assert!(said.named.len() <= MAX_NAMED);
            prop_assert!(said.named.is_sorted_by_key(|it| it.before));
            prop_assert!(said.named.iter().all(|it| expected.contains(it.alert.as_str()) && it.before <= WINDOW));
            let id = format!("alert-{index}");
            recent.note(&event, &rules[of].metadata, &id);
            noted.push((id, event, of));
            prop_assert!(recent.places.iter().all(|places| places.len() <= MAX_PLACES));
            prop_assert!(recent.places.iter().flat_map(HashMap::values).all(|alerts| alerts.len() <= MAX_RULES));
        }
    }
}
