//! `cargo xtask kernels`: boots real kernels, old and new, for both architectures, and sees what the daemon sees on
//! each.
//!
//! In go the binaries that ship and a matrix of Debian's kernels; out comes a table in which each kernel passes, passes
//! with less by name, or fails. It takes minutes and downloads some hundred megabytes once, so it is a command of its
//! own and no part of `test`.

mod initramfs;
mod kernel;
mod machine;
mod row;
mod table;
mod verdict;

use crate::archive::{self, Archive};
use crate::build::{Build, target_folder};
use crate::dist::{self, Arch};
use crate::program::{find, workspace};
use crate::setup;
use anyhow::{Context, Result, ensure};
use initramfs::Initramfs;
use kernel::Kernel;
use row::{ROWS, Row};
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;
use table::Outcome;
use verdict::{Account, Verdict};

/// Machines that run at once: each keeps a core busy.
const AT_ONCE: usize = 2;
/// The program that runs in each machine.
const GUEST: Build = Build {
    package: "kubectl-watch-tests",
    binary: "guest",
    release: false,
};

/// Which kernels.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only those whose name begins so, such as `5.10` or `6.12-arm64`.
    names: Vec<String>,
    /// Write `docs/kernels.md`; for that all of them are booted.
    #[arg(long, conflicts_with = "names")]
    markdown: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let rows: Vec<&Row> = ROWS
        .iter()
        .filter(|row| args.names.is_empty() || args.names.iter().any(|name| row.name.starts_with(name)))
        .collect();
    ensure!(
        !rows.is_empty(),
        "no kernel is called so; there are {}",
        ROWS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ")
    );
    setup::for_emulation()?;
    let folder = target_folder()?.join("kernels");
    let archive = Archive::open(&folder.join("apt"), &archive::suites(&row::suites())?)?;
    let kernels: Vec<(&Row, Kernel)> = rows
        .into_iter()
        .map(|row| Ok((row, kernel::fetch(&archive, &folder, row)?)))
        .collect::<Result<_>>()?;

    let mut systems = Vec::new();
    for arch in [Arch::X86_64, Arch::Aarch64] {
        for real in [false, true] {
            if kernels
                .iter()
                .any(|(row, _)| (row.arch, row.real_kubectl) == (arch, real))
            {
                systems.push((arch, real, system(&archive, &folder, arch, real)?));
            }
        }
    }
    let begin = Instant::now();
    let outcomes = boot_all(&kernels, &systems, &folder)?;
    println!("{}", table::plain(&outcomes));
    eprintln!(
        "{} kernels in {:.0} s",
        outcomes.len(),
        begin.elapsed().as_secs_f32()
    );
    if args.markdown {
        let file = workspace().join("docs/kernels.md");
        fs::write(&file, table::document(&outcomes))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let failed = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.verdict, Verdict::Fails(_)))
        .count();
    ensure!(
        failed == 0,
        "{failed} of {} kernels failed; what they wrote is in {}",
        outcomes.len(),
        folder.display()
    );
    Ok(())
}

/// Boots all of them, a few at once, and keeps their order.
fn boot_all(
    kernels: &[(&'static Row, Kernel)],
    systems: &[(Arch, bool, PathBuf)],
    folder: &Path,
) -> Result<Vec<Outcome>> {
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..kernels.len()).collect());
    let done: Mutex<Vec<(usize, Result<Outcome>)>> = Mutex::default();
    // Not in the condition of the loop, which would hold the lock for a whole turn.
    let next = || lock(&waiting).pop_front();
    let work = || {
        while let Some(index) = next() {
            let (row, kernel) = &kernels[index];
            let outcome = boot(row, kernel, systems, folder);
            if let Ok(outcome) = &outcome {
                eprintln!("  {}: {}", row.name, outcome.verdict);
            }
            lock(&done).push((index, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    let mut done = done
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Boots one, keeps what it wrote, and judges it.
fn boot(
    row: &'static Row,
    kernel: &Kernel,
    systems: &[(Arch, bool, PathBuf)],
    folder: &Path,
) -> Result<Outcome> {
    let system = systems
        .iter()
        .find(|(arch, real, _)| (*arch, *real) == (row.arch, row.real_kubectl));
    let (_, _, initramfs) = system.context("no file system was made for this kernel")?;
    let begin = Instant::now();
    let file = folder.join(format!("{}.log", row.name));
    machine::boot(row.arch, &kernel.image, initramfs, row.parameters, &file)?;
    let took = begin.elapsed();
    let console = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let account = Account::read(&String::from_utf8_lossy(&console));
    Ok(Outcome {
        row,
        version: kernel.version.clone(),
        verdict: account.verdict(row.may_lack),
        account,
        took,
    })
}

/// What a machine finds at start: the daemon that ships, the program that tests it, a shell, and a kubectl.
fn system(archive: &Archive, folder: &Path, arch: Arch, real_kubectl: bool) -> Result<PathBuf> {
    let guest = dist::program(arch, &GUEST)?;
    let kubectl = if real_kubectl {
        let found = find("kubectl");
        found.context(
            "one kernel is to run a real kubectl, and there is none: `cargo xtask test` installs one",
        )?
    } else {
        // Under this name the guest does nothing.
        guest.clone()
    };
    let mut archived = Initramfs::default();
    for path in [
        "bin", "dev", "etc", "home", "opt", "proc", "root", "run", "sys", "tmp", "usr", "usr/bin", "var",
        "var/tmp",
    ] {
        archived.folder(path)?;
    }
    archived.program("init", &guest)?;
    archived.program("usr/bin/kubectl", &kubectl)?;
    archived.program("usr/bin/kubectl-watch", &dist::daemon(arch)?)?;
    archived.program("bin/busybox", &kernel::busybox(archive, folder, arch)?)?;
    archived.link("bin/sh", "busybox")?;
    archived.text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")?;
    let name = if real_kubectl { "real" } else { "tiny" };
    let file = folder.join(format!("{arch}-{name}.cpio"));
    fs::write(&file, archived.finish()?).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
