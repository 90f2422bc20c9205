//! The folder below `/tmp` with everything that is exec'd, and what runs it.
//!
//! The rule that ships asks for a parent in a folder that anybody can write to, so what execs lies there too.

use anyhow::{Context, Result, ensure};
use std::env;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

use super::{elf, interrupt};

/// The folder. It is removed when this is dropped.
pub(crate) struct Workbench {
    folder: TempDir,
    spawner: PathBuf,
    /// The tiny program under a name that no rule is about.
    pub(crate) unwatched: PathBuf,
    /// The tiny program under the name that the rule that ships is about.
    pub(crate) watched: PathBuf,
    /// A script, run by the tiny program.
    pub(crate) script: PathBuf,
    /// A link to the tiny program.
    pub(crate) link: PathBuf,
}

/// Arguments with which the rule that ships matches a watched exec.
pub(crate) const MATCHING: [&str; 3] = ["get", "pods", "--as=x"];
/// Arguments with which it does not.
pub(crate) const HARMLESS: [&str; 2] = ["get", "pods"];

/// How long a load took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    /// Half of the execs or calls took less, in nanoseconds.
    pub(crate) median: f64,
    /// All of them.
    pub(crate) all: Duration,
}

/// A spawner that execs when it is told to. It ends when this is dropped.
pub(crate) struct Stepper {
    child: Child,
    orders: Option<ChildStdin>,
}

impl Workbench {
    pub(crate) fn set_up() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("kubectl-watch-bench-")
            .tempdir_in("/tmp")
            .context("cannot make a folder in /tmp")?;
        let at = |name: &str| folder.path().join(name);
        let this = env::current_exe().context("cannot find this program")?;
        let bench = Self {
            spawner: at("spawner"),
            unwatched: at("unwatched"),
            watched: at("kubectl"),
            script: at("script"),
            link: at("link"),
            folder,
        };
        fs::copy(&this, &bench.spawner).context("cannot copy this program to /tmp")?;
        let program = elf::program()?;
        write(&bench.unwatched, &program)?;
        write(&bench.watched, &program)?;
        let script = format!("#!{}\n", bench.unwatched.display());
        write(&bench.script, script.as_bytes())?;
        symlink(&bench.unwatched, &bench.link).context("cannot make a link in /tmp")?;
        Ok(bench)
    }

    /// A new folder in it.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// Execs so often, after a few that do not count.
    pub(crate) fn exec<A: AsRef<OsStr>>(&self, count: u32, program: &Path, args: &[A]) -> Result<Took> {
        let mut command = self.spawner("exec");
        command.arg("--count").arg(count.to_string());
        command.arg("--warm-up").arg((count / 10).to_string());
        took(command.arg("--").arg(program).args(args))
    }

    /// Execs exactly so often, and where there is a rate no more in a second than that.
    pub(crate) fn exec_paced<A: AsRef<OsStr>>(
        &self,
        count: u32,
        rate: Option<u32>,
        program: &Path,
        args: &[A],
    ) -> Result<Took> {
        let mut command = self.spawner("exec");
        command.arg("--count").arg(count.to_string());
        if let Some(rate) = rate {
            command.arg("--rate").arg(rate.to_string());
        }
        took(command.arg("--").arg(program).args(args))
    }

    /// Makes so many null system calls.
    pub(crate) fn call(&self, count: u32) -> Result<Took> {
        took(self.spawner("call").arg("--count").arg(count.to_string()))
    }

    /// What execs this whenever it is told to.
    pub(crate) fn stepper<A: AsRef<OsStr>>(&self, program: &Path, args: &[A]) -> Result<Stepper> {
        let mut command = self.spawner("step");
        command.arg("--").arg(program).args(args).stdin(Stdio::piped());
        let mut child = command.spawn().context("cannot start the spawner")?;
        let orders = child.stdin.take();
        Ok(Stepper { child, orders })
    }

    fn spawner(&self, load: &str) -> Command {
        let mut command = Command::new(&self.spawner);
        command
            .args(["bench-spawn", load])
            .env("HOME", self.folder.path());
        command
    }
}

impl Stepper {
    /// Has it exec once.
    pub(crate) fn step(&mut self) -> Result<()> {
        let orders = self.orders.as_mut().context("the spawner has no input")?;
        orders.write_all(b"\n").context("the spawner has ended")
    }

    /// Waits until what it exec'd last has ended.
    pub(crate) fn finish(mut self) -> Result<()> {
        drop(self.orders.take());
        let status = self.child.wait().context("lost the spawner")?;
        ensure!(status.success(), "the spawner failed: {status}");
        Ok(())
    }
}

impl Drop for Stepper {
    fn drop(&mut self) {
        // It ends with its input, if not before.
        drop(self.orders.take());
        let _reaped = self.child.wait();
    }
}

fn took(command: &mut Command) -> Result<Took> {
    interrupt::check()?;
    let said = crate::program::output(command)?;
    let numbers = said.trim().split_once(' ').and_then(|(median, all)| {
        Some(Took {
            median: median.parse().ok()?,
            all: Duration::from_nanos(all.parse().ok()?),
        })
    });
    numbers.with_context(|| format!("the spawner said {said:?}"))
}

fn write(file: &Path, content: &[u8]) -> Result<()> {
    let failure = || format!("cannot write {}", file.display());
    fs::write(file, content).with_context(failure)?;
    fs::set_permissions(file, Permissions::from_mode(0o755)).with_context(failure)
}
