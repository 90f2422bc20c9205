//! `cargo xtask image`: the container image, with one static file in it.

pub(crate) mod engine;

use crate::{program, setup};
use anyhow::{Context, Result};
use engine::Engine;
use std::fs;
use std::path::{Path, PathBuf};

/// What the image is called in `deploy/daemonset.yaml`.
pub(crate) const TAG: &str = concat!("localhost/kubectl-watch:", env!("CARGO_PKG_VERSION"));

/// Which image.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to call it. The name is the one in `deploy/daemonset.yaml`.
    #[arg(long, default_value = TAG)]
    tag: String,
    /// Write it to this file too, as `docker load` and `ctr images import` read it.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    build(&args.tag, args.save.as_deref())?;
    println!("{}", args.tag);
    Ok(())
}

/// Builds it, and writes it to a file where there is one.
pub(crate) fn build(tag: &str, save: Option<&Path>) -> Result<()> {
    setup::for_building()?;
    let engine = engine()?;

    // The builder sees nothing but the binary.
    let context = tempfile::tempdir().context("cannot make a folder for the image's content")?;
    let binary = crate::build::release()?;
    fs::copy(&binary, context.path().join("kubectl-watch")).context("cannot copy the binary")?;
    engine.build(
        context.path(),
        &program::workspace().join("deploy/Containerfile"),
        tag,
    )?;
    save.map_or(Ok(()), |file| engine.save(tag, file))
}

/// What builds images, installed where there is none.
pub(crate) fn engine() -> Result<Engine> {
    if Engine::find()?.is_none() {
        setup::for_images()?;
    }
    Engine::find()?.context("podman is installed and does not work")
}
