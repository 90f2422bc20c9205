//! Which files are the kubeconfig: those that kubectl is told to take, or those where it looks. The kubectl of a
//! distribution looks elsewhere first.

use super::MAX_FILES;
use crate::event::{Args, Content, Environment, Executable, ProcessEvent, Unknown};
use crate::kubectl::Request;

/// What the server of k3s writes for everybody.
const K3S: &[u8] = b"/etc/rancher/k3s/k3s.yaml";
/// What it writes below the home of who runs it without being root.
const K3S_HOME: &[u8] = b".kube/k3s.yaml";
/// Where k0s keeps what it has, where `--data-dir` says nothing else.
const K0S: &[u8] = b"/var/lib/k0s";
/// The kubeconfig that is among it.
const K0S_ADMIN: &[u8] = b"pki/admin.conf";

/// Which files are the kubeconfig.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Paths {
    /// The one that a flag names, or a distribution in its place: it has to be there.
    Named(Vec<u8>),
    /// Those that the environment lists, or the usual one: as far as they are there. One more than is read where there
    /// are more.
    Listed(Vec<Vec<u8>>),
    /// The first of a distribution's own that is there, alone; or else those that are listed.
    First {
        own: Vec<Vec<u8>>,
        listed: Vec<Vec<u8>>,
        /// Why nobody can say whether the program is of that distribution.
        doubt: Option<Unknown>,
    },
}

impl Paths {
    /// What a request is read with.
    pub(super) fn of(request: &Request, event: &ProcessEvent) -> Self {
        let (args, environment) = (&event.process.args, &event.environment);
        if let Some(path) = &request.kubeconfig {
            return Self::Named(path.clone());
        }
        let listed = listed(environment);
        let is = |tool| tools(&event.executable).any(|it| it == tool);
        let (k3s, k0s) = (of_k3s(args, environment), of_k0s(args, environment));
        let doubt = doubt(&event.executable);
        let own = match (k3s, k0s) {
            (_, Some(path)) if is("k0s") => return Self::Named(path),
            (own, _) if is("k3s") => own,
            (k3s, k0s) if doubt.is_some() => k3s.into_iter().chain(k0s).collect(),
            _ => Vec::new(),
        };
        if own.is_empty() {
            return Self::Listed(listed);
        }
        Self::First { own, listed, doubt }
    }

    /// The files, and whether they have to be there. `is_there` asks for a file of a distribution.
    pub(super) fn choose(
        &self,
        is_there: impl Fn(&[u8]) -> Result<bool, Unknown>,
    ) -> Result<(&[Vec<u8>], bool), Unknown> {
        match self {
            Self::Named(path) => Ok((std::slice::from_ref(path), true)),
            Self::Listed(paths) => Ok((paths, false)),
            Self::First { own, listed, doubt } => {
                for path in own {
                    if is_there(path)? {
                        return doubt.map_or(Ok((std::slice::from_ref(path), true)), Err);
                    }
                }
                Ok((listed, false))
            }
        }
    }
}

/// The tools that a program is by its content.
fn tools(executable: &Executable) -> impl Iterator<Item = &'static str> {
    let identities = executable.contents().filter_map(|it| it.identity.as_ref());
    identities.filter_map(|identity| Some(identity.tool.as_ref()?.name))
}

/// Why nobody can say of which distribution a program is, where its name alone makes it kubectl.
fn doubt(executable: &Executable) -> Option<Unknown> {
    let is_unread = |content: &Content| content.identity.is_none() || content.is_unsearched;
    if tools(executable).next().is_some() || !executable.contents().any(is_unread) {
        return None;
    }
    let why = executable.contents().find_map(|content| content.unknown);
    let open = executable.is_open().then_some(Unknown::Slow);
    why.or(open).or(Some(Unknown::Unreadable))
}

/// What `KUBECONFIG` lists, or the usual file.
fn listed(environment: &Environment) -> Vec<Vec<u8>> {
    let listed = environment.get("KUBECONFIG").unwrap_or_default();
    let mut paths: Vec<Vec<u8>> = Vec::new();
    for path in listed.split(|&byte| byte == b':').filter(|path| !path.is_empty()) {
        if paths.len() <= MAX_FILES && !paths.iter().any(|known| known == path) {
            paths.push(path.to_vec());
        }
    }
    if paths.is_empty() {
        paths.push(below_home(environment, b".kube/config"));
    }
    paths
}

/// What k3s puts in `KUBECONFIG` before kubectl reads it, where neither that nor the last argument that looks like
/// `--kubeconfig` says anything. It takes any argument for that, also behind `--`.
fn of_k3s(args: &Args, environment: &Environment) -> Vec<Vec<u8>> {
    let mut told = environment.get("KUBECONFIG").unwrap_or_default();
    let mut args = args.iter().peekable();
    while let Some(arg) = args.next() {
        match (arg.strip_prefix(b"--kubeconfig"), args.peek()) {
            (Some([b'=', value @ ..]), _) => {
                told = value.split(|&byte| byte == b'=').next().unwrap_or_default();
            }
            (Some(_), Some(next)) => told = next,
            _ => {}
        }
    }
    if !told.is_empty() {
        return Vec::new();
    }
    let home = environment.get("HOME").filter(|home| !home.is_empty());
    let home = home.map(|_| below_home(environment, K3S_HOME));
    [K3S.to_vec()].into_iter().chain(home).collect()
}

/// What k0s gives kubectl as `--kubeconfig` where there is neither that flag nor `KUBECONFIG`, be it empty.
fn of_k0s(args: &Args, environment: &Environment) -> Option<Vec<u8>> {
    const FLAG: &[u8] = b"--data-dir";
    if environment.get("KUBECONFIG").is_some() {
        return None;
    }
    let mut folder = K0S;
    let mut args = args.iter().peekable();
    while let Some(arg) = args.next().filter(|arg| *arg != b"--") {
        match (arg.strip_prefix(FLAG), args.peek()) {
            (Some([b'=', path @ ..]), _) => folder = path,
            (Some([]), Some(path)) => folder = path,
            _ => {}
        }
    }
    Some([folder.strip_suffix(b"/").unwrap_or(folder), K0S_ADMIN].join(&b'/'))
}

/// A path below the home, or, where there is none, below the working folder: kubectl looks there then.
pub(in super::super) fn below_home(environment: &Environment, path: &[u8]) -> Vec<u8> {
    match environment.get("HOME").unwrap_or_default() {
        b"" => path.to_vec(),
        home => [home.strip_suffix(b"/").unwrap_or(home), path].join(&b'/'),
    }
}

#[cfg(test)]
mod tests;
