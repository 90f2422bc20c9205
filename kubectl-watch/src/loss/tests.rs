//! Counters that move, and what is said of it.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use kubectl_watch_ebpf::Counter;

use super::*;
use crate::event::{Content, Unknown};
use crate::source::kernel::Terms;

fn time(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn reports() -> LossReports {
    LossReports::new(time(1), Losses::default(), Balance::default())
}

fn balance(lost: &[u64]) -> Balance {
    let terms = lost.iter().zip(0..).map(|(&lost, cpu)| Terms {
        cpu,
        lost,
        ..Terms::default()
    });
    Balance {
        cpus: terms.collect(),
        bad_records: 0,
    }
}

fn look<'a>(now: i64, losses: &'a Losses, balance: &'a Balance, undelivered: u64) -> Look<'a> {
    Look {
        now: time(now),
        losses,
        balance,
        last: &[],
        undelivered,
    }
}

#[test]
fn lost_execs_have_a_place_a_time_and_a_last_one() {
    let mut reports = reports();
    let mut losses = Losses::default();
    losses.kernel[Counter::LostExecs as usize] = 5;
    losses.kernel[Counter::UnreadableNames as usize] = 5;
    let last = |cpu, first, last, pid| LostExec {
        cpu,
        first: time(first),
        last: time(last),
        process: Process {
            pid,
            ..Process::default()
        },
    };
    let (last, balance) = (
        [last(0, 0, 1, 7), last(1, 3, 4, 8), last(2, 2, 6, 9)],
        balance(&[0, 3, 2]),
    );
    let found = reports.look(&Look {
        last: &last,
        ..look(9, &losses, &balance, 0)
    });
    let [loss] = &found[..] else { panic!("{found:?}") };
    assert_eq!((loss.reason, loss.count, loss.total), ("lost_execs", 5, 5));
    assert_eq!(
        (loss.from, loss.to, &loss.cpus[..]),
        (time(2), time(6), &[1, 2][..])
    );
    assert_eq!(loss.process.as_ref().map(|process| process.pid), Some(9));
    assert_eq!(
        reports.look(&look(10, &losses, &balance, 0)),
        [],
        "it is said once"
    );

    losses.kernel[Counter::LostExecs as usize] = 6;
    let found = reports.look(&look(12, &losses, &balance, 0));
    assert_eq!((found[0].count, found[0].total), (1, 6));
    assert_eq!(
        (found[0].from, found[0].to),
        (time(10), time(12)),
        "no more is known"
    );
}

#[test]
fn an_event_that_no_rule_matched_counts_only_if_something_of_it_is_missing() {
    let mut reports = reports();
    let event = |pid, second, gaps| ProcessEvent {
        time: time(second),
        process: Process {
            pid,
            args: ["secret"].iter().collect(),
            ..Process::default()
        },
        gaps,
        ..ProcessEvent::default()
    };
    reports.unmatched(&event(1, 2, vec![Gap::Executable]), false);
    reports.unmatched(&event(2, 5, vec![Gap::Args]), false);
    reports.unmatched(&event(3, 4, vec![Gap::Args]), false);
    reports.unmatched(&event(4, 3, vec![]), true);
    let (losses, balance) = (Losses::default(), Balance::default());
    let found = reports.look(&look(9, &losses, &balance, 0));
    let [loss] = &found[..] else { panic!("{found:?}") };
    assert_eq!((loss.count, loss.from, loss.to), (3, time(3), time(5)));
    let process = loss.process.as_ref().expect("it is known");
    assert!(process.pid == 2 && process.args.is_empty());
}

#[test]
fn processes_above_are_missing_only_where_a_rule_asks_for_them() {
    let mut reports = reports();
    let event = ProcessEvent {
        gaps: vec![Gap::Ancestors],
        ..ProcessEvent::default()
    };
    let (losses, balance) = (Losses::default(), Balance::default());
    for (asked, count) in [
        ("process.parent.name", 0),
        ("process.parent.parent.name", 1),
        ("process.session_leader.args", 1),
        ("process.entry_leader.entry_meta.type", 1),
        ("process.env_vars", 0),
    ] {
        reports.set_needs(|field| field == asked);
        reports.unmatched(&event, false);
        let found = reports.look(&look(9, &losses, &balance, 0));
        assert_eq!(found.len(), count, "{asked}");
    }
}

#[test]
fn an_executable_that_nobody_could_read_counts_if_it_could_be_a_tool() {
    let event = |unknown, size, file_system| {
        let mut event = ProcessEvent {
            file: Some(File {
                file_system,
                ..File::default()
            }),
            gaps: vec![Gap::Content],
            ..ProcessEvent::default()
        };
        event.executable.content.unknown = unknown;
        if let Some(file) = &mut event.file {
            file.version.size = size;
        }
        event
    };
    let (ext, fuse) = (0xef53, 0x6573_5546);
    for (unknown, size, file_system, could_be) in [
        (None, LEAST_SEARCHED, ext, false),
        (Some(Unknown::Gone), LEAST_SEARCHED, ext, true),
        (Some(Unknown::Changed), LEAST_SEARCHED - 1, ext, false),
        (Some(Unknown::Unreadable), 1, fuse, true),
    ] {
        let event = event(unknown, size, file_system);
        assert_eq!(could_be_a_tool(&event), could_be, "{unknown:?} {size}");
    }
    let mut unsearched = event(None, LEAST_SEARCHED, ext);
    unsearched.executable.content.is_unsearched = true;
    assert!(could_be_a_tool(&unsearched));
    let mut loader = event(None, 1, ext);
    loader.executable.loaded = Some(Box::new(Loaded {
        path: b"./kubectl".to_vec(),
        content: Content::unknown(Unknown::Gone),
    }));
    assert!(could_be_a_tool(&loader));

    let mut reports = reports();
    reports.unmatched(&loader, false);
    reports.unread(&loader);
    let (losses, balance) = (Losses::default(), Balance::default());
    let found = reports.look(&look(9, &losses, &balance, 0));
    let found: Vec<_> = found.iter().map(|loss| (loss.reason, loss.count)).collect();
    assert_eq!(found, [(UNREAD, 1)]);
}

#[test]
fn a_sink_that_stays_broken_is_told_of_ever_more_rarely() {
    let mut reports = reports();
    let (losses, balance) = (Losses::default(), Balance::default());
    let (mut undelivered, mut said, mut counted) = (3, Vec::new(), 0);
    for second in 2..130 {
        for loss in reports.look(&look(second, &losses, &balance, undelivered)) {
            said.push(second);
            counted += loss.count;
            undelivered += 1;
        }
    }
    assert_eq!(said, [2, 4, 7, 12, 21, 38, 71]);
    assert_eq!(counted + 1, undelivered, "all but the last have been told of");
    // It works again: the last one arrives, and the next failure is told at once.
    let mut healed = self::reports();
    assert_eq!(healed.look(&look(2, &losses, &balance, 1)).len(), 1);
    assert_eq!(healed.look(&look(3, &losses, &balance, 1)).len(), 0);
    assert_eq!(healed.look(&look(4, &losses, &balance, 2))[0].count, 1);
}

/// The names that the first cells of this section's tables have.
fn documented(section: &str) -> BTreeSet<&'static str> {
    let document = include_str!("../../../docs/operations.md");
    let (_, after) = document.split_once(section).expect("there is such a section");
    let section = after.split("\n## ").next().unwrap_or_default();
    let cells = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    cells
        .flat_map(|cell| cell.trim_end_matches('`').split("`, `"))
        .collect()
}

#[test]
fn operators_are_told_of_every_counter() {
    let losses = Losses::default();
    let all = losses.by_reason().map(|(reason, _)| reason);
    let all: BTreeSet<_> = all
        .chain([PARTIAL, UNREAD, UNDELIVERED, UNREAD_BYTES, UNREAD_BUFFERS])
        .collect();
    assert_eq!(documented("\n## Nothing is lost in silence\n"), all);
    assert!(GRAVE.iter().all(|reason| all.contains(reason)));
}
