//! Files and folders to a set of exceptions.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::{Counted, ExceptionSet};
use crate::exception::{Exception, ExceptionError};
use crate::integrity::sha256_of;
use crate::ruleset::text;

/// How files of exceptions end: ours, and those of Elastic.
const ENDINGS: [&str; 3] = ["toml", "json", "ndjson"];
/// How deep folders may lie in each other: a circle of links comes to an end.
const MAX_DEPTH: usize = 16;

/// Everything that kept a set of exceptions from being loaded.
#[derive(Debug, thiserror::Error)]
pub struct LoadError {
    /// What is wrong, with the file it is wrong with.
    pub faults: Vec<(PathBuf, Fault)>,
}

/// What is wrong with a path.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It has a mistake in it.
    #[error("{0}")]
    Exception(#[from] Box<ExceptionError>),
    /// Whoever likes may write it.
    #[error("everybody may write it, and so silence any alert: `chmod o-w` it first")]
    Writable,
    /// Another exception has the name.
    #[error("there is another exception called {name:?}, in {}", other.display())]
    Twin {
        /// The name.
        name: String,
        /// The file of the other one.
        other: PathBuf,
    },
}

impl Display for LoadError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, (path, fault)) in self.faults.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{}: {fault}", path.display())?;
        }
        Ok(())
    }
}

impl ExceptionSet {
    /// Loads the files, and of each folder those that end in `.toml`, `.json` and `.ndjson`, by name, with those of
    /// the folders in it. What begins with a dot is left out: a mounted `ConfigMap` keeps older copies there.
    pub fn load(paths: &[PathBuf]) -> Result<Self, LoadError> {
        let mut set = Self::default();
        let mut faults = Vec::new();
        for path in paths {
            let mut files = Vec::new();
            match find(path, 0, &mut files) {
                Ok(()) => {}
                Err(error) => faults.push((path.clone(), error.into())),
            }
            for file in files {
                if let Err(fault) = set.add(&file) {
                    faults.push((file, fault));
                }
            }
        }
        faults.extend(set.twins());
        if faults.is_empty() {
            Ok(set)
        } else {
            Err(LoadError { faults })
        }
    }

    fn add(&mut self, path: &Path) -> Result<(), Fault> {
        let found = fs::metadata(path)?;
        let is_everybodys = found.mode() & 0o002 != 0;
        if is_everybodys && !(found.is_dir() && is_mounted_read_only(path)?) {
            return Err(Fault::Writable);
        }
        if found.is_dir() {
            self.files.push((path.to_owned(), None));
            return Ok(());
        }
        let text = text(path)?;
        self.files
            .push((path.to_owned(), Some(sha256_of(text.as_bytes()))));
        let is_elastic = path.extension().is_some_and(|ending| ending != "toml");
        let exceptions = if is_elastic {
            let items = Exception::from_json(&text).map_err(Box::new)?;
            let shown = |what: String| format!("{}: passed over {what}", path.display());
            self.passed_over.extend(items.passed_over.into_iter().map(shown));
            items.exceptions
        } else {
            Exception::from_toml(&text).map_err(Box::new)?
        };
        self.exceptions
            .extend(exceptions.into_iter().map(|exception| Counted {
                exception,
                path: path.to_owned(),
                hits: 0,
                last: None,
                is_said_over: false,
            }));
        Ok(())
    }

    /// Exceptions whose name another has: hits and documents could not tell them apart.
    fn twins(&self) -> Vec<(PathBuf, Fault)> {
        let mut known: HashMap<&str, &Path> = HashMap::new();
        let mut twins = Vec::new();
        for counted in &self.exceptions {
            let name = counted.exception.name.as_str();
            if let Some(other) = known.insert(name, &counted.path) {
                let (name, other) = (name.to_owned(), other.to_owned());
                twins.push((counted.path.clone(), Fault::Twin { name, other }));
            }
        }
        twins
    }
}

