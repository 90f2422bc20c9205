//! NDJSON: one ECS document a line, flushed at once, for a log collector or `jq`.

use std::io::{self, Write};

use super::Sink;
use crate::alert::Message;

/// Writes JSON lines to anything, standard output as a rule.
#[derive(Debug)]
pub struct Stdout<W> {
    writer: W,
    /// A line was begun and could not be ended.
    torn: bool,
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
        Self { writer, torn: false }
    }
}

impl<W: Write> Sink for Stdout<W> {
    fn name(&self) -> &'static str {
        "json"
    }

    fn deliver(&mut self, message: &Message) -> io::Result<()> {
        // Behind a full disk may be the beginning of a line. It must not become that of the next one.
        if self.torn {
            self.writer.write_all(b"\n")?;
        }
        self.torn = true;
        self.writer.write_all(&message.to_json_line())?;
        self.writer.flush()?;
        self.torn = false;
        Ok(())
    }
}
