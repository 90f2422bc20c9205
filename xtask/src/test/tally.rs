//! How many tests passed, failed and were skipped, summed over all the programs that cargo runs.

use crate::program::shown;
use anyhow::{Context, Result, ensure};
use std::fmt::{Display, Formatter};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

#[derive(Default)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    /// Makes a check. One that fails counts as a failed test; one that passes is no test.
    pub(crate) fn check(&mut self, what: &str, check: impl FnOnce() -> Result<()>) {
        eprintln!("Checking {what}");
        if let Err(error) = check() {
            self.fail(&error);
        }
    }

    /// Counts something that failed and is not a test.
    pub(crate) fn fail(&mut self, error: &anyhow::Error) {
        eprintln!("error: {error:#}");
        self.failed += 1;
    }

    /// Runs `cargo test`, passes on what it prints, and counts.
    pub(crate) fn run(&mut self, tests: &mut Command) -> Result<()> {
        let failed_before = self.failed;
        let mut child = tests
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", shown(tests)))?;
        let from = child.stdout.take().context("cargo has no output")?;
        let mut into = std::io::stdout();
        for line in BufReader::new(from).split(b'\n') {
            let mut line = line.context("cannot read what cargo prints")?;
            self.count(&String::from_utf8_lossy(&line));
            line.push(b'\n');
            into.write_all(&line).context("cannot print")?;
        }
        let status = child.wait().context("lost cargo")?;
        // A test that failed is counted already; anything else, such as a test program that was killed, is not.
        ensure!(
            status.success() || self.failed > failed_before,
            "{} failed: {status}",
            shown(tests)
        );
        Ok(())
    }

    /// Whether all is well, and else what is not.
    pub(crate) fn verdict(&self, in_ci: bool) -> Result<(), &'static str> {
        match self {
            Self { failed: 1.., .. } => Err("not everything passed"),
            Self { passed: 0, .. } => Err("no test ran"),
            Self { skipped: 1.., .. } if in_ci => Err("in CI no test may be skipped"),
            _ => Ok(()),
        }
    }

    /// Takes the numbers of a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn count(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let Some((_, counts)) = result.split_once(". ") else {
            return;
        };
        for count in counts.split("; ") {
            match count
                .split_once(' ')
                .map(|(number, what)| (number.parse::<u64>(), what))
            {
                Some((Ok(number), "passed")) => self.passed += number,
                Some((Ok(number), "failed")) => self.failed += number,
                Some((Ok(number), "ignored")) => self.skipped += number,
                _ => {}
            }
        }
    }
}

impl Display for Tally {
    fn fmt(&self, into: &mut Formatter<'_>) -> std::fmt::Result {
        write!(into, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(into, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn of(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.count(line);
        }
        tally
    }

    #[test]
    fn sums_over_programs() {
        let tally = of(&[
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 2 passed; 7 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1.20s",
            "something printed: test result: ok. 100 passed; 100 failed",
        ]);
        assert_eq!(tally.to_string(), "5 passed, 7 failed, 1 skipped");
        assert!(tally.verdict(false).is_err());
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert_eq!(Tally::default().verdict(false), Err("no test ran"));
    }

    #[test]
    fn ci_allows_no_skips() {
        let tally = of(&["test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out"]);
        assert_eq!(tally.verdict(false), Ok(()));
        assert!(tally.verdict(true).is_err());
    }
}
