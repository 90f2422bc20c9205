//! How fast rules are evaluated: `cargo run --release --example evaluate [FOLDER]...`.
//!
//! It prints events per second for the built-in rule alone and, for the rules of the folders together, the
//! microseconds that one exec costs, with what was skipped and why.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use kubectl_watch::event::{Process, ProcessEvent};
use kubectl_watch::ruleset::{RuleSet, Watch};

/// How many execs are evaluated in one measurement.
const EXECS: u32 = 2_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = RuleSet::load(&[], true)?;
    let query = &seed.rules()[0].query;
    for (what, events) in [
        ("no event matches", vec![exec(&["ls", "-la"], "python3")]),
        ("a mix of execs", mix()),
    ] {
        let seconds = seconds(&events, EXECS, |event| usize::from(query.matches(event)));
        println!(
            "one rule, {what}: {:.2} million events a second",
            f64::from(EXECS) / seconds / 1e6
        );
    }

    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if folders.is_empty() {
        return Ok(());
    }
    let set = RuleSet::load(&folders, false)?;
    let events = mix();
    let execs = EXECS / 10;
    let seconds = seconds(&events, execs, |event| set.matching(event).count());
    println!(
        "{} rules: {:.2} µs an exec",
        set.rules().len(),
        seconds / f64::from(execs) * 1e6
    );
    for event in &events {
        let found: Vec<&str> = set
            .matching(event)
            .map(|rule| rule.metadata.name.as_str())
            .collect();
        let line = String::from_utf8_lossy(event.process.args.command_line());
        println!("  {line}: {} {found:?}", found.len());
    }
    if let Watch::All { because } = set.watch() {
        println!("{} rules make every exec watched", because.len());
    }
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in set.skipped() {
        *skipped.entry(&rule.reason).or_default() += 1;
    }
    println!("{} skipped", set.skipped().len());
    for (reason, count) in skipped {
        println!("{count:5} {reason}");
    }
    for warning in set.warnings() {
        println!("warning: {}: {}", warning.name, warning.text);
    }
    Ok(())
}

/// Seconds for so many execs, taken from the events in turn.
fn seconds(events: &[ProcessEvent], execs: u32, evaluate: impl Fn(&ProcessEvent) -> usize) -> f64 {
    let start = Instant::now();
    let mut found = 0;
    for event in events.iter().cycle().take(execs as usize) {
        found += evaluate(black_box(event));
    }
    black_box(found);
    start.elapsed().as_secs_f64()
}

/// What a node sees: few of its execs are of interest.
fn mix() -> Vec<ProcessEvent> {
    vec![
        exec(
            &[
                "runc",
                "--root",
                "/run/containerd/runc/k8s.io",
                "state",
                "0123456789abcdef",
            ],
            "containerd-shim",
        ),
        exec(&["sh", "-c", "test -f /tmp/ready && exit 0"], "runc"),
        exec(&["curl", "-fsS", "http://127.0.0.1:8080/healthz"], "sh"),
        exec(
            &["iptables-restore", "-w", "5", "--noflush", "--counters"],
            "kube-proxy",
        ),
        exec(&["kubectl", "get", "pods", "-o", "json"], "bash"),
        exec(&["kubectl", "get", "secrets", "--as=system:admin"], "bash"),
        exec(&["python3", "-m", "http.server", "8000"], "bash"),
        exec(&["ls", "-la", "/var/lib/kubelet"], "bash"),
    ]
}

fn exec(args: &[&str], parent: &str) -> ProcessEvent {
    ProcessEvent {
        process: Process {
            pid: 4242,
            name: args[0].into(),
            executable: format!("/usr/bin/{}", args[0]).into_bytes(),
            args: args.iter().collect(),
            ..Process::default()
        },
        parent: Process {
            pid: 4000,
            name: parent.into(),
            executable: format!("/usr/bin/{parent}").into_bytes(),
            args: [parent].iter().collect(),
            ..Process::default()
        },
        ..ProcessEvent::default()
    }
}
