//! The command line as a user meets it: every command, every exit code, every message that tells how to go on.

use std::{fs, path::Path, process::Output};

use assert_cmd::Command;
use tempfile::TempDir;

const SEED: &str = "3c6685eb-9eaa-43a4-be1b-a7f9f1f5e63d";

fn kubectl_watch(args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("kubectl-watch").expect("cargo builds it for this test");
    command
        .args(args)
        .env_remove("NODE_NAME")
        .env_remove("KUBECTL_WATCH_LOG");
    command.output().expect("it starts")
}

/// Ends with this code, and says all of these words on standard error.
#[track_caller]
fn fails(args: &[&str], code: i32, words: &[&str]) -> String {
    let output = kubectl_watch(args);
    let said = String::from_utf8(output.stderr).expect("it is text");
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?} does not say {word:?}: {said}");
    }
    said
}

/// Ends well, and says all of these words on standard output.
#[track_caller]
fn succeeds(args: &[&str], words: &[&str]) -> String {
    let output = kubectl_watch(args);
    let said = String::from_utf8(output.stdout).expect("it is text");
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    for word in words {
        assert!(said.contains(word), "{args:?} does not say {word:?}: {said}");
    }
    said
}

fn folder_with(name: &str, text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join(name);
    fs::write(&path, text).expect("it can be written");
    let path = path.to_str().expect("it is text").to_owned();
    (folder, path)
}

fn rule(query: &str) -> String {
    format!("[rule]\nrule_id = 'i'\nname = 'N'\ntype = 'eql'\nquery = '''\n{query}\n'''\n")
}

fn ours(query: &str) -> String {
    format!(
        "format = 1\n{}description = 'd'\nseverity = 'low'\nrisk_score = 21\n",
        rule(query)
    )
}

#[test]
fn help_has_an_example_for_each_command() {
    for command in ["run", "check", "explain", "doctor", "completions"] {
        succeeds(
            &[command, "--help"],
            &["Examples:", &format!("kubectl-watch {command}")],
        );
    }
    succeeds(&["--help"], &["Exit codes:", "SIGTERM"]);
    succeeds(&["--version"], &["kubectl-watch 0.1.0"]);
}

#[test]
fn a_wrong_command_line_is_2_and_says_what_is_right() {
    fails(&["--no-such-option"], 2, &["--no-such-option", "--help"]);
    fails(&["--output", "yaml"], 2, &["json", "text"]);
    fails(&["explain"], 2, &["RULE"]);
}

#[test]
fn a_kernel_without_types_is_69_and_says_what_it_needs() {
    fails(
        &["run", "--btf", "/nowhere/vmlinux"],
        69,
        &["/nowhere/vmlinux", "CONFIG_DEBUG_INFO_BTF=y"],
    );
    let (_folder, path) = folder_with("vmlinux", "something else");
    fails(&["--btf", &path], 69, &[&path, "not BTF"]);
    let output = kubectl_watch(&["doctor", "--btf", "/nowhere/vmlinux"]);
    assert_eq!(output.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&output.stdout).contains("/nowhere/vmlinux"));
}

#[test]
fn a_want_of_rights_is_77_and_says_which() {
    // Without its capabilities root is nobody in particular; another user may not even reach the binary.
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
    let output = command
        .arg(assert_cmd::cargo::cargo_bin("kubectl-watch"))
        .output()
        .expect("setpriv is in util-linux");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(77), "{said}");
    assert!(said.contains("BPF and PERFMON"), "{said}");
}

#[test]
fn a_rule_with_a_mistake_is_78_and_shows_the_place() {
    let (_folder, path) = folder_with("broken.toml", &ours("process where process.name === \"kubectl\""));
    for args in [
        &["check", &path][..],
        &["run", "--rules", &path],
        &["explain", &path],
    ] {
        let said = fails(args, 78, &[&path, "^"]);
        assert!(said.contains("line") || said.contains(":6:"), "{said}");
    }
    let (_folder, path) = folder_with("toml.toml", "format = 1\n[rule\n");
    fails(&["check", &path], 78, &[&path]);
}

