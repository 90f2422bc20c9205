//! `kubectl-watch completions`: a script for a shell.

use clap::CommandFactory as _;

use crate::{
    cli::{Cli, Completions},
    exit::{ExitCode, Failure},
};

pub(super) fn execute(completions: &Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        completions.shell,
        &mut Cli::command(),
        "kubectl-watch",
        &mut script,
    );
    super::print(&script)?;
    Ok(ExitCode::Success)
}
