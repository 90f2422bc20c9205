//! Real processes, and who is spared.

use std::process::{Child, Command};

use super::*;
use crate::event::{File, FileVersion, Process};

fn responder(order: &str, dry_run: bool, limit: usize) -> Responder {
    Responder::new(&Options {
        orders: vec![order.parse().expect("an order")],
        dry_run,
        limit,
    })
}

/// A process that waits, and the event of its exec.
fn sleeper() -> (Child, ProcessEvent) {
    let child = Command::new("sleep").arg("600").spawn().expect("it starts");
    let event = event(child.id());
    (child, event)
}

fn event(pid: u32) -> ProcessEvent {
    let ticks = ProcessFolder::of_pid(pid)
        .and_then(|it| it.start_ticks())
        .expect("it runs");
    ProcessEvent {
        process: Process {
            pid,
            start_boot_ns: ticks * crate::event::NANOSECONDS_PER_TICK,
            ..Process::default()
        },
        ..ProcessEvent::default()
    }
}

fn end(mut child: Child) {
    // It may have been killed.
    let _ended = child.kill();
    child.wait().expect("it is ours");
}

#[test]
fn only_what_a_rule_is_ordered_for_is_done() {
    let (mut child, event) = sleeper();
    let mut responder = responder("kill:a", false, 10);
    assert_eq!(responder.respond(["b"].into_iter(), &event, None), None);
    let response = responder
        .respond(["b", "a"].into_iter(), &event, None)
        .expect("there is an order");
    assert_eq!((response.action, response.outcome), (Action::Kill, Outcome::Done));
    assert!(!child.wait().expect("it is ours").success());
    let outcome = responder
        .respond(["a"].into_iter(), &event, None)
        .map(|it| it.outcome);
    assert_eq!(outcome, Some(Outcome::Gone));
}

#[test]
fn only_what_is_stronger_is_done_to_one_that_was_touched() {
    let (mut child, event) = sleeper();
    let mut responder = responder("stop:a", false, 10);
    responder.orders.extend("kill:b".parse::<Order>());
    let mut respond = |rule, done| responder.respond([rule].into_iter(), &event, done);
    assert_eq!(respond("a", Some(Action::Stop)), None);
    assert_eq!(respond("a", Some(Action::Kill)), None);
    let response = respond("b", Some(Action::Stop)).expect("to kill is more than to stop");
    assert_eq!(response.outcome, Outcome::Done);
    assert!(!child.wait().expect("it is ours").success());
}

#[test]
fn a_dry_run_touches_nobody_and_counts_as_if_it_did() {
    let (mut child, event) = sleeper();
    let mut responder = responder("kill:a", true, 1);
    let mut outcome = || {
        responder
            .respond(["a"].into_iter(), &event, None)
            .map(|it| it.outcome)
    };
    assert_eq!(outcome(), Some(Outcome::DryRun));
    assert_eq!(outcome(), Some(Outcome::Limited));
    assert_eq!(child.try_wait().expect("it is ours"), None);
    end(child);
}

#[test]
fn a_process_of_another_time_is_not_touched() {
    let (child, mut event) = sleeper();
    event.process.start_boot_ns += crate::event::NANOSECONDS_PER_TICK;
    let outcome = responder("kill:a", false, 1)
        .respond(["a"].into_iter(), &event, None)
        .map(|it| it.outcome);
    assert_eq!(outcome, Some(Outcome::Gone));
    end(child);
}

#[test]
fn whom_the_node_needs_is_not_touched() {
    let (child, waits) = sleeper();
    let own = event(process::id());
    let above = event(std::os::unix::process::parent_id());
    let mut responder = responder("stop:a", false, 10);
    let mut node = waits.clone();
    node.process.executable = b"/usr/bin/kubelet".to_vec();
    node.place.mnt_ns = responder.node.unwrap_or_default();
    node.file = Some(file(0, 0o755));
    let mut server = node.clone();
    server.process.executable = b"/usr/local/bin/k3s".to_vec();
    server.process.args = ["k3s", "server"].iter().collect();
    for event in [&own, &above, &node, &server] {
        let outcome = responder
            .respond(["a"].into_iter(), event, None)
            .map(|it| it.outcome);
        assert!(matches!(outcome, Some(Outcome::Protected(_))), "{outcome:?}");
    }
    let others = [
        // Anybody may call a program so.
        ProcessEvent {
            file: Some(file(1000, 0o755)),
            ..node.clone()
        },
        ProcessEvent {
            file: Some(file(0, 0o777)),
            ..node.clone()
        },
        {
            let mut kubectl = server.clone();
            kubectl.process.args = ["k3s", "kubectl"].iter().collect();
            kubectl
        },
    ];
    for event in others {
        let outcome = responder
            .respond(["a"].into_iter(), &event, None)
            .map(|it| it.outcome);
        assert_eq!(outcome, Some(Outcome::Done));
    }
    end(child);
}

fn file(owner: u32, mode: u32) -> File {
    File {
        version: FileVersion::default(),
        file_system: 0,
        mode: 0o100_000 | mode,
        owner,
        group: 0,
        links: 1,
        is_nameless: false,
        is_settled: true,
    }
}
