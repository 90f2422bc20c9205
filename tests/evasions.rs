//! Ways past an exec monitor, each tried for real, that the public rule has by its letter. Those that it passes over by
//! its letter are in `evasions/`, `rules.rs` and `loss.rs`, under their numbers.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::Path,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, run, unique};
use serde_json::Value;

/// Runs a line in bash, which stays the parent of what it runs; further words are `$1`, `$2` …
fn bash(line: &str, words: impl IntoIterator<Item = OsString>) {
    let done = run(Command::new("bash")
        .args(["-c", &format!("{line}; true"), "bash"])
        .args(words));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn args(alert: &Value) -> Vec<&str> {
    let args = alert["process"]["args"].as_array().expect("there are arguments");
    args.iter()
        .map(|arg| arg.as_str().expect("they are text"))
        .collect()
}

#[test]
fn evasion_01_padding_before_the_flag() {
    let mut daemon = Daemon::start(&[]);
    for size in [100_000, 1_000_000, 1_900_000] {
        let user = unique("padded");
        let padding = vec![OsString::from("x".repeat(100_000)); size / 100_000];
        bash(&format!("kubectl version --client \"$@\" --as={user}"), padding);
        let alert = daemon.alert_of(SEED, &user);
        let args = args(&alert);
        assert_eq!(args.len(), 4 + size / 100_000);
        assert_eq!(
            args.iter()
                .map(|arg| arg.len())
                .filter(|len| *len == 100_000)
                .count(),
            size / 100_000
        );
        assert_eq!(alert["process"]["args_count"], args.len());
    }
    let stopped = daemon.stop();
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
}

#[test]
fn evasion_02_a_long_an_empty_and_no_first_argument() {
    let scene = Scene::new();
    let rule = scene.script(
        "any.toml",
        "[rule]\nname = \"any\"\nrule_id = \"any\"\ntype = \"eql\"\nlanguage = \"eql\"\nseverity = \"low\"\n\
         risk_score = 1\nquery = 'process where process.name == \"kubectl\"'\n",
    );
    let mut seed = Daemon::start(&[]);
    let long = unique("long");
    bash(
        &format!("(exec -a \"$1\" kubectl version --client --as={long})"),
        ["a".repeat(65_536).into()],
    );
    assert_eq!(args(&seed.alert_of(SEED, &long))[0].len(), 65_536);
    let empty = unique("empty");
    bash(&format!("(exec -a '' kubectl version --client --as={empty})"), []);
    assert_eq!(args(&seed.alert_of(SEED, &empty))[0], "");

    let any = Daemon::start(&["--rules", rule.to_str().expect("it is text")]);
    let execve = if cfg!(target_arch = "aarch64") { 221 } else { 59 };
    let program = scene.copy("/bin/true", "kubectl");
    let line = format!(
        "my $program = '{}'; syscall({execve}, $program, 0, 0); exit 9",
        program.display()
    );
    let done = run(Command::new("perl").args(["-e", &line]));
    assert_ne!(done.status.code(), Some(9), "it was not started");
    let stopped = any.stop();
    let of_program = |document: &&Value| {
        document["process"]["executable"] == program.to_str().expect("it is text")
            && document["event"]["kind"] == "alert"
    };
    let found: Vec<_> = stopped.alerts.iter().filter(of_program).collect();
    assert_eq!(found.len(), 1, "{}", stopped.log);
    // Linux 5.18 and newer give a program that is started without arguments an empty one.
    assert!(
        found[0]["process"]["args_count"]
            .as_u64()
            .is_some_and(|count| count <= 1)
    );
}

#[test]
fn evasion_03_one_argument_longer_than_others_keep() {
    let mut daemon = Daemon::start(&[]);
    let user = unique("x".repeat(5_000).as_str());
    bash(&format!("kubectl version --client --as={user}"), []);
    assert_eq!(args(&daemon.alert_of(SEED, &user))[3], format!("--as={user}"));
}

#[test]
fn evasion_04_bytes_that_are_no_text_and_bytes_that_a_terminal_obeys() {
    let mut daemon = Daemon::start(&[]);
    let user = unique("bytes");
    let mut word = b"--as=\xff\x1b[2J\n".to_vec();
    word.extend_from_slice(user.as_bytes());
    bash("kubectl version --client \"$1\"", [OsString::from_vec(word)]);
    let alert = daemon.alert_of(SEED, &user);
    let shown = args(&alert)[3].to_owned();
    assert!(
        shown.starts_with("--as=") && shown.contains("\\xff") && shown.ends_with(&user),
        "{shown:?}"
    );
    assert_eq!(std::ffi::OsStr::from_bytes(b"kubectl"), args(&alert)[0]);
}

#[test]
fn evasion_05_a_parent_that_ends_before_the_exec() {
    let mut daemon = Daemon::start(&[]);
    let shell = std::fs::canonicalize("/bin/bash").expect("it is there");
    // The inner shell waits until the outer one, which made it, is gone and init or a subreaper has it.
    let wait = "while kill -0 $$; do :; done";
    for (exec, knows_executable) in [("exec kubectl", true), ("exec env kubectl", false)] {
        let user = unique("orphan");
        let line = format!("( {{ {wait}; }} 2>/dev/null; {exec} version --client --as={user} ) &");
        // Its output is nobody's, so that nothing waits for what it leaves behind.
        let mut outer = Command::new("bash");
        outer
            .args(["-c", &line])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        assert!(outer.status().expect("bash starts").success());
        let alert = daemon.alert_of(SEED, &user);
        assert_eq!(alert["kubectl_watch"]["parent_left"], true);
        let parent = &alert["process"]["parent"];
        assert_eq!(parent["name"], "bash");
        // After a second exec the executable of who forked is not known any more, and nothing is put in its place.
        let executable = knows_executable.then(|| shell.to_str().expect("it is text"));
        assert_eq!(parent["executable"].as_str(), executable);
    }
}

#[test]
fn evasion_07_a_script_with_a_long_name_and_a_hidden_one() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    // The interpreter is no shell that the rule names, so that only the script's name can match.
    scene.copy("/bin/dash", "interpreter");
    let interpreter = scene.path().join("interpreter");
    for name in ["a-very-long-deployment-name.sh", ".x"] {
        let user = unique("script");
        let text = format!(
            "#!{}\nkubectl version --client --as={user}\ntrue\n",
            interpreter.display()
        );
        run(&mut Command::new(scene.script(name, &text)));
        let parent = &daemon.alert_of(SEED, &user)["process"]["parent"];
        assert_eq!(parent["name"], name);
        assert_eq!(parent["executable"], interpreter.to_str().expect("it is text"));
    }
}

