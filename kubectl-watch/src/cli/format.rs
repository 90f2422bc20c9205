//! How things are written: alerts, logs, and what the programs in the kernel say of themselves.

use clap::{ArgAction, Args, ValueEnum};

/// How alerts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// By where standard output goes.
    #[default]
    Auto,
    /// One ECS document a line.
    Json,
    /// A block to read.
    Text,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line to read.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged, to standard error.
#[derive(Args, Debug)]
pub struct Log {
    /// What to log: off, error, warn, info, debug or trace, also for a part, as in `info,kubectl_watch::source=debug`
    #[arg(
        long,
        env = "KUBECTL_WATCH_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log_level: String,
    /// How to write logs
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub log_format: LogFormat,
    /// Log more; twice for all
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Log less; twice for errors only, three times for nothing
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,
}

/// What the programs in the kernel log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum KernelLog {
    /// Nothing.
    #[default]
    Off,
    /// What they lose.
    Warn,
    /// Each watched exec, too.
    Debug,
}
