//! `cargo xtask cluster`: a real Kubernetes of one node, kubectl-watch on it as its `DaemonSet`, and a service account's
//! token that is stolen in one pod and used from another.
//!
//! In go the image that ships and `deploy/daemonset.yaml`; out comes whether the alert, what the process did next, the
//! API server's own audit log and the runbook tell one story. All of it runs in a network and a mount namespace of its
//! own and ends with it. It builds Kubernetes once, which takes minutes, so it is a command of its own and no part of
//! `test`.

mod document;
mod network;
mod node;
mod processes;
mod scene;
mod settings;
mod source;
mod story;

use crate::build::target_folder;
use crate::program::{is_root, run as run_program, workspace};
use crate::{image, setup};
use anyhow::{Context, Result, ensure};
use node::{Node, Traces};
use source::Programs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The namespaces that nothing of this leaves.
const NAMESPACES: [&str; 4] = ["--net", "--mount", "--propagation", "slave"];

/// What to do with what it tells.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write `docs/cluster.md`.
    #[arg(long)]
    markdown: bool,
}

/// What the part inside of the namespaces is told.
#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// Where the programs are.
    #[arg(long)]
    folder: PathBuf,
    /// Where it may keep what ends with it.
    #[arg(long)]
    run: PathBuf,
    #[command(flatten)]
    args: Args,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    ensure!(
        is_root(),
        "a node is root's: run this as root, such as with `sudo --preserve-env=PATH`"
    );
    setup::for_cluster()?;
    let folder = target_folder()?.join("cluster");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let programs = Programs::fetch(&folder)?;
    image::build(image::TAG, Some(&folder.join("kubectl-watch.tar")))?;
    scene::build_image(&programs, &folder)?;

    let run = tempfile::Builder::new()
        .prefix("node")
        .tempdir()
        .context("cannot make a folder")?;
    let _traces = Traces::prepare()?;
    let this = env::current_exe().context("cannot tell which program this is")?;
    let mut inside = Command::new("unshare");
    inside
        .args(NAMESPACES)
        .arg(this)
        .args(["cluster-run", "--folder"])
        .arg(&folder)
        .arg("--run")
        .arg(run.path())
        .args(args.markdown.then_some("--markdown"));
    run_program(&mut inside)
}

/// The part inside of the namespaces.
pub(crate) fn run_inside(args: &RunArgs) -> Result<()> {
    let folder = &args.folder;
    let programs = Programs::fetch(folder)?;
    let mut node = Node::start(&programs, folder, &args.run)?;
    let story = scene::play(&mut node)?;
    println!("{story}");
    if args.args.markdown {
        write(&workspace().join("docs/cluster.md"), &document::document(&story)?)?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
