//! `cargo xtask image`: the container image, with one static file in it.

mod engine;

use crate::{build, program, setup};
use anyhow::{Context, Result};
use engine::Engine;
use std::fs;
use std::path::PathBuf;

/// Which image.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to call it. The name is the one in `deploy/daemonset.yaml`.
    #[arg(long, default_value = concat!("localhost/kubectl-watch:", env!("CARGO_PKG_VERSION")))]
    tag: String,
    /// Write it to this file too, as `docker load` and `ctr images import` read it.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    setup::for_building()?;
    if Engine::find()?.is_none() {
        setup::for_images()?;
    }
    let engine = Engine::find()?.context("podman is installed and does not work")?;

    // The builder sees nothing but the binary.
    let context = tempfile::tempdir().context("cannot make a folder for the image's content")?;
    let binary = build::release()?;
    fs::copy(&binary, context.path().join("kubectl-watch")).context("cannot copy the binary")?;
    engine.build(
        context.path(),
        &program::workspace().join("deploy/Containerfile"),
        &args.tag,
    )?;
    if let Some(file) = &args.save {
        engine.save(&args.tag, file)?;
    }
    println!("{}", args.tag);
    Ok(())
}
