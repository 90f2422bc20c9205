//! The examples of `docs/exceptions`, made to fit this machine, and harmless things for them to be about.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
};

use crate::{Daemon, SEED, Scene, Stopped, run, unique};

/// The number of a user that every machine has.
const NOBODY: u32 = 65534;

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
    run(Command::new("bash")
        .args(["-c", &format!("{line}; true")])
        .env_remove("KUBECONFIG")
        .env("HOME", "/nonexistent")
        .uid(NOBODY)
        .stdin(Stdio::null()));
}

/// Runs each line under a daemon with these arguments and says which of them were alerts of the seed's rule. `%` in a
/// line is a word of its own.
pub fn alerts_of(args: &[&str], lines: &[&str]) -> (Vec<bool>, Stopped) {
    let daemon = Daemon::start(args);
    let words: Vec<String> = lines.iter().map(|_| unique("exception")).collect();
    for (line, word) in lines.iter().zip(&words) {
        run_as_nobody(&line.replace('%', word));
    }
    let stopped = daemon.stop();
    let found = words
        .iter()
        .map(|word| stopped.count_of(SEED, word) == 1)
        .collect();
    (found, stopped)
}
