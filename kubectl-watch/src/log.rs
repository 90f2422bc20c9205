//! The daemon's own log, to standard error: alerts alone have standard output.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, registry, util::SubscriberInitExt as _,
};

use crate::cli::{Log, LogFormat};
use crate::exit::{ExitCode, Failure};

/// Starts to log, once in a process.
pub fn start(log: &Log) -> Result<(), Failure> {
    let words = filter(log);
    let filter = words
        .parse::<Targets>()
        .with_context(|| format!("{words:?} is no log filter"))
        .map_err(|error| Failure::new(ExitCode::Usage, error))?;
    let logger = fmt::layer().with_writer(io::stderr).with_ansi(ansi());
    let started = match log.log_format {
        LogFormat::Text => registry()
            .with(logger.with_target(false).with_filter(filter))
            .try_init(),
        LogFormat::Json => registry()
            .with(logger.json().flatten_event(true).with_filter(filter))
            .try_init(),
    };
    started.map_err(|error| Failure::runtime(anyhow::anyhow!(error)))
}

/// What to log. A flag to log more or less counts for more than a level, which may be from the environment.
fn filter(log: &Log) -> &str {
    match (log.verbose, log.quiet) {
        (0, 0) => &log.log_level,
        (0, 1) => "warn",
        (0, 2) => "error",
        (0, _) => "off",
        (1, _) => "debug",
        _ => "trace",
    }
}

/// Whether logs are in colour.
fn ansi() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_beat_the_level() {
        for (verbose, quiet, want) in [
            (0, 0, "x=info"),
            (1, 0, "debug"),
            (5, 0, "trace"),
            (0, 1, "warn"),
            (0, 9, "off"),
        ] {
            let log = Log {
                log_level: "x=info".into(),
                log_format: LogFormat::Text,
                verbose,
                quiet,
            };
            assert_eq!(filter(&log), want);
        }
    }

    #[test]
    fn a_filter_that_is_none_is_a_wrong_command_line() {
        let log = Log {
            log_level: "a=b=c".into(),
            log_format: LogFormat::Text,
            verbose: 0,
            quiet: 0,
        };
        assert_eq!(
            start(&log).err().map(|failure| failure.code),
            Some(ExitCode::Usage)
        );
    }
}
