//! The commands: one file each, all of them short, because what they do is elsewhere.

mod allow;
mod check;
mod completions;
mod doctor;
mod explain;
mod run;
mod runbook;
mod simulate;
mod unpin;

use std::io::{self, Write as _};

use crate::{
    cli::Command,
    exit::{ExitCode, Failure},
};

/// Does what the command line says.
pub fn execute(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Run(run) => run::execute(run),
        Command::Check(check) => check::execute(&check),
        Command::Explain(explain) => explain::execute(&explain),
        Command::Allow(allow) => allow::execute(&allow),
        Command::Simulate(simulate) => simulate::execute(&simulate),
        Command::Runbook(runbook) => runbook::execute(&runbook),
        Command::Doctor(doctor) => doctor::execute(&doctor),
        Command::Unpin(unpin) => unpin::execute(&unpin),
        Command::Completions(completions) => completions::execute(&completions),
    }
}

/// One thread: the loop has nothing to share, and sinks have threads of their own.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::runtime)
}

/// Writes to standard output. That nobody reads it any more is no failure.
fn print(text: &[u8]) -> Result<(), Failure> {
    match anstream::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::runtime(error)),
        _ => Ok(()),
    }
}
