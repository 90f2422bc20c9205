//! What a run of libFuzzer says, line by line, as one row of a table.

use std::collections::VecDeque;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

/// The last lines, which hold what a finding is.
const LAST: usize = 60;

/// One target's run.
pub(crate) struct Summary {
    target: String,
    seconds: u32,
    executions: u64,
    edges: u64,
    inputs: u64,
    slowest: u64,
    memory: u64,
    last: VecDeque<String>,
    /// What the fuzzer said last, if it ended before its time.
    pub(crate) finding: Option<String>,
}

impl Summary {
    /// The names of the columns.
    pub(crate) const HEADER: &str =
        "target      seconds   executions   edges  inputs  slowest  memory  finding";

    pub(crate) fn new(target: &str, seconds: u32) -> Self {
        Self {
            target: target.to_owned(),
            seconds,
            executions: 0,
            edges: 0,
            inputs: 0,
            slowest: 0,
            memory: 0,
            last: VecDeque::new(),
            finding: None,
        }
    }

    /// Takes a line such as `#1024 NEW cov: 310 ft: 412 corp: 10/1Kb …` or `stat::peak_rss_mb: 90`.
    pub(crate) fn line(&mut self, line: &str) {
        if let Some((_, after)) = line.split_once(" cov: ") {
            self.edges = number(after);
            if let Some((_, inputs)) = after.split_once(" corp: ") {
                self.inputs = number(inputs);
            }
        } else if let Some((name, value)) = line.strip_prefix("stat::").and_then(|stat| stat.split_once(':'))
        {
            let value = number(value.trim_start());
            match name {
                "number_of_executed_units" => self.executions = value,
                "slowest_unit_time_sec" => self.slowest = value,
                "peak_rss_mb" => self.memory = value,
                _ => {}
            }
        }
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(line.to_owned());
    }

    /// The fuzzer ended otherwise than by its time.
    pub(crate) fn fail(&mut self, findings: &Path) {
        let said: Vec<String> = self.last.drain(..).collect();
        self.finding = Some(format!("{}\nsee {}", said.join("\n"), findings.display()));
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            seconds,
            executions,
            edges,
            inputs,
            slowest,
            memory,
            finding,
            ..
        } = self;
        write!(
            f,
            "{target:<10}{seconds:>9}{executions:>13}{edges:>8}{inputs:>8}{slowest:>7} s{memory:>5} MB  "
        )?;
        match finding {
            Some(finding) => write!(f, "yes\n{finding}"),
            None => f.write_str("none"),
        }
    }
}

/// The number that a text begins with.
fn number(text: &str) -> u64 {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_fuzzer_says_is_understood() {
        let mut summary = Summary::new("eql", 5);
        for line in [
            "#2\tINITED cov: 310 ft: 412 corp: 10/1024b exec/s: 0 rss: 42Mb",
            "#4096\tpulse  cov: 355 ft: 500 corp: 23/2Kb lim: 43 exec/s: 2048 rss: 50Mb",
            "stat::number_of_executed_units: 123456",
            "stat::slowest_unit_time_sec:    1",
            "stat::peak_rss_mb:              97",
        ] {
            summary.line(line);
        }
        assert_eq!(
            summary.to_string(),
            "eql               5       123456     355      23      1 s   97 MB  none"
        );
        summary.line("==1== ERROR: libFuzzer: timeout after 20 seconds");
        summary.fail(Path::new("/findings"));
        assert!(
            summary
                .to_string()
                .ends_with("timeout after 20 seconds\nsee /findings")
        );
    }
}