#[test]
fn evasion_08_a_parent_in_each_folder_through_a_link_and_a_mount() {
    let mut daemon = Daemon::start(&[]);
    let mut check = |program: &Path, executable: &Path| {
        let user = unique("folder");
        run(Command::new(program).args(["-c", &format!("kubectl version --client --as={user}; true")]));
        let parent = &daemon.alert_of(SEED, &user)["process"]["parent"];
        assert_eq!(parent["executable"], executable.to_str().expect("it is text"));
    };
    for folder in ["/tmp", "/var/tmp", "/dev/shm", "/root", "/home"] {
        let scene = Scene::under(folder);
        let worker = scene.copy("/bin/dash", "worker");
        check(&worker, &worker);
    }

    let (listed, elsewhere) = (Scene::under("/tmp"), Scene::new());
    let worker = listed.copy("/bin/dash", "worker");
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(&worker, &link).expect("the folder is ours");
    check(&link, &worker);

    elsewhere.copy("/bin/dash", "mounted");
    let (from, to) = (elsewhere.path(), listed.path().join("mount"));
    std::fs::create_dir(&to).expect("the folder is ours");
    assert!(
        run(Command::new("mount").arg("--bind").args([from, &to]))
            .status
            .success()
    );
    let (worker, executable) = (to.join("mounted"), to.join("mounted"));
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&worker, &executable)));
    assert!(run(Command::new("umount").arg(&to)).status.success());
    checked.expect("what was run through a mount is seen through it");
}

#[test]
fn evasion_10_a_thread_that_is_not_the_first() {
    let mut daemon = Daemon::start(&[]);
    let user = unique("thread");
    bash(
        &format!(
            "{} kubectl version --client --as={user}",
            env!("CARGO_BIN_EXE_exec-from-thread")
        ),
        [],
    );
    let alert = daemon.alert_of(SEED, &user);
    assert_eq!(alert["process"]["name"], "kubectl");
    assert_eq!(alert["process"]["pid"], alert["process"]["thread"]["id"]);
    assert_eq!(alert["process"]["parent"]["name"], "bash");
}

#[test]
fn evasion_13_another_program_called_kubectl() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let program = scene.copy("/bin/true", "kubectl");
    let user = unique("renamed");
    bash(&format!("{} --as={user}", program.display()), []);
    let alert = daemon.alert_of(SEED, &user);
    assert_eq!(
        alert["process"]["executable"],
        program.to_str().expect("it is text")
    );
    // By its letter it is kubectl, by its content it is not.
    let executable = &alert["kubectl_watch"]["executable"];
    assert_eq!(executable["kind"], "elf-dynamic", "{alert}");
    assert!(executable["tool"].is_null(), "{alert}");
}

#[test]
fn evasion_19_killed_at_once() {
    let mut daemon = Daemon::start(&[]);
    let user = unique("killed");
    let wait = "until read -r comm < /proc/$!/comm && [ \"$comm\" = kubectl ]; do :; done";
    bash(
        &format!("kubectl version --client --as={user} & {wait}; kill -9 $!; wait $!"),
        [],
    );
    assert_eq!(daemon.alert_of(SEED, &user)["process"]["parent"]["name"], "bash");
}

#[test]
fn evasion_22_the_letter_of_the_flags() {
    let mut daemon = Daemon::start(&[]);
    for flag in [
        "--AS=",
        "--assume=",
        "--token ",
        "--as-uid=",
        "--As-Group=",
        "--kubeconfig=",
        "--as ",
    ] {
        let word = unique("flag");
        bash(&format!("kubectl version --client {flag}x {word}"), []);
        daemon.alert_of(SEED, &word);
    }
}