#[test]
fn what_this_engine_does_not_do_is_refused_by_name() {
    for (query, word) in [
        (
            "sequence by host.id [process where true] [process where true]",
            "sequence",
        ),
        (
            "sample by host.id [process where true] [process where true]",
            "sample",
        ),
        ("process where true | head 3", "pipe"),
        ("file where true", "file"),
    ] {
        let (_folder, path) = folder_with("rule.toml", &ours(query));
        fails(&["check", &path], 78, &[&path, word]);
    }
}

#[test]
fn an_unknown_field_is_a_warning_and_an_error_only_if_asked_for() {
    let (_folder, path) = folder_with(
        "rule.toml",
        &ours("process where process.nmae == \"x\" or process.name == \"y\""),
    );
    succeeds(&["check", &path], &["process.nmae", "1 warnings"]);
    let output = kubectl_watch(&["check", "--strict", &path]);
    assert_eq!(output.status.code(), Some(78));
    fails(&["run", "--strict", "--rules", &path], 78, &["--strict"]);
}

#[test]
fn a_rule_that_cannot_run_here_is_skipped_and_an_error_only_if_asked_for() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let write =
        |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("it can be written");
    write("a.toml", &rule("process where process.name == \"x\""));
    write(
        "b.toml",
        &rule("process where host.os.type == \"windows\"").replace("'i'", "'j'"),
    );
    let path = folder.path().to_str().expect("it is text");
    succeeds(&["check", path], &["b.toml", "1 run, 1 skipped", "host.os.type"]);
    let output = kubectl_watch(&["check", "--strict", path]);
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn a_path_that_cannot_be_read_is_78_and_named() {
    fails(
        &["check", "/nowhere/rules"],
        78,
        &["/nowhere/rules", "No such file"],
    );
    let (folder, path) = folder_with(
        "rule.toml",
        &[b'#', 0xff, b'\n'].map(char::from).iter().collect::<String>(),
    );
    fs::write(&path, b"# \xff\n").expect("it can be written");
    fails(&["check", &path], 78, &[&path, "UTF-8"]);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("the folder is ours");
    fails(
        &["run", "--rules", empty.to_str().expect("it is text")],
        78,
        &["no rule"],
    );
}

#[test]
fn a_rule_is_explained_by_its_id_its_name_and_its_file() {
    for by in [SEED, "Potential Impersonation Attempt via Kubectl"] {
        succeeds(
            &["explain", by],
            &[
                "watches execs of:\n  kubectl\n",
                "process.args",
                "what to do when it is real",
            ],
        );
    }
    let (_folder, path) = folder_with("rule.toml", &ours("process where process.name : \"k*\""));
    succeeds(&["explain", &path], &["every exec", "\"k\"…"]);
    fails(&["explain", "no-such-rule"], 78, &["no-such-rule", SEED]);
}

#[test]
fn the_rules_that_ship_have_no_flaw() {
    succeeds(
        &["check", "--strict"],
        &["27 run, 0 skipped, 0 warnings", "the kernel sends execs of"],
    );
}

#[test]
fn completions_are_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        succeeds(&["completions", shell], &["kubectl-watch", "host-root"]);
    }
}

#[test]
fn a_root_that_is_none_is_named() {
    if Path::new("/sys/kernel/btf/vmlinux").exists() {
        fails(
            &["run", "--host-root", "/nowhere"],
            78,
            &["/nowhere", "node's root"],
        );
    }
}

#[test]
fn a_salt_that_is_none_is_78_and_says_how_to_make_one() {
    fails(
        &["run", "--redact-salt", "/nowhere"],
        78,
        &["/nowhere", "head -c 32 /dev/urandom"],
    );
    let (_folder, path) = folder_with("salt", "short");
    fails(&["run", "--redact-salt", &path], 78, &[&path, "chmod 600"]);
}
