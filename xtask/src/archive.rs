//! Packages of Debian, of any suite and architecture, downloaded and unpacked without being installed.
//!
//! apt works here on a state of its own below the target folder, so nothing of the machine's changes. Which mirror is
//! asked is what this machine's own apt asks already.

use crate::program::{output, run_quietly};
use crate::setup;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// By what it is known that a package comes from Debian; the package `debian-archive-keyring` brings it.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// The architectures that are asked for, as Debian calls them.
const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// Where packages come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Repository {
    /// Where it is.
    uri: String,
    /// Its name there.
    suite: String,
}

/// A private state of apt.
pub(crate) struct Archive {
    folder: PathBuf,
}

impl Repository {
    /// The line for apt, for these architectures or the machine's own.
    pub(crate) fn source(&self, architectures: &[&str]) -> String {
        let arch = if architectures.is_empty() {
            String::new()
        } else {
            format!("arch={} ", architectures.join(","))
        };
        format!(
            "deb [{arch}signed-by={KEYRING}] {} {} main\n",
            self.uri, self.suite
        )
    }
}

/// The repositories of Debian that this machine's apt knows.
pub(crate) fn of_machine() -> Result<Vec<Repository>> {
    let format = "$(ORIGIN)|$(COMPONENT)|$(REPO_URI)|$(RELEASE)";
    let targets = output(Command::new("apt-get").args(["indextargets", "--format", format]))?;
    let mut repositories: Vec<Repository> = targets
        .lines()
        .filter_map(|line| line.strip_prefix("Debian|main|")?.split_once('|'))
        .map(|(uri, suite)| Repository {
            uri: uri.to_owned(),
            suite: suite.to_owned(),
        })
        .collect();
    repositories.sort();
    repositories.dedup();
    Ok(repositories)
}

/// The same mirror's repositories of these names. Asked is the one with the most suites, and not that of security
/// updates, which has a few only.
pub(crate) fn suites(names: &[&str]) -> Result<Vec<Repository>> {
    let known = of_machine()?;
    let main = known
        .iter()
        .find(|repository| !repository.suite.contains("security"));
    let main = main.context(
        "what is needed here comes from Debian, and apt knows no mirror of it: this works on a Debian machine",
    )?;
    let repository = |name: &&str| Repository {
        uri: main.uri.clone(),
        suite: (*name).to_owned(),
    };
    Ok(names.iter().map(repository).collect())
}

impl Archive {
    /// Opens the state in this folder for these repositories, and brings its lists up to date.
    pub(crate) fn open(folder: &Path, repositories: &[Repository]) -> Result<Self> {
        let binary = |repository: &Repository| repository.source(&ARCHITECTURES);
        Self::of(folder, &repositories.iter().map(binary).collect::<String>())
    }

    /// The same with what packages are built from.
    pub(crate) fn open_with_sources(folder: &Path, repositories: &[Repository]) -> Result<Self> {
        let both = |repository: &Repository| {
            let binary = repository.source(&ARCHITECTURES);
            let source = repository.source(&[]).replacen("deb ", "deb-src ", 1);
            binary + &source
        };
        Self::of(folder, &repositories.iter().map(both).collect::<String>())
    }

    fn of(folder: &Path, sources: &str) -> Result<Self> {
        setup::for_archives()?;
        let this = Self {
            folder: folder.to_owned(),
        };
        for part in ["lists/partial", "cache/archives/partial", "etc", "debs"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
        }
        this.write("sources.list", sources)?;
        this.write("status", "")?;
        this.write("apt.conf", &this.settings())?;
        run_quietly(this.apt("apt-get").args(["--quiet", "update"]))?;
        Ok(this)
    }

    /// The version that a suite has of a package (`NAME:ARCHITECTURE`), or the newest of any suite.
    pub(crate) fn version(&self, package: &str, suite: Option<&str>) -> Result<Option<String>> {
        let table = output(self.apt("apt-cache").args(["madison", package]))?;
        let versions = table.lines().filter_map(|line| {
            let mut columns = line.split('|').map(str::trim);
            let (_, version, from) = (columns.next()?, columns.next()?, columns.next()?);
            let is_of = |suite: &str| {
                from.split(' ')
                    .any(|word| word.strip_suffix("/main") == Some(suite))
            };
            suite.is_none_or(is_of).then(|| version.to_owned())
        });
        Ok(versions.into_iter().next())
    }

