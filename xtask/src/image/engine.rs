//! What builds images: podman, else buildah, else docker.

use crate::build::target_folder;
use crate::program::{find, output, run};
use anyhow::{Context, Result};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What podman and buildah need where systemd is not the init, as in a container: no cgroups of systemd's, no
/// journal, a runtime that every distribution has, and no higher limits than the caller may have himself.
const WITHOUT_SYSTEMD: &str = r#"[containers]
default_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]
netns = "none"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
[network]
network_backend = "netavark"
"#;

#[derive(Clone, Copy)]
enum Program {
    Podman,
    Buildah,
    Docker,
}

pub(crate) struct Engine {
    program: Program,
    settings: Option<PathBuf>,
}

impl Engine {
    /// The first that is here. Docker's client may be here without the daemon it needs.
    pub(crate) fn find() -> Result<Option<Self>> {
        let docker_works = || output(Command::new("docker").arg("version")).is_ok();
        let program = match () {
            () if find("podman").is_some() => Program::Podman,
            () if find("buildah").is_some() => Program::Buildah,
            () if find("docker").is_some() && docker_works() => Program::Docker,
            () => return Ok(None),
        };
        Ok(Some(Self {
            program,
            settings: settings()?,
        }))
    }

    /// Builds the image of a Containerfile from the files in one folder.
    pub(crate) fn build(&self, context: &Path, containerfile: &Path, tag: &str) -> Result<()> {
        let mut build = self.command();
        // There is nothing to be had from a registry: the image starts FROM scratch.
        build.args(match self.program {
            Program::Podman => &["build", "--pull=never"][..],
            Program::Buildah => &["build", "--pull-never"],
            Program::Docker => &["build"],
        });
        run(build
            .args(["--tag", tag, "--file"])
            .arg(containerfile)
            .arg(context))
    }

    /// Writes the image as a docker archive, over an older one.
    pub(crate) fn save(&self, tag: &str, file: &Path) -> Result<()> {
        match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot replace {}", file.display()));
            }
            _ => {}
        }
        let mut save = self.command();
        match self.program {
            Program::Podman => save
                .args(["save", "--format", "docker-archive", "--output"])
                .arg(file)
                .arg(tag),
            Program::Buildah => save.args(["push", tag, &format!("docker-archive:{}:{tag}", file.display())]),
            Program::Docker => save.args(["save", "--output"]).arg(file).arg(tag),
        };
        run(&mut save)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(match self.program {
            Program::Podman => "podman",
            Program::Buildah => "buildah",
            Program::Docker => "docker",
        });
        command.envs(self.settings.iter().map(|settings| ("CONTAINERS_CONF", settings)));
        command
    }
}

/// A file with [`WITHOUT_SYSTEMD`], where that applies and the user has no settings of his own.
fn settings() -> Result<Option<PathBuf>> {
    if env::var_os("CONTAINERS_CONF").is_some() || Path::new("/run/systemd/system").exists() {
        return Ok(None);
    }
    let file = target_folder()?.join("containers.conf");
    fs::write(&file, WITHOUT_SYSTEMD).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(Some(file))
}
