//! Other programs: found, run in sight of the user, or run quietly with one line that shows how far they are.

use anyhow::{Context, Result, bail, ensure};
use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the workspace. Every command runs there.
pub(crate) fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace());
    cargo
}

/// A program run as root: as it is, or through sudo. Sudo takes neither PATH nor variables along, so a caller
/// hands over with `env` what it needs.
pub(crate) fn as_root(program: impl AsRef<OsStr>) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.arg("--").arg(program);
    sudo
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Where a program is, as a shell would find it.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Runs a program that speaks for itself.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    ensure!(status.success(), "{} failed: {status}", shown(command));
    Ok(())
}

/// What a program prints, if it starts and succeeds.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} failed: {}\n{said}",
        shown(command),
        output.status
    );
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no text", shown(command)))
}

/// Runs a program that says much: a terminal sees its latest line, and all of it is shown if it fails.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    let (from, into) = io::pipe().context("cannot open a pipe")?;
    command
        .stdout(into.try_clone().context("cannot share a pipe")?)
        .stderr(into);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    // Without the writing ends that the command still holds, the pipe ends with the program.
    command.stdout(io::stderr()).stderr(io::stderr());

    let terminal = io::stderr().is_terminal();
    let mut said = Vec::new();
    for line in BufReader::new(from).split(b'\n') {
        let line = String::from_utf8_lossy(&line.context("cannot read from a pipe")?).into_owned();
        if terminal {
            let start: String = line
                .chars()
                .filter(|letter| !letter.is_control())
                .take(75)
                .collect();
            eprint!("\r\x1b[2K  {start}");
            io::stderr().flush().context("cannot write to the terminal")?;
        }
        said.push(line);
    }
    if terminal {
        eprint!("\r\x1b[2K");
    }

    let status = child.wait().with_context(|| format!("lost {}", shown(command)))?;
    if !status.success() {
        bail!("{}\n{} failed: {status}", said.join("\n"), shown(command));
    }
    Ok(())
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
