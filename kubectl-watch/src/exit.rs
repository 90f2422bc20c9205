//! How the program ends: a code for scripts and service managers, with the numbers of `sysexits.h` where it has one.

use std::fmt;

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// All is well, or somebody asked for the end.
    Success = 0,
    /// Something failed while it ran.
    Runtime = 1,
    /// The command line makes no sense; clap ends the program with it.
    Usage = 2,
    /// The kernel cannot do what is needed.
    Kernel = 69,
    /// A right is missing.
    Privilege = 77,
    /// A rule or a setting is wrong.
    Config = 78,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// Why the program ends before somebody asked for it.
#[derive(Debug)]
pub struct Failure {
    /// The code it ends with.
    pub code: ExitCode,
    /// The reason, with what led to it.
    pub error: anyhow::Error,
}

impl Failure {
    /// A failure with a code of its own.
    pub fn new(code: ExitCode, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            error: error.into(),
        }
    }

    /// Something failed while it ran.
    pub fn runtime(error: impl Into<anyhow::Error>) -> Self {
        Self::new(ExitCode::Runtime, error)
    }

    /// The kernel cannot do what is needed.
    pub fn kernel(error: impl Into<anyhow::Error>) -> Self {
        Self::new(ExitCode::Kernel, error)
    }

    /// A right is missing.
    pub fn privilege(error: impl Into<anyhow::Error>) -> Self {
        Self::new(ExitCode::Privilege, error)
    }

    /// A rule or a setting is wrong.
    pub fn config(error: impl Into<anyhow::Error>) -> Self {
        Self::new(ExitCode::Config, error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::runtime(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_all_that_led_to_it() {
        let failure = Failure::from(anyhow::anyhow!("no such file").context("reading rules"));
        assert_eq!(failure.to_string(), "reading rules: no such file");
        assert_eq!(failure.code, ExitCode::Runtime);
        assert_eq!(Failure::config(anyhow::anyhow!("x")).code as u8, 78);
    }
}
