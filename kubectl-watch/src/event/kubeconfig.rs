//! Which files kubectl is told to take for its kubeconfig, by paths that rules can compare: `/etc/../tmp/x` is `/tmp/x`.
//!
//! By the letters alone: where links lead is for who looks at files.

use super::{Args, Environment};
use crate::kubectl::Request;

/// Relative paths that are made absolute: each can grow by a working folder, and the process chooses how many there are.
const MAX_RELATIVE: usize = 32;
/// The flag.
const FLAG: &[u8] = b"--kubeconfig";
/// The variable.
const VARIABLE: &[u8] = b"KUBECONFIG=";

/// Paths without `.`, `..` and empty parts, absolute as far as the working folder is known. They take no more room than
/// what they are read from, but for [`MAX_RELATIVE`] of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedKubeconfig {
    /// What each `--kubeconfig` says.
    pub flag: Args,
    /// What each part of `KUBECONFIG` says.
    pub variable: Args,
    /// Where kubectl looks below `HOME`, where neither tells kubectl anything: of each, one that kubectl passes over may
    /// be listed all the same. Empty where it is not known.
    pub home: Vec<u8>,
    /// The working folder that these were seen from. Empty where it is not known, or decides nothing.
    pub folder: Vec<u8>,
}

impl NamedKubeconfig {
    /// Reads arguments and environment of a process with this working folder, which may be empty.
    #[must_use]
    pub fn of(args: &Args, environment: &Environment, folder: &[u8]) -> Self {
        let mut left = MAX_RELATIVE;
        let mut absolute = |path: &[u8]| {
            let is_relative = !path.starts_with(b"/");
            let folder = if is_relative && left > 0 { folder } else { b"" };
            left -= usize::from(is_relative && left > 0);
            clean(folder, path)
        };
        let flag: Args = flags(args).map(&mut absolute).collect();
        let variable: Args = variables(environment).map(&mut absolute).collect();
        let home = environment.get("HOME").filter(|home| home.starts_with(b"/"));
        let home = home.filter(|_| looks_below_home(args, environment));
        Self {
            flag,
            variable,
            home: home.map(|home| clean(home, b".kube/config")).unwrap_or_default(),
            folder: folder.to_vec(),
        }
    }

    /// Whose homes below `/home` they lie in, other than this user's own.
    pub fn home_of_others(&self, user: &str) -> impl Iterator<Item = &[u8]> {
        let paths = self.flag.iter().chain(self.variable.iter());
        let below = paths
            .chain([&self.home[..]])
            .filter_map(|path| path.strip_prefix(b"/home/"));
        let owners = below.filter_map(|path| path.split(|&byte| byte == b'/').next());
        owners.filter(move |owner| *owner != user.as_bytes())
    }

    /// Whether the working folder decides what is meant.
    #[must_use]
    pub fn needs_folder(args: &Args, environment: &Environment) -> bool {
        flags(args)
            .chain(variables(environment))
            .any(|path| !path.starts_with(b"/"))
    }

    /// Whether some path is seen from a folder that is not known, so that it may be any.
    #[must_use]
    pub fn is_relative(&self) -> bool {
        let mut paths = self.flag.iter().chain(self.variable.iter());
        paths.any(|path| !path.starts_with(b"/"))
    }

    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flag.is_empty() && self.variable.is_empty() && self.home.is_empty()
    }
}

/// The values of the flag, also behind `--`: who reads command lines another way is not to be hidden from.
fn flags(args: &Args) -> impl Iterator<Item = &[u8]> {
    let mut is_next = false;
    let values = args.iter().filter_map(move |arg| {
        let was_next = std::mem::replace(&mut is_next, arg == FLAG);
        match arg.strip_prefix(FLAG) {
            Some([b'=', value @ ..]) => Some(value),
            _ => was_next.then_some(arg),
        }
    });
    values.filter(|value| !value.is_empty())
}

/// The parts of the variable. One that is there twice counts twice.
fn variables(environment: &Environment) -> impl Iterator<Item = &[u8]> {
    let values = environment
        .iter()
        .filter_map(|variable| variable.strip_prefix(VARIABLE));
    let parts = values.flat_map(|value| value.split(|&byte| byte == b':'));
    parts.filter(|part| !part.is_empty())
}

/// Whether neither tells kubectl anything. Only the first variable of a name is Go's; of flags kubectl's parser takes the
/// last, and none behind `--`.
fn looks_below_home(args: &Args, environment: &Environment) -> bool {
    let variable = environment.get("KUBECONFIG").unwrap_or_default();
    variable.iter().all(|&byte| byte == b':') && Request::of(args).kubeconfig.is_none()
}

