//! Processes for the daemon to find running.

use std::{
    io::{PipeReader, PipeWriter, pipe},
    path::Path,
    process::Child,
};

use crate::apart;

/// Processes called kubectl that live until they are let go. All read one pipe, so that however many there are take
/// no descriptors.
pub struct Lasting {
    input: (PipeReader, PipeWriter),
    all: Vec<Child>,
}

impl Lasting {
    /// None yet.
    ///
    /// # Panics
    ///
    /// When there is no pipe.
    pub fn new() -> Self {
        Self {
            input: pipe().expect("there is one"),
            all: Vec::new(),
        }
    }

    /// Starts one by bash, which stays its parent, from a copy of a shell.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(&mut self, program: &Path, user: &str) {
        let line = format!("{} -c 'read line' kubectl --as={user}; true", program.display());
        let input = self.input.0.try_clone().expect("there is one");
        let child = apart("bash").args(["-c", &line]).stdin(input).spawn();
        self.all.push(child.expect("bash starts"));
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Lets them go.
    ///
    /// # Panics
    ///
    /// When one fails.
    pub fn end(self) {
        drop(self.input);
        for mut child in self.all {
            assert!(child.wait().expect("it ends").success());
        }
    }
}

impl Default for Lasting {
    fn default() -> Self {
        Self::new()
    }
}
