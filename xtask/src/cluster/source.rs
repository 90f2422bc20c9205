//! Kubernetes itself, built from the source that Debian 12 ships, with Debian's Go: nothing comes from anywhere else,
//! and nothing of it is installed.

use crate::archive::{self, Archive};
use crate::dist::Arch;
use crate::program::{output, run_quietly};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The suite that has Kubernetes, and a Go that its version compiles with.
const SUITE: &str = "bookworm";
/// The version that the programs say they have. It is that of the source, without Debian's own.
const VERSION: [&str; 3] = ["v1.20.2", "1", "20"];
const PROGRAMS: [&str; 5] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kubectl",
];
/// What runs it, unpacked beside it.
const SERVICES: [&str; 4] = ["etcd-server", "containerd", "containernetworking-plugins", "runc"];

/// The programs of a node.
pub(super) struct Programs {
    /// Folders to look for them in.
    folders: Vec<PathBuf>,
    /// The folder of the network's plug-ins.
    pub(super) plugins: PathBuf,
}

impl Programs {
    /// Brings all of them here, which takes some minutes, once.
    pub(super) fn fetch(folder: &Path) -> Result<Self> {
        let this = Self {
            folders: vec![
                folder.join("bin"),
                folder.join("services/usr/bin"),
                folder.join("services/usr/sbin"),
            ],
            plugins: folder.join("services/usr/lib/cni"),
        };
        let has_services = ["etcd", "containerd", "ctr", "runc"]
            .iter()
            .all(|name| this.get(name).is_ok());
        let is_built = PROGRAMS.iter().all(|name| this.get(name).is_ok());
        if has_services && is_built {
            return Ok(this);
        }
        let archive = Archive::open_with_sources(&folder.join("apt"), &archive::suites(&[SUITE])?)?;
        if !has_services {
            for package in SERVICES {
                unpack(&archive, package, &folder.join("services"))?;
            }
        }
        if !is_built {
            build(&archive, folder)?;
        }
        Ok(this)
    }

    /// Where one is.
    pub(super) fn get(&self, name: &str) -> Result<PathBuf> {
        let mut places = self.folders.iter().map(|folder| folder.join(name));
        places
            .find(|file| file.is_file())
            .with_context(|| format!("there is no {name} in {}", self.path()))
    }

    /// These, and what the machine has, as `PATH`.
    pub(super) fn path(&self) -> String {
        let folders = self.folders.iter().map(|folder| folder.display().to_string());
        let of_machine = std::env::var("PATH").unwrap_or_default();
        folders.chain([of_machine]).collect::<Vec<_>>().join(":")
    }
}

fn unpack(archive: &Archive, package: &str, into: &Path) -> Result<()> {
    let package = format!("{package}:{}", Arch::native()?.debian());
    let version = archive.version(&package, Some(SUITE))?;
    let version = version.with_context(|| format!("{SUITE} has no {package}"))?;
    eprintln!("Downloading {package} {version}");
    archive.unpack(&package, &version, &[], into)
}

