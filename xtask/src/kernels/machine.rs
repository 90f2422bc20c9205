//! A machine in an emulator: a kernel, a file system in memory, and a console.
//!
//! Software emulation only: it works everywhere, and a row takes seconds all the same. What the machine writes on its
//! console is in a file, from the first line on.

use crate::dist::Arch;
use crate::program;
use anyhow::{Context, Result};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// When a machine is given up, in seconds. A row takes about twenty where nothing else runs.
const PATIENCE: u32 = 600;
/// Memory of a machine, in MiB: the file system is in it, and the ring buffer, and a real kubectl.
const MEMORY: u32 = 1024;

/// Starts one and waits until it is off. What it writes goes into a file meanwhile.
pub(crate) fn boot(
    arch: Arch,
    kernel: &Path,
    initramfs: &Path,
    parameters: &str,
    console: &Path,
) -> Result<()> {
    let log = File::create(console).with_context(|| format!("cannot write {}", console.display()))?;
    let same = log.try_clone().context("cannot share a file")?;
    let (machine, port): (&[&str], &str) = match arch {
        Arch::X86_64 => (&["qemu-system-x86_64", "-machine", "q35", "-cpu", "max"], "ttyS0"),
        // Pointer authentication as the architecture describes it takes most of the time there is.
        Arch::Aarch64 => (
            &[
                "qemu-system-aarch64",
                "-machine",
                "virt",
                "-cpu",
                "max,pauth-impdef=on",
            ],
            "ttyAMA0",
        ),
    };
    // It ends the emulator also where this program is ended first.
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", &PATIENCE.to_string()])
        .args(machine)
        .args(["-accel", "tcg", "-smp", "1", "-m", &MEMORY.to_string()])
        .args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"])
        .args(["-serial", "stdio", "-kernel"])
        .arg(kernel)
        .arg("-initrd")
        .arg(initramfs)
        .arg("-append")
        .arg(format!("console={port} quiet loglevel=1 panic=-1 {parameters}"))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(same);
    // How it ends says nothing: what counts is what the guest wrote.
    command
        .status()
        .with_context(|| format!("cannot start {}", program::shown(&command)))?;
    Ok(())
}
