//! `cargo xtask`: everything that is done to the project, one file a command.

mod archive;
mod bench;
mod build;
mod cluster;
mod dist;
mod fuzz;
mod image;
mod kernels;
mod program;
mod run;
mod setup;
mod test;
mod toolchain;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Everything that is done to kubectl-watch.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what a build needs and is not here yet.
    Setup,
    /// Build, and run the daemon as root.
    Run(run::Args),
    /// Check and test everything.
    Test(test::Args),
    /// What CI runs: `test`.
    Ci,
    /// Build the container image.
    Image(image::Args),
    /// Build the daemon as one static file for each architecture.
    Dist(dist::Args),
    /// Boot kernels, old and new, and see what the daemon sees on each.
    Kernels(kernels::Args),
    /// Play a theft on a real Kubernetes of one node, as root, and see what is told of it.
    Cluster(cluster::Args),
    /// The part of `cluster` that runs in namespaces of its own.
    #[command(hide = true)]
    ClusterRun(cluster::RunArgs),
    /// Feed hostile bytes to what reads them.
    Fuzz(fuzz::Args),
    /// Measure what it costs and how fast it is, as root.
    Bench(bench::Args),
    /// The part of `bench` that runs as root.
    #[command(hide = true)]
    BenchRun(bench::RunArgs),
    /// The part of `bench` that execs.
    #[command(hide = true)]
    BenchSpawn(bench::SpawnArgs),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Setup => setup::for_building(),
        Command::Run(args) => run::run(&args),
        Command::Test(args) => return test::run(&args),
        Command::Ci => return test::run(&test::Args::default()),
        Command::Image(args) => image::run(&args),
        Command::Dist(args) => dist::run(&args),
        Command::Kernels(args) => kernels::run(&args),
        Command::Cluster(args) => cluster::run(&args),
        Command::ClusterRun(args) => cluster::run_inside(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::BenchRun(args) => bench::run_as_root(args),
        Command::BenchSpawn(args) => bench::spawn(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
