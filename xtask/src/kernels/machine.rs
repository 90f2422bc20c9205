//! A machine in an emulator: a kernel, a file system in memory, and a console.
//!
//! Software emulation only: it works everywhere, and a row takes seconds all the same. What the machine writes on its
//! console comes back when it is off.

use crate::dist::Arch;
use crate::program;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// When a machine is given up, in seconds. A row takes about twenty where nothing else runs.
const PATIENCE: u32 = 600;
/// Memory of a machine, in MiB: the file system is in it, and the ring buffer, and a real kubectl.
const MEMORY: u32 = 1024;

/// Starts one, waits until it is off, and returns its console.
pub(crate) fn boot(arch: Arch, kernel: &Path, initramfs: &Path, parameters: &str) -> Result<String> {
    let (machine, console): (&[&str], _) = match arch {
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
        .arg(format!(
            "console={console} quiet loglevel=1 panic=-1 {parameters}"
        ))
        .stdin(Stdio::null());
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", program::shown(&command)))?;
    let mut console = String::from_utf8_lossy(&output.stdout).into_owned();
    console.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok(console)
}
