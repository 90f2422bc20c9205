//! `cargo xtask run`: from nothing to the daemon at work, as root.

use crate::program::{as_root, shown};
use crate::{build, setup};
use anyhow::{Error, Result};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments of kubectl-watch, after `--`.
    #[arg(last = true, default_value = "run")]
    args: Vec<OsString>,
}

/// Becomes the daemon, so that signals and the exit code are its own.
pub(crate) fn run(args: &Args) -> Result<()> {
    setup::for_building()?;
    let mut daemon = as_root(build::release()?);
    daemon.args(&args.args);
    let error = daemon.exec();
    Err(Error::new(error).context(format!("cannot start {}", shown(&daemon))))
}