/// Builds the programs into `bin`.
fn build(archive: &Archive, folder: &Path) -> Result<()> {
    let begin = Instant::now();
    let go = folder.join("go");
    for package in [
        "golang-1.19-go",
        "golang-1.19-src",
        "golang-github-modern-go-reflect2-dev",
    ] {
        unpack(archive, package, &go)?;
    }
    let path = folder.join("path");
    let source = path.join("src/k8s.io/kubernetes");
    if source.exists() {
        fs::remove_dir_all(&source).context("cannot remove an older source")?;
    }
    fs::create_dir_all(source.parent().context("it lies in a folder")?).context("cannot make a folder")?;
    archive.unpack_source("kubernetes", &source)?;

    // The vendored version of this one crashes with a Go as new as this; the packaged one does not.
    let reflect2 = "github.com/modern-go/reflect2";
    let vendored = source.join("vendor").join(reflect2);
    fs::remove_dir_all(&vendored).with_context(|| format!("there is no {}", vendored.display()))?;
    run_quietly(
        Command::new("cp")
            .arg("-r")
            .arg(go.join("usr/share/gocode/src").join(reflect2))
            .arg(&vendored),
    )?;

    let go = Go {
        root: go.join("usr/lib/go-1.19"),
        path,
        cache: folder.join("cache"),
        source,
    };
    go.generate(folder)?;
    eprintln!("Building Kubernetes {}", VERSION[0]);
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).context("cannot make a folder")?;
    let names = ["gitVersion", "gitMajor", "gitMinor"];
    let places = ["component-base/version", "client-go/pkg/version"];
    let versions = places.iter().flat_map(|place| {
        names
            .iter()
            .zip(VERSION)
            .map(move |(name, value)| format!("-X k8s.io/kubernetes/vendor/k8s.io/{place}.{name}={value}"))
    });
    let flags = format!("-s -w {}", versions.collect::<Vec<_>>().join(" "));
    let mut build = go.command();
    build.args([
        "build",
        "-trimpath",
        "-tags",
        "providerless,dockerless",
        "-ldflags",
        &flags,
        "-o",
    ]);
    build.arg(&bin);
    run_quietly(build.args(PROGRAMS.map(|name| format!("./cmd/{name}"))))?;
    eprintln!("  done in {:.0} s", begin.elapsed().as_secs_f32());
    Ok(())
}

/// A Go, and a source for it.
struct Go {
    root: PathBuf,
    path: PathBuf,
    cache: PathBuf,
    source: PathBuf,
}

impl Go {
    fn command(&self) -> Command {
        let mut go = Command::new(self.root.join("bin/go"));
        go.current_dir(&self.source)
            .env("GOROOT", &self.root)
            .env("GOPATH", &self.path)
            .env("GOCACHE", &self.cache)
            .env("GO111MODULE", "off")
            .env("CGO_ENABLED", "0")
            .env_remove("GOFLAGS");
        go
    }

    /// Makes the one file that Debian's source leaves out: the description of the API.
    fn generate(&self, folder: &Path) -> Result<()> {
        let generator = folder.join("openapi-gen");
        let mut build = self.command();
        build.args(["build", "-o"]).arg(&generator);
        run_quietly(build.arg("./vendor/k8s.io/kube-openapi/cmd/openapi-gen"))?;
        let found = output(Command::new("grep").current_dir(&self.source).args([
            "--recursive",
            "--dereference-recursive",
            "--files-with-matches",
            "--include=*.go",
            "+k8s:openapi-gen=",
            "pkg",
            "cmd",
            "plugin",
            "vendor/k8s.io",
        ]))?;
        let folders: BTreeSet<String> = found
            .lines()
            .filter(|file| !file.ends_with("_test.go"))
            .filter_map(|file| Some(file.rsplit_once('/')?.0))
            .filter(|folder| !of_tools(folder))
            .map(|folder| format!("k8s.io/kubernetes/{folder}"))
            .collect();
        ensure!(!folders.is_empty(), "the source of Kubernetes describes no API");
        let mut generate = Command::new(&generator);
        // It asks Go where the packages are.
        let path = format!(
            "{}:{}",
            self.root.join("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        generate
            .current_dir(&self.source)
            .envs(
                self.command()
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("PATH", path)
            .args(["--input-dirs", &folders.into_iter().collect::<Vec<_>>().join(",")])
            .args(["--output-package", "k8s.io/kubernetes/pkg/generated/openapi"])
            .args(["--output-file-base", "zz_generated.openapi"])
            .args([
                "--go-header-file",
                "vendor/k8s.io/code-generator/hack/boilerplate.go.txt",
            ])
            .arg("--report-filename")
            .arg(folder.join("violations"))
            .arg("--output-base")
            .arg(self.path.join("src"));
        run_quietly(&mut generate)
    }
}

/// Whether a folder is of a tool, and no part of the API.
fn of_tools(folder: &str) -> bool {
    let name = folder.strip_prefix("vendor/k8s.io/").unwrap_or_default();
    ["code-generator", "gengo", "kube-openapi", "sample-"]
        .iter()
        .any(|tool| name.starts_with(tool))
}
