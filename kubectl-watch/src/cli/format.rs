//! How things are written: alerts, logs, and what the programs in the kernel say of themselves.

use clap::ValueEnum;

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
