//! A report as a table for a person.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{Report, State};

impl Report {
    /// Writes the table, in colour; a stream of `anstream` takes the colour out where it does not belong.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let width = self
            .checks
            .iter()
            .map(|check| check.need.len())
            .max()
            .unwrap_or(0);
        for check in &self.checks {
            let (word, colour) = match check.state {
                State::Good => ("ok", AnsiColor::Green),
                State::Lacking => ("warn", AnsiColor::Yellow),
                State::Missing(_) => ("FAIL", AnsiColor::Red),
            };
            let style = Style::new().bold().fg_color(Some(colour.into()));
            writeln!(
                out,
                "{style}{word:<4}{style:#}  {:<width$}  {}",
                check.need, check.found
            )?;
            if let Some(fix) = check.fix {
                writeln!(out, "      {:<width$}  {fix}", "")?;
            }
        }
        out.flush()
    }
}
