//! NDJSON: one ECS document a line, flushed at once, for a log collector or `jq`.

use std::io::{self, Write};

use super::Sink;
use crate::alert::Message;

/// Writes JSON lines to anything, standard output as a rule.
#[derive(Debug)]
pub struct Stdout<W> {
    writer: W,
}

impl Stdout<io::Stdout> {
    /// Writes to standard output.
    pub fn new() -> Self {
        Self::to(io::stdout())
    }
}

impl Default for Stdout<io::Stdout> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Write> Stdout<W> {
    /// Writes elsewhere.
    pub fn to(writer: W) -> Self {
        Self { writer }
    }
}

impl<W: Write> Sink for Stdout<W> {
    fn name(&self) -> &'static str {
        "json"
    }

    fn deliver(&mut self, message: &Message) -> io::Result<()> {
        self.writer.write_all(&message.to_json_line())?;
        self.writer.flush()
    }
}