/// A path, seen from a folder, without what leads nowhere. From no folder it stays relative.
fn clean(folder: &[u8], path: &[u8]) -> Vec<u8> {
    let folder = if path.starts_with(b"/") { b"" } else { folder };
    let is_absolute = path.starts_with(b"/") || folder.starts_with(b"/");
    let mut out: Vec<u8> = Vec::with_capacity(folder.len() + path.len() + 1);
    // Where what cannot be taken back ends.
    let mut fixed = 0;
    let parts = folder
        .split(|&byte| byte == b'/')
        .chain(path.split(|&byte| byte == b'/'));
    for part in parts {
        match part {
            b"" | b"." => {}
            b".." if out.len() > fixed => {
                let slash = out[fixed..].iter().rposition(|&byte| byte == b'/');
                out.truncate(slash.map_or(fixed, |slash| fixed + slash));
            }
            b".." if is_absolute => {}
            part => {
                if is_absolute || !out.is_empty() {
                    out.push(b'/');
                }
                out.extend_from_slice(part);
                if part == b".." {
                    fixed = out.len();
                }
            }
        }
    }
    if out.is_empty() {
        out.push(if is_absolute { b'/' } else { b'.' });
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_leads_nowhere_is_left_out() {
        for (folder, path, want) in [
            ("", "/etc/../tmp/x", "/tmp/x"),
            ("", "//tmp//./x/", "/tmp/x"),
            ("", "/../../tmp/x", "/tmp/x"),
            ("", "/", "/"),
            ("", "/a/..", "/"),
            ("/home/ann", "x", "/home/ann/x"),
            ("/home/ann", "../../tmp/x", "/tmp/x"),
            ("/home/ann", "/x", "/x"),
            ("/", "x", "/x"),
            ("", "./x", "x"),
            ("", "a/../x", "x"),
            ("", "../x", "../x"),
            ("", "a/../../x/../y", "../y"),
            ("", "a/..", "."),
            ("", "..a/.b/...", "..a/.b/..."),
        ] {
            let cleaned = clean(folder.as_bytes(), path.as_bytes());
            assert_eq!(String::from_utf8_lossy(&cleaned), want, "{folder} {path}");
        }
    }

    #[test]
    fn every_part_of_what_is_said_counts() {
        let args: Args = [
            "kubectl",
            "--kubeconfig=/a/../b",
            "get",
            "--kubeconfig",
            "c",
            "--",
            "--kubeconfig=",
        ]
        .iter()
        .collect();
        let environment = Environment::from_bytes(b"HOME=/root\0KUBECONFIG=/etc/../tmp/x::y\0KUBECONFIG=/z");
        let named = NamedKubeconfig::of(&args, &environment, b"/w");
        let texts = |args: &Args| args.iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(texts(&named.flag), [&b"/b"[..], b"/w/c"]);
        assert_eq!(texts(&named.variable), [&b"/tmp/x"[..], b"/w/y", b"/z"]);
        assert!(named.home.is_empty());
        assert!(NamedKubeconfig::needs_folder(&args, &environment));
        assert!(!named.is_relative());
        assert!(NamedKubeconfig::of(&args, &environment, b"").is_relative());

        let home = Environment::from_bytes(b"HOME=/etc/../home/bob/\0KUBECONFIG=:");
        let named = NamedKubeconfig::of(&Args::default(), &home, b"/w");
        assert_eq!(named.home, b"/home/bob/.kube/config");
        assert_eq!(named.home_of_others("ann").collect::<Vec<_>>(), [b"bob"]);
        assert_eq!(named.home_of_others("bob").count(), 0);
        assert!(!NamedKubeconfig::needs_folder(&Args::default(), &home));
    }

    #[test]
    fn what_kubectl_passes_over_hides_no_home() {
        for (line, variables, is_home) in [
            ("kubectl get", "KUBECONFIG=\0KUBECONFIG=/x", true),
            ("kubectl get", "KUBECONFIG=/x\0KUBECONFIG=", false),
            ("kubectl get --kubeconfig=/x", "KUBECONFIG=", false),
            ("kubectl get --kubeconfig /x", "", false),
            ("k3s kubectl get --kubeconfig /x", "", false),
            ("kubectl exec p -- x --kubeconfig=/x", "", true),
            ("kubectl get -- --kubeconfig /x", "", true),
            ("kubectl get --kubeconfig=/x --kubeconfig=", "", true),
            ("kubectl --cache-dir --kubeconfig=/x get", "", true),
        ] {
            let args: Args = line.split(' ').collect();
            let environment = Environment::from_bytes(format!("HOME=/home/bob\0{variables}").as_bytes());
            let named = NamedKubeconfig::of(&args, &environment, b"");
            assert_eq!(!named.home.is_empty(), is_home, "{line} {variables:?}");
            let has_path = line.contains("/x") || variables.contains("/x");
            assert_eq!(
                !named.flag.is_empty() || !named.variable.is_empty(),
                has_path,
                "{line}"
            );
        }
    }

    #[test]
    fn a_working_folder_does_not_make_much_of_little() {
        let folder = [b"/".as_slice(), &[b'f'; 4000]].concat();
        let listed = [b"KUBECONFIG=".as_slice(), &b"a:".repeat(100_000)].concat();
        let named = NamedKubeconfig::of(&Args::default(), &Environment::from_bytes(&listed), &folder);
        assert_eq!(named.variable.len(), 100_000);
        assert!(named.is_relative());
        assert!(Args::bytes_of(&[&named.variable]) < 1_000_000);
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(folder in "(/[a.]{0,3}){0,3}", path in "[/a.]{0,12}") {
            let once = clean(folder.as_bytes(), path.as_bytes());
            prop_assert_eq!(clean(b"", &once), once.clone());
            let text = String::from_utf8_lossy(&once);
            let mut parts = text.split('/').skip_while(|part| *part == "..");
            prop_assert!(text == "." || parts.all(|part| !matches!(part, "." | "..")), "{}", text);
        }
    }
}