/// Whether a mode that lets everybody write here is only a mode: the folder of a `ConfigMap` has one, and a container
/// sees it mounted read-only. Whoever mounts it says where it is from.
fn is_mounted_read_only(folder: &Path) -> io::Result<bool> {
    Ok(statvfs(folder)?.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// The files of a path, and the folders among them.
fn find(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let kind = fs::metadata(path)?;
    let is_named = depth == 0;
    if !kind.is_dir() {
        let has_ending = path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        // A pipe may be named, and then somebody writes to it; one that lies in a folder would only stop the start.
        if is_named || (has_ending && kind.is_file()) {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    if depth == MAX_DEPTH {
        return Err(io::Error::other(format!(
            "folders are nested deeper than {MAX_DEPTH}"
        )));
    }
    files.push(path.to_owned());
    let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    entries.retain(|entry| !entry.file_name().is_some_and(is_hidden));
    entries.sort();
    for entry in &entries {
        match find(entry, depth + 1, files) {
            // A link that leads nowhere is nobody's exception, unless it is called like one.
            Err(_)
                if !entry
                    .extension()
                    .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) => {}
            found => found?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const ONE: &str = "[[exception]]\nname = 'one'\nreason = 'r'\nowner = 'o'\nexpires = 2999-01-01\n\
                       condition = 'user.name == \"ci\"'\n";

    #[test]
    fn a_folder_gives_what_is_called_like_exceptions_and_every_fault_is_told() {
        let folder = tempfile::tempdir().expect("folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("file");
        write("a.toml", ONE);
        write("notes.txt", "no exception");
        write(".hidden.toml", "broken");
        fs::create_dir(folder.path().join("team")).expect("folder");
        write("team/b.toml", &ONE.replace("'one'", "'two'"));
        let paths = [folder.path().to_owned()];
        let set = ExceptionSet::load(&paths).expect("it loads");
        let names: Vec<_> = set
            .exceptions()
            .iter()
            .map(|it| it.exception.name.as_str())
            .collect();
        assert_eq!(names, ["one", "two"]);
        assert_eq!(set.files().len(), 4, "{:?}", set.files());

        write("c.toml", ONE);
        write("d.toml", "name = 1");
        let error = ExceptionSet::load(&paths).expect_err("it is broken").to_string();
        assert!(
            error.contains("there is another exception called \"one\""),
            "{error}"
        );
        assert!(
            error.contains("d.toml: line 1, column 1: unknown field `name`"),
            "{error}"
        );
        for (name, mode) in [("team/b.toml", 0o666), ("team", 0o777)] {
            let open = folder.path().join(name);
            fs::set_permissions(&open, fs::Permissions::from_mode(mode)).expect("it is ours");
            let error = ExceptionSet::load(&[open]).expect_err("anybody's").to_string();
            assert!(error.contains("everybody may write it"), "{error}");
        }
        let error = ExceptionSet::load(&["/nowhere".into()])
            .expect_err("it is not there")
            .to_string();
        assert!(error.starts_with("/nowhere: it cannot be read"), "{error}");
    }

    /// A rule's own query holds for all that it finds, whoever does it.
    #[test]
    fn the_query_of_a_rule_that_ships_is_no_exception_to_it() {
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
        let mut count = 0;
        for file in fs::read_dir(rules).expect("it is there") {
            let path = file.expect("it can be read").path();
            let text = fs::read_to_string(&path).expect("it is text");
            let rule: toml::Table = toml::from_str(&text).expect("it is TOML");
            let query = rule["rule"]["query"].as_str().expect("it has one");
            let value = toml::Value::String(query.to_owned());
            let text = ONE.replace("'user.name == \"ci\"'", &value.to_string());
            match Exception::from_toml(&text) {
                Ok(exceptions) => assert!(!exceptions[0].doubts.is_empty(), "{}", path.display()),
                Err(error) => assert!(error.message.contains("it would silence"), "{error}"),
            }
            count += 1;
        }
        assert!(count > 20, "{count}");
    }
}
