//! Sets of rules: the public rule by its letter, and folders of others.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use super::*;
use crate::enrich::executable::Wishes as _;
use crate::event::{self, Args, Loaded, Process, Unknown};
use crate::identity::{Identity, Named, Tool};

fn exec(name: &[u8], parent: (&str, &str), args: &[&[u8]]) -> ProcessEvent {
    ProcessEvent {
        process: Process {
            name: name.to_vec(),
            args: args.iter().collect::<Args>(),
            ..Process::default()
        },
        parent: Process {
            name: parent.0.into(),
            executable: parent.1.into(),
            ..Process::default()
        },
        ..ProcessEvent::default()
    }
}

fn rule(id: &str, query: &str) -> Rule {
    let text = format!("[rule]\nrule_id = '{id}'\nname = '{id}'\nquery = '''{query}'''");
    Rule::from_toml(&text, &ProcessSchema).unwrap_or_else(|error| panic!("{error}"))
}

/// The public rule alone, as who gives its file has it.
fn seed() -> RuleSet {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/rules/potential-impersonation-via-kubectl.toml"
    );
    RuleSet::load(&[file.into()], false).expect("the rule is right")
}

#[test]
fn the_seed_rule_by_its_letter() {
    let set = seed();
    let bash = ("bash", "/usr/bin/bash");
    for (name, parent, args, expected) in [
        ("kubectl", bash, &b"--as=admin"[..], true),
        ("kubectl", bash, b"--assume", true),
        ("kubectl", bash, b"--AS=x", true),
        ("kubectl", bash, b"--as", true),
        ("kubectl", bash, b"--as=\xff", true),
        ("kubectl", bash, b"--as-uid=1", true),
        ("kubectl", bash, b"--Token=x", true),
        ("kubectl", bash, b"--kubeconfig", true),
        ("kubectl", bash, b"-as=x", false),
        ("kubectl", bash, b" --as=x", false),
        ("kubectl", bash, b"--a", false),
        ("Kubectl", bash, b"--as=x", false),
        ("kubectl2", bash, b"--as=x", false),
        ("", bash, b"--as=x", false),
        ("kubectl", (".x", "/usr/bin/python3"), b"--as=x", true),
        ("kubectl", ("deploy.sh", "/usr/bin/env"), b"--as=x", true),
        ("kubectl", ("deploy.SH", "/usr/bin/env"), b"--as=x", false),
        ("kubectl", ("a", "/tmp/a"), b"--as=x", true),
        ("kubectl", ("a", "/home/bob/bin/a"), b"--as=x", true),
        ("kubectl", ("a", "/tmpfs/a"), b"--as=x", false),
        ("kubectl", ("python3", "/usr/bin/python3"), b"--as=x", false),
        ("kubectl", ("Bash", "/usr/bin/Bash"), b"--as=x", false),
        ("kubectl", ("", ""), b"--as=x", false),
    ] {
        let event = exec(name.as_bytes(), parent, &[b"kubectl", b"get", args]);
        let found: Vec<_> = set
            .matching(&event)
            .map(|rule| rule.metadata.name.as_str())
            .collect();
        let name = "Potential Impersonation Attempt via Kubectl";
        assert_eq!(found, if expected { vec![name] } else { vec![] }, "{event:?}");
    }
    let watch = Watch::Some {
        names: [b"kubectl".to_vec()].into(),
        content: false,
    };
    assert_eq!(set.watch(), watch);
    assert!(set.needs("process.parent.executable") && set.needs("process.args"));
    assert!(!set.needs("process.parent.args") && !set.needs("event.action") && !set.needs("nothing"));
    let (skipped, warnings) = (set.skipped(), set.warnings());
    assert!(skipped.is_empty() && warnings.is_empty());
}

#[test]
fn the_seed_rule_gives_its_reasons() {
    let set = seed();
    let event = exec(
        b"kubectl",
        ("bash", "/tmp/bash"),
        &[b"kubectl", b"--as=a", b"get", b"--token", b"--as=a"],
    );
    let reasons = set.rules()[0].query.reasons(&event);
    let reasons: Vec<_> = reasons
        .iter()
        .map(|reason| (reason.field, reason.value.as_slice()))
        .collect();
    assert_eq!(
        reasons,
        [
            ("process.name", &b"kubectl"[..]),
            ("process.args", b"--as=a"),
            ("process.args", b"--token"),
            ("process.parent.name", b"bash"),
            ("process.parent.executable", b"/tmp/bash"),
        ]
    );
}

