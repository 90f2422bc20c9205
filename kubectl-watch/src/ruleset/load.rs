//! Rule files and folders to a set of rules.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::{self, Display, Formatter};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{RuleFile, RuleSet, Skipped, Warning};
use crate::facts::FactSchema;
use crate::integrity::sha256_of;
use crate::rule::{Rule, RuleError};

/// The rules that ship in the binary: the one that all began with, and then our own.
const BUILT_IN: &[&str] = &[
    include_str!("../../rules/potential-impersonation-via-kubectl.toml"),
    include_str!("../../rules/api-server-asked-with-a-token-by-a-general-program.toml"),
    include_str!("../../rules/api-server-asked-with-impersonation-headers.toml"),
    include_str!("../../rules/client-certificate-or-password-handed-to-kubectl.toml"),
    include_str!("../../rules/credentials-or-rights-made-with-another-identity.toml"),
    include_str!("../../rules/kubeconfig-acts-as-somebody-else.toml"),
    include_str!("../../rules/kubeconfig-flag-names-a-temporary-or-hidden-file.toml"),
    include_str!("../../rules/kubeconfig-from-another-users-home.toml"),
    include_str!("../../rules/kubeconfig-looked-for.toml"),
    include_str!("../../rules/kubeconfig-variable-names-a-temporary-or-hidden-file.toml"),
    include_str!("../../rules/kubeconfig-variable-names-an-unusual-file.toml"),
    include_str!("../../rules/kuberc-gives-kubectl-another-identity.toml"),
    include_str!("../../rules/kuberc-named-by-a-flag-or-a-variable.toml"),
    include_str!("../../rules/kubectl-from-memory-or-a-fresh-file.toml"),
    include_str!("../../rules/kubectl-in-a-container.toml"),
    include_str!("../../rules/kubectl-started-under-a-tracer.toml"),
    include_str!("../../rules/kubectl-under-another-name.toml"),
    include_str!("../../rules/kubectl-with-another-identity-from-elsewhere.toml"),
    include_str!("../../rules/kubernetes-distribution-tool-with-another-identity.toml"),
    include_str!("../../rules/node-credentials-looked-for.toml"),
    include_str!("../../rules/packed-program-with-kubectls-flags.toml"),
    include_str!("../../rules/rights-listed-with-another-identity.toml"),
    include_str!("../../rules/secrets-read-with-another-identity.toml"),
    include_str!("../../rules/service-account-token-handed-to-kubectl.toml"),
    include_str!("../../rules/service-account-token-looked-for.toml"),
    include_str!("../../rules/shell-replaced-by-kubectl-with-another-identity.toml"),
    include_str!("../../rules/way-into-a-workload-with-another-identity.toml"),
];

/// Bytes of a rule file. The rule that ships takes 5,000, its texts included.
const MAX_FILE: u64 = 256 * 1024;

/// Everything that kept a set of rules from being loaded.
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
    /// It is a rule file with a mistake in it.
    #[error("{0}")]
    Rule(#[from] Box<RuleError>),
}

impl Display for LoadError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, (path, fault)) in self.faults.iter().enumerate() {
            write!(
                f,
                "{}{}: {fault}",
                if index == 0 { "" } else { "\n" },
                path.display()
            )?;
        }
        Ok(())
    }
}

impl RuleSet {
    /// Loads the built-in rules, if asked to, and then those of the paths in their order.
    ///
    /// Of a folder it takes each `.toml` file, and those of the folders in it, by name. What begins with a dot is
    /// left out: a mounted `ConfigMap` keeps older copies of itself in such folders.
    pub fn load(paths: &[PathBuf], builtin: bool) -> Result<Self, LoadError> {
        let mut loading = Loading::default();
        for text in BUILT_IN.iter().filter(|_| builtin) {
            loading.rule(None, text);
        }
        for path in paths {
            loading.path(path, true);
        }
        if loading.faults.is_empty() {
            Ok(loading.set)
        } else {
            Err(LoadError {
                faults: loading.faults,
            })
        }
    }
}

#[derive(Default)]
struct Loading {
    set: RuleSet,
    faults: Vec<(PathBuf, Fault)>,
    /// Where each rule comes from, as its index in the set goes.
    origins: Vec<Option<PathBuf>>,
    /// Files and folders that were taken, links resolved, so that a circle of links comes to an end.
    seen: BTreeSet<PathBuf>,
}

impl Loading {
    /// Takes a file or a folder; a file that nobody named only if it ends in `.toml`.
    fn path(&mut self, path: &Path, named: bool) {
        if let Err(error) = self.try_path(path, named) {
            self.faults.push((path.to_owned(), error.into()));
        }
    }

    fn try_path(&mut self, path: &Path, named: bool) -> io::Result<()> {
        let wanted = named || path.extension() == Some(OsStr::new("toml"));
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            // A link that leads nowhere or in a circle, and that is no rule's, is nobody's concern.
            Err(_) if !wanted => return Ok(()),
            Err(error) => return Err(error),
        };
        let kind = fs::metadata(&real)?.file_type();
        let folder = kind.is_dir();
        // A pipe may be named, and then somebody writes to it; one that lies in a folder would only stop the start.
        let readable = kind.is_file() || named;
        if !(folder || wanted && readable) || !self.seen.insert(real) {
            return Ok(());
        }
        if !folder {
            let text = text(path)?;
            self.rule(Some(path), &text);
            return Ok(());
        }
        self.set.files.push(RuleFile {
            path: Some(path.to_owned()),
            sha256: None,
        });
        let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
        let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
        entries.retain(|entry| {
            !entry
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
        });
        entries.sort();
        for entry in &entries {
            self.path(entry, false);
        }
        Ok(())
    }

    fn rule(&mut self, path: Option<&Path>, text: &str) {
        let path = path.map(Path::to_owned);
        self.set.files.push(RuleFile {
            path: path.clone(),
            sha256: Some(sha256_of(text.as_bytes())),
        });
        let rule = match Rule::from_toml(text, &FactSchema) {
            Ok(rule) => rule,
            Err(error) if error.may_be_skipped() => {
                let reason = error.reason();
                self.set.skipped.push(Skipped {
                    path,
                    name: error.name,
                    reason,
                });
                return;
            }
            Err(error) => {
                let path = path.unwrap_or_else(|| PathBuf::from("a built-in rule"));
                self.faults.push((path, Box::new(error).into()));
                return;
            }
        };
        let twin = self
            .set
            .rules
            .iter()
            .position(|known| known.metadata.id == rule.metadata.id);
        let name = rule.metadata.name.clone();
        let warnings: Vec<String> = rule.query.warnings().iter().map(ToString::to_string).collect();
        if let Some(twin) = twin {
            let origin = self.origins.get(twin).and_then(Option::as_ref);
            let origin = origin.map_or("the built-in rules".to_owned(), |path| path.display().to_string());
            let reason = format!("a rule with its id is in use, from {origin}");
            self.set.skipped.push(Skipped {
                path,
                name: Some(name),
                reason,
            });
            return;
        }
        if self.set.add(rule).is_ok() {
            let warnings = warnings.into_iter().map(|text| Warning {
                path: path.clone(),
                name: name.clone(),
                text,
            });
            self.set.warnings.extend(warnings);
            self.origins.push(path);
        }
    }
}

/// The text of a file of rules or exceptions, or an error where it is longer than any.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        let error = format!("it is larger than {MAX_FILE} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, error));
    }
    Ok(text)
}
