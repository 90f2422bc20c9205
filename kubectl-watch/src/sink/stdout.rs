//! NDJSON: one ECS document a line, flushed at once, for a log collector or `jq`.

use std::io::{self, Write};

use super::Sink;
use crate::alert::Message;

/// Bytes of a line whose memory is kept for the next one: several times what one has as a rule.
const MAX_KEPT: usize = 64 * 1024;

/// Writes JSON lines to anything, standard output as a rule.
#[derive(Debug)]
pub struct Stdout<W> {
    writer: W,
    /// The memory of the last one.
    line: Vec<u8>,
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
        Self {
            writer,
            line: Vec::new(),
            torn: false,
        }
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
        self.line.clear();
        self.line.shrink_to(MAX_KEPT);
        message.write_json_line(&mut self.line);
        self.writer.write_all(&self.line)?;
        self.writer.flush()?;
        self.torn = false;
        Ok(())
    }
}
