//! The examples of `docs/exceptions`, made to fit this machine, and harmless things for them to be about.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
};

use crate::{Daemon, SEED, Scene, Stopped, run, scene::started, unique};

/// The number of a user that every machine has.
pub const NOBODY: u32 = 65534;
/// And of another one, who does what is harmless by nobody.
pub const ANOTHER: u32 = 1;

/// A folder whose programs others than root may run.
///
/// # Panics
///
/// When it cannot be made.
pub fn scene() -> Scene {
    let scene = Scene::new();
    run(Command::new("chmod").arg("755").arg(scene.path()));
    scene
}

/// An example of the documentation in the folder of a scene, with what this machine calls other than it does.
///
/// # Panics
///
/// When it is not there, or has nothing of what is to be replaced.
pub fn example(scene: &Scene, name: &str, replaced: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/exceptions")
        .join(name);
    let mut text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for (from, to) in replaced.iter().chain(&[("2027-06-30", "2999-06-30")]) {
        assert!(text.contains(from), "{name} has no {from}");
        text = text.replace(from, to);
    }
    let path = scene.path().join(name);
    fs::write(&path, text).expect("the folder is ours");
    path.display().to_string()
}

/// Runs a line in bash as nobody; bash stays the parent.
pub fn run_as_nobody(line: &str) {
    run(by(NOBODY, &format!("{line}; true")).stdin(Stdio::null()));
}

/// Runs each line, by this user, under a daemon with these arguments and says which of them were alerts of the public rule; the others
/// must be excepted. `%` in a line is a word of its own. Who runs kubectl stays until that is decided, if it reads its
/// standard input: what a rule or an exception wants to know of a parent is known as long as there is one.
///
/// # Panics
///
/// When a line is no match of that rule.
pub fn alerts_by(args: &[&str], lines: &[(u32, &str)]) -> (Vec<bool>, Stopped) {
    let args: Vec<&str> = args.iter().copied().chain(["--write-excepted"]).collect();
    let mut daemon = Daemon::start(&args);
    let is_alert = lines.iter().map(|(user, line)| {
        let word = unique("exception");
        let mut bash = by(*user, &format!("{}; read -r _", line.replace('%', &word)));
        let mut bash = started(bash.stdin(Stdio::piped()), Command::spawn);
        let decided = daemon.document(&word, |document| {
            document["rule"]["name"] == SEED && document["process"]["args"].to_string().contains(&word)
        });
        drop(bash.stdin.take());
        bash.wait().expect("it ends");
        decided["kubectl_watch"]["exception"].is_null()
    });
    let is_alert = is_alert.collect();
    (is_alert, daemon.stop())
}

/// The same of lines that nobody runs.
///
/// # Panics
///
/// When a line is no match of that rule.
pub fn alerts_of(args: &[&str], lines: &[&str]) -> (Vec<bool>, Stopped) {
    let lines: Vec<_> = lines.iter().map(|line| (NOBODY, *line)).collect();
    alerts_by(args, &lines)
}

fn by(user: u32, line: &str) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-c", line])
        .env_remove("KUBECONFIG")
        .env("HOME", "/nonexistent")
        .uid(user);
    command
}