    /// What a package depends on, as it says it.
    pub(crate) fn depends(&self, package: &str, version: &str) -> Result<String> {
        let page = output(
            self.apt("apt-cache")
                .args(["show", &format!("{package}={version}")]),
        )?;
        let line = page.lines().find_map(|line| line.strip_prefix("Depends: "));
        Ok(line.unwrap_or_default().to_owned())
    }

    /// Downloads a package, unpacks what fits one of the patterns into a folder, or all of it where there are none, and
    /// forgets the package.
    pub(crate) fn unpack(&self, package: &str, version: &str, patterns: &[&str], into: &Path) -> Result<()> {
        let debs = tempfile::tempdir_in(self.folder.join("debs")).context("cannot make a folder")?;
        let mut download = self.apt("apt-get");
        download
            .current_dir(debs.path())
            .args(["--quiet", "download", &format!("{package}={version}")]);
        run_quietly(&mut download)?;
        let file = fs::read_dir(debs.path())?
            .next()
            .with_context(|| format!("apt downloaded nothing for {package}"))??
            .path();
        fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
        let mut reader = Command::new("dpkg-deb")
            .arg("--fsys-tarfile")
            .arg(&file)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start dpkg-deb")?;
        let content = reader.stdout.take().context("dpkg-deb has no output")?;
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--directory"]).arg(into).stdin(content);
        if !patterns.is_empty() {
            tar.arg("--wildcards").args(patterns);
        }
        // tar complains of a pattern that fits nothing, which is for who asked to judge.
        let _complaints = output(&mut tar);
        ensure!(
            reader.wait().context("lost dpkg-deb")?.success(),
            "{} cannot be unpacked",
            file.display()
        );
        Ok(())
    }

    /// Downloads the newest source of a package, and unpacks it as a folder that is not there yet.
    pub(crate) fn unpack_source(&self, package: &str, into: &Path) -> Result<()> {
        let parts = tempfile::tempdir_in(self.folder.join("debs")).context("cannot make a folder")?;
        eprintln!("Downloading the source of {package}");
        let mut download = self.apt("apt-get");
        download.current_dir(parts.path());
        run_quietly(download.args(["--quiet", "source", "--download-only", package]))?;
        let files = fs::read_dir(parts.path()).context("cannot read a folder")?;
        let description = files
            .filter_map(|file| Some(file.ok()?.path()))
            .find(|file| file.extension().is_some_and(|extension| extension == "dsc"))
            .with_context(|| format!("apt downloaded no source of {package}"))?;
        let mut unpack = Command::new("dpkg-source");
        run_quietly(unpack.arg("--extract").arg(description).arg(into))
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", self.folder.join("apt.conf"));
        command.env("LC_ALL", "C");
        command
    }

    fn settings(&self) -> String {
        let at = |part: &str| self.folder.join(part).display().to_string();
        let architectures: String = ARCHITECTURES.map(|name| format!("\"{name}\"; ")).concat();
        format!(
            "Dir::State::lists \"{}\";\nDir::State::status \"{}\";\nDir::Cache \"{}\";\nDir::Etc \"{}\";\n\
             Dir::Etc::sourcelist \"{}\";\nDir::Etc::sourceparts \"/dev/null\";\n\
             Dir::Etc::preferencesparts \"/dev/null\";\n\
             APT::Architecture \"{}\";\nAPT::Architectures {{ {architectures}}};\nAPT::Sandbox::User \"root\";\n\
             Acquire::Languages \"none\";\nAcquire::Check-Valid-Until \"false\";\nAcquire::Retries \"3\";\n",
            at("lists"),
            at("status"),
            at("cache"),
            at("etc"),
            at("sources.list"),
            ARCHITECTURES[0],
        )
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let file = self.folder.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// Whether Debian's key is here.
pub(crate) fn has_keyring() -> bool {
    Path::new(KEYRING).is_file()
}
