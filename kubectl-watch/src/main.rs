//! The command `kubectl-watch`: read the command line, do it, say by the exit code how it went.

use std::process::ExitCode;

use clap::Parser as _;
use kubectl_watch::{cli::Cli, command};

fn main() -> ExitCode {
    match command::execute(Cli::parse().into_command()) {
        Ok(code) => code.into(),
        Err(failure) => {
            eprintln!("kubectl-watch: {failure}");
            failure.code.into()
        }
    }
}
