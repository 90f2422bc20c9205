//! Lines for a shell, each with the rule that is to find it, or to leave it alone.

use std::process::{Command, Stdio};

use crate::{Daemon, Scene, run, unique};

/// A daemon, and a folder with programs that do nothing under the names that rules ask for.
pub struct Stage {
    daemon: Daemon,
    scene: Scene,
    /// What was run, with the rule that it is for, and whether that finds it.
    expected: Vec<(String, &'static str, bool)>,
}

impl Stage {
    /// With programs of these names.
    pub fn new(names: &[&str]) -> Self {
        let scene = Scene::new();
        for name in names {
            scene.copy("/bin/true", name);
        }
        Self {
            daemon: Daemon::start(&[]),
            scene,
            expected: Vec::new(),
        }
    }

    /// Writes a file in the folder.
    pub fn file(&self, name: &str, text: &str) {
        self.scene.file(name, text);
    }

    /// Runs a line in bash, which stays the parent; `%` in it is a word of its own, `@` the folder.
    pub fn run(&mut self, rule: &'static str, is_found: bool, line: &str) {
        let word = unique("rule");
        let folder = self.scene.path().display().to_string();
        let line = line.replace('%', &word).replace('@', &folder);
        run(Command::new("bash")
            .args(["-c", &format!("{line}; true")])
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null()));
        self.expected.push((word, rule, is_found));
    }

    /// Runs lines that a rule finds.
    pub fn finds(&mut self, rule: &'static str, lines: &[&str]) {
        for line in lines {
            self.run(rule, true, line);
        }
    }

    /// Runs lines that it leaves alone.
    pub fn leaves(&mut self, rule: &'static str, lines: &[&str]) {
        for line in lines {
            self.run(rule, false, line);
        }
    }

    /// Holds what was found against what was to be.
    ///
    /// # Panics
    ///
    /// Where they differ.
    pub fn end(self) {
        let stopped = self.daemon.stop();
        for (word, rule, is_found) in &self.expected {
            let found = stopped.rules_about(word);
            assert_eq!(
                found.contains(rule),
                *is_found,
                "{rule}, {word}: {found:?}\n{}",
                stopped.log
            );
        }
    }
}
