//! Packages of Debian and its relatives: what apt offers, and their installation.
//!
//! Nothing is ever removed and nothing merely recommended is taken. The lists are brought up to date only where
//! they know nothing of a package, or promise one that is gone.

use crate::archive;
use crate::program::{as_root, find, output, run_quietly};
use anyhow::{Context, Result};
use std::fs;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

/// Whether this machine has apt.
pub(crate) fn is_here() -> bool {
    find("apt-get").is_some() && find("apt-cache").is_some()
}

/// Whether a package is installed.
pub(crate) fn is_installed(package: &str) -> bool {
    let query = output(Command::new("dpkg-query").args(["--show", "--showformat=${Status}", package]));
    query.is_ok_and(|status| status.ends_with(" installed"))
}

/// Whether all of these can be had, the first of them in at least this version.
pub(crate) fn offers(packages: &[&str], least: &str) -> Result<bool> {
    let offered = || -> Result<bool> {
        for (position, package) in packages.iter().enumerate() {
            let Some(version) = candidate(package)? else {
                return Ok(false);
            };
            if position == 0 && !is_at_least(&version, least)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    Ok(offered()? || (update_once()? && offered()?))
}

/// Installs packages, after saying what they are for.
pub(crate) fn install(purpose: &str, packages: &[&str]) -> Result<()> {
    eprintln!("Installing {purpose}: {}", packages.join(" "));
    let begin = Instant::now();
    for package in packages {
        if candidate(package)?.is_none() {
            update_once()?;
        }
    }
    let install = || {
        run_quietly(
            apt_get()
                .args(["install", "--yes", "--no-install-recommends", "--no-remove"])
                .args(packages),
        )
    };
    // Old lists name files that mirrors no longer have.
    if let Err(error) = install() {
        let renewed = update_once()?;
        if !renewed {
            return Err(error);
        }
        install()?;
    }
    eprintln!("  done in {:.0} s", begin.elapsed().as_secs_f32());
    Ok(())
}

/// The same from the distribution's backports, whether or not the machine uses them: its sources and lists stay as
/// they are.
pub(crate) fn install_from_backports(purpose: &str, packages: &[&str]) -> Result<()> {
    let about = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let codename = about
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let suite = format!(
        "{}-backports",
        codename.context("this distribution has no codename")?
    );
    eprintln!("Installing {purpose}, from {suite}: {}", packages.join(" "));
    let begin = Instant::now();

    let state = tempfile::tempdir().context("cannot make a folder")?;
    let (sources, lists) = (state.path().join("sources.list"), state.path().join("lists"));
    fs::create_dir_all(lists.join("partial")).context("cannot make a folder")?;
    let mut text = fs::read_to_string("/etc/apt/sources.list").unwrap_or_default();
    for repository in archive::suites(&[&suite])? {
        text.push('\n');
        text.push_str(&repository.source(&[]));
    }
    fs::write(&sources, text).context("cannot write the sources of packages")?;
    let apt_get = || {
        let mut apt_get = apt_get();
        apt_get
            .arg("-o")
            .arg(format!("Dir::Etc::SourceList={}", sources.display()));
        apt_get
            .arg("-o")
            .arg(format!("Dir::State::Lists={}", lists.display()));
        // apt lets go of root's rights to download, and then cannot write into a folder of root's.
        apt_get.args(["-o", "APT::Sandbox::User=root"]);
        apt_get
    };
    run_quietly(apt_get().arg("update"))?;
    run_quietly(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends", "--no-remove"])
            .arg(format!("--target-release={suite}"))
            .args(packages),
    )?;
    eprintln!("  done in {:.0} s", begin.elapsed().as_secs_f32());
    Ok(())
}

/// The version that apt would install.
fn candidate(package: &str) -> Result<Option<String>> {
    let policy = output(
        Command::new("apt-cache")
            .env("LC_ALL", "C")
            .args(["policy", package]),
    )?;
    let version = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "));
    Ok(version
        .filter(|version| *version != "(none)")
        .map(ToOwned::to_owned))
}

fn is_at_least(version: &str, least: &str) -> Result<bool> {
    let mut dpkg = Command::new("dpkg");
    dpkg.args(["--compare-versions", version, "ge", least]);
    Ok(dpkg.status().context("cannot start dpkg")?.success())
}

/// Brings apt's lists up to date, unless this run did so before; says whether it did now.
fn update_once() -> Result<bool> {
    static UPDATED: OnceLock<()> = OnceLock::new();
    if UPDATED.set(()).is_err() {
        return Ok(false);
    }
    eprintln!("Bringing apt's package lists up to date");
    run_quietly(apt_get().arg("update"))?;
    Ok(true)
}

fn apt_get() -> Command {
    let mut apt_get = as_root("env");
    // Lock: another apt may be at work, as on a machine that has just started.
    apt_get.args(["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get", "--quiet"]);
    apt_get.args(["-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"]);
    apt_get
}