#[test]
fn rules_are_found_by_name_whatever_its_case() {
    let mut set = RuleSet::default();
    for (id, query) in [
        ("exact", "process where process.name == \"Curl\""),
        ("folded", "process where process.name in~ (\"CURL\", \"wget\")"),
        ("glob", "process where process.name : \"cu*\""),
        ("any", "process where process.args == \"x\""),
    ] {
        set.add(rule(id, query)).expect("a new id");
    }
    assert!(set.add(rule("any", "process where true")).is_err());
    let found = |name: &[u8]| {
        let event = exec(name, ("", ""), &[b"x"]);
        set.matching(&event)
            .map(|rule| rule.metadata.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(b"Curl"), ["exact", "folded", "glob", "any"]);
    assert_eq!(found(b"curl"), ["folded", "glob", "any"]);
    assert_eq!(found(b"WGET"), ["folded", "any"]);
    assert_eq!(found(&[b'c'; 5000]), ["any"]);
    assert_eq!(
        set.watch(),
        Watch::All {
            because: vec!["glob".into(), "any".into()]
        }
    );
}

/// An exec of a file that is this tool.
fn exec_of(tool: Option<&'static str>, name: &[u8]) -> ProcessEvent {
    let tool = tool.map(|name| Tool {
        name,
        named: Named::BuildInfo,
    });
    let mut event = exec(name, ("", ""), &[b"--as=x"]);
    event.executable.content.identity = Some(Arc::new(Identity {
        tool,
        ..Identity::default()
    }));
    event
}

#[test]
fn rules_are_found_by_what_is_in_the_file() {
    let mut set = RuleSet::default();
    let tool = "kubectl_watch.executable.tool";
    for (id, condition) in [
        (
            "renamed",
            &*format!("{tool} == \"kubectl\" and process.name != \"kubectl\""),
        ),
        (
            "either",
            &format!("{tool} in (\"oc\", \"K3S\") or process.name == \"kubectl\""),
        ),
        ("both", &format!("{tool} == \"k3s\" and process.name == \"x\"")),
        ("any", &format!("{tool} != null and process.args : \"--as*\"")),
        ("unknown", "kubectl_watch.executable.unknown == \"slow\""),
        ("path", "kubectl_watch.executable.go_path : \"example.com/*\""),
    ] {
        set.add(rule(id, &format!("process where {condition}")))
            .expect("a new id");
    }
    let found = |event: &ProcessEvent| {
        let found = set.matching(event).map(|rule| rule.metadata.id.clone());
        found.collect::<Vec<_>>()
    };
    for (tool, name, expected) in [
        (Some("kubectl"), "x", &["renamed", "any"][..]),
        (Some("kubectl"), "kubectl", &["either", "any"]),
        (None, "kubectl", &["either"]),
        (Some("k3s"), "x", &["both", "any"]),
        (Some("oc"), "oc", &["either", "any"]),
        (None, "x", &[]),
    ] {
        let event = exec_of(tool, name.as_bytes());
        assert_eq!(found(&event), expected, "{tool:?} {name}");
        assert_eq!(set.are_met(&event), tool.is_some(), "{tool:?} {name}");
    }
    // What a loader is told to run counts as well.
    let mut loads = exec_of(None, b"ld.so");
    let content = exec_of(Some("kubectl"), b"").executable.content;
    loads.executable.loaded = Some(Box::new(Loaded {
        path: b"./x".into(),
        content,
    }));
    assert_eq!(found(&loads), ["renamed", "any"]);
    let mut slow = exec(b"x", ("", ""), &[]);
    slow.executable.content = event::Content::unknown(Unknown::Slow);
    assert_eq!(found(&slow), ["unknown"]);
    let watch = Watch::Some {
        names: [b"kubectl".to_vec(), b"x".to_vec()].into(),
        content: true,
    };
    assert_eq!(set.watch(), watch);
    assert!(set.ask_for_tool("kubectl") && set.ask_for_tool("busybox"));
}

#[test]
fn only_tools_that_a_rule_can_ask_for_are_searched_for() {
    let asks = |condition: &str| {
        let mut set = RuleSet::default();
        set.add(rule("i", &format!("process where {condition}")))
            .expect("a new id");
        (set.ask_for_tool("kubectl"), set.ask_for_tool("busybox"))
    };
    let tool = "kubectl_watch.executable.tool";
    assert_eq!(asks("process.name == \"kubectl\""), (false, false));
    assert_eq!(asks(&format!("{tool} == \"Kubectl\"")), (true, false));
    assert_eq!(asks(&format!("{tool} : \"busy*\"")), (false, true));
    assert_eq!(
        asks("kubectl_watch.executable.tool_source == \"strings\""),
        (true, true)
    );
    assert_eq!(
        asks("kubectl_watch.executable.kind == \"loader\""),
        (false, false)
    );
}

#[test]
fn folders_are_read_in_order_and_to_an_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let write = |name: &str, id: &str, query: &str| {
        let text = format!("[rule]\nrule_id = '{id}'\nname = '{name}'\nquery = '''{query}'''");
        fs::write(path.join(name), text).expect("it is written");
    };
    fs::create_dir_all(path.join("sub")).expect("a folder");
    fs::create_dir_all(path.join("..data")).expect("a folder");
    symlink("..", path.join("sub/up")).expect("a link");
    symlink("loop.toml", path.join("loop")).expect("a link");
    symlink("nowhere", path.join("nothing")).expect("a link");
    symlink("b.toml", path.join("c.toml")).expect("a link");
    write("b.toml", "b", "process where process.nmae == \"x\" or true");
    write("a.toml", "a", "process where true");
    write("sub/z.toml", "a", "process where true");
    write("sub/y.toml", "y", "file where true");
    write("..data/x.toml", "x", "process where true");
    write("notes.txt", "n", "process where true");
    let set = RuleSet::load(&[path.to_owned()], false).expect("it is loaded");
    let ids: Vec<_> = set.rules().iter().map(|rule| rule.metadata.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    let skipped: Vec<_> = set
        .skipped()
        .iter()
        .map(|skipped| skipped.name.as_deref().unwrap_or("?"))
        .collect();
    assert_eq!(skipped, ["sub/y.toml", "sub/z.toml"]);
    assert!(set.skipped()[1].reason.contains("a.toml"), "{:?}", set.skipped());
    assert_eq!(set.warnings().len(), 1);
    assert!(
        set.warnings()[0].text.contains("`process.nmae`"),
        "{:?}",
        set.warnings()
    );
    assert!(set.get("b.toml").is_some() && set.get("b").is_some() && set.get("y").is_none());
}

#[test]
fn everything_that_is_wrong_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    fs::write(path.join("broken.toml"), "format = 1\n[rule").expect("it is written");
    fs::write(path.join("bytes.toml"), b"\xff").expect("it is written");
    symlink("nowhere", path.join("gone.toml")).expect("a link");
    let paths = [path.to_owned(), path.join("missing")];
    let error = RuleSet::load(&paths, false).expect_err("nothing is right");
    let wrong: Vec<_> = error
        .faults
        .iter()
        .filter_map(|(path, _)| path.file_name()?.to_str())
        .collect();
    assert_eq!(wrong, ["broken.toml", "bytes.toml", "gone.toml", "missing"]);
    assert!(
        error.to_string().contains("broken.toml: line 2, column 6"),
        "{error}"
    );
}

#[test]
fn a_file_without_end_is_refused() {
    let error = RuleSet::load(&["/dev/zero".into()], false).expect_err("it has no end");
    assert!(error.to_string().contains("larger than"), "{error}");
}

#[test]
fn a_pipe_in_a_folder_stops_nobody() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.toml");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).expect("a pipe");
    let set = RuleSet::load(&[folder.path().to_owned()], false).expect("it is passed over");
    assert!(set.rules().is_empty());
}
