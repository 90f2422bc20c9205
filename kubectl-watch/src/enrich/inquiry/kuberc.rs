//! The preferences of a process (kuberc): looked for where any kubectl looks, and read through the process's own root.

use std::sync::Arc;

use super::kubeconfig::below_home;
use super::view::View;
use crate::credential::Kuberc;
use crate::credential::kubeconfig::ConfigFile;
use crate::event::{Args, Environment, ProcessEvent, Unknown};

/// Bytes of a file. People's have a few hundred.
const MAX_FILE: u64 = 256 * 1024;
/// Files that are read. A command names one.
const MAX_FILES: usize = 4;
/// The flag.
const FLAG: &[u8] = b"--kuberc";

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    view: Result<Arc<View>, Unknown>,
    /// One more than is read where there are more.
    paths: Vec<Vec<u8>>,
}

impl Question {
    /// None where preferences are turned off.
    pub(super) fn of(event: &ProcessEvent, view: &Result<Arc<View>, Unknown>) -> Option<Self> {
        let paths = paths(&event.process.args, &event.environment);
        (!paths.is_empty()).then(|| Self {
            view: view.clone(),
            paths,
        })
    }

    /// None where there is no such file.
    pub(super) fn answer(&self) -> Option<Kuberc> {
        let view = match &self.view {
            Ok(view) => view,
            Err(unknown) => {
                return Some(Kuberc {
                    unknown: Some(*unknown),
                    ..Kuberc::default()
                });
            }
        };
        let is_cut = self.paths.len() > MAX_FILES;
        let mut kuberc = Kuberc {
            unknown: is_cut.then_some(Unknown::Unreadable),
            ..Kuberc::default()
        };
        for path in self.paths.iter().take(MAX_FILES) {
            let absolute = view.absolute(path);
            let read = absolute.as_ref().map_err(|unknown| *unknown);
            let mut file = ConfigFile {
                path: absolute.as_ref().unwrap_or(path).clone(),
                ..ConfigFile::default()
            };
            match read.and_then(|path| view.read(path, MAX_FILE)) {
                Ok(None) => continue,
                Ok(Some(found)) => {
                    let read = found.bytes.and_then(|bytes| {
                        let added = kuberc.add(&bytes);
                        added.ok_or(Unknown::Unreadable)
                    });
                    file.unknown = read.err();
                    file.path = found.path;
                    file.facts = Some(found.facts);
                }
                Err(unknown) => file.unknown = Some(unknown),
            }
            kuberc.unknown = kuberc.unknown.or(file.unknown);
            kuberc.files.push(file);
        }
        (kuberc != Kuberc::default()).then_some(kuberc)
    }
}

/// Where it may be: what each flag names, then the variable, then the usual place. Which of them counts differs by version
/// of kubectl (1.33 knows no path in the variable), so all of them do.
fn paths(args: &Args, environment: &Environment) -> Vec<Vec<u8>> {
    let mut paths: Vec<Vec<u8>> = Vec::new();
    let mut add = |path: &[u8]| {
        let is_new = !path.is_empty() && !paths.iter().any(|known| known == path);
        if is_new && paths.len() <= MAX_FILES {
            paths.push(path.to_vec());
        }
    };
    let mut is_next = false;
    for arg in args.iter() {
        let was_next = std::mem::replace(&mut is_next, arg == FLAG);
        match arg.strip_prefix(FLAG) {
            Some([b'=', path @ ..]) => add(path),
            _ if was_next => add(arg),
            _ => {}
        }
    }
    match environment.get("KUBERC").unwrap_or_default() {
        b"off" => {}
        path => {
            add(path);
            add(&below_home(environment, b".kube/kuberc"));
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_looked_for_where_any_kubectl_looks() {
        for (line, environment, expected) in [
            ("kubectl get", "HOME=/root", &["/root/.kube/kuberc"][..]),
            ("kubectl get", "", &[".kube/kuberc"]),
            (
                "kubectl get",
                "HOME=/root\0KUBERC=/x",
                &["/x", "/root/.kube/kuberc"],
            ),
            ("kubectl get", "HOME=/root\0KUBERC=off", &[]),
            (
                "kubectl get",
                "HOME=/root\0KUBERC=\0KUBERC=off",
                &["/root/.kube/kuberc"],
            ),
            ("kubectl get --kuberc=/a", "HOME=/root\0KUBERC=off", &["/a"]),
            (
                "kubectl --kuberc /a get --kuberc=b --kuberc",
                "KUBERC=off",
                &["/a", "b"],
            ),
        ] {
            let args: Args = line.split(' ').collect();
            let found = paths(&args, &Environment::from_bytes(environment.as_bytes()));
            let found: Vec<_> = found.iter().map(|path| String::from_utf8_lossy(path)).collect();
            assert_eq!(found, expected, "{line} {environment:?}");
        }
        let many = "--kuberc=x".repeat(3);
        let args: Args = (0..1000).map(|number| format!("{many}{number}")).collect();
        assert_eq!(paths(&args, &Environment::default()).len(), MAX_FILES + 1);
    }
}
