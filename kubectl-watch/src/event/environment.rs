//! The few variables of a process's environment that say where its identity comes from.
//!
//! The rest is never kept, and the kernel sends hardly any of it: an environment is full of secrets.

use std::fmt;

/// Variables, each `NAME=value`, in the order in which the process has them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(Vec<Vec<u8>>);

impl Environment {
    /// What is kept, by name.
    pub const KEPT: &[&str] = &[
        // Which cluster, and as whom.
        "KUBECONFIG",
        "KUBERC",
        "KUBERNETES_MASTER",
        "KUBERNETES_SERVICE_HOST",
        "KUBERNETES_SERVICE_PORT",
        "HOME",
        "POD_NAMESPACE",
        // By which way.
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        // What else of code it brings in.
        "PATH",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "LD_AUDIT",
        // From whom.
        "SUDO_USER",
        "SUDO_UID",
        "SUDO_COMMAND",
        "SSH_CONNECTION",
        "SSH_TTY",
    ];

    /// Takes bytes in which each variable is ended by a NUL, and keeps what is of use. Of a name that is there more
    /// than twice the first and the last are kept: `getenv(3)` takes the one, `ld.so(8)` and bash the other.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut kept: Vec<(&[u8], &[u8])> = Vec::new();
        for variable in bytes.split(|&byte| byte == 0) {
            let name = variable.split(|&byte| byte == b'=').next().unwrap_or_default();
            if name.len() == variable.len() || !Self::KEPT.iter().any(|kept| kept.as_bytes() == name) {
                continue;
            }
            let mut places = (0..kept.len()).filter(|&place| kept[place].0 == name);
            if let Some(second) = places.nth(1) {
                kept.remove(second);
            }
            kept.push((name, variable));
        }
        Self(kept.into_iter().map(|(_, variable)| variable.to_vec()).collect())
    }

    /// Each variable, as `NAME=value`.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The value of a variable. Of one that is there twice the first counts, as for `getenv(3)`.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    }

    /// Whether nothing was kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How many there are, and not what: values hold secrets, and this is for logs.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_of_use_is_kept() {
        let bytes = b"SECRET=1\0KUBECONFIG=/tmp/x\0KUBECONFIGS=no\0KUBECONFIG\0HOME=\0KUBECONFIG=/second\0";
        let environment = Environment::from_bytes(bytes);
        assert_eq!(
            environment.iter().collect::<Vec<_>>(),
            [&b"KUBECONFIG=/tmp/x"[..], b"HOME=", b"KUBECONFIG=/second"]
        );
        assert_eq!(environment.get("KUBECONFIG"), Some(&b"/tmp/x"[..]));
        assert_eq!(environment.get("HOME"), Some(&b""[..]));
        assert_eq!(environment.get("SECRET"), None);
        assert_eq!(format!("{environment:?}"), "Environment(3 variables)");
        assert!(Environment::from_bytes(b"").is_empty());
    }

    #[test]
    fn of_many_of_a_name_only_those_are_kept_that_somebody_takes() {
        let bytes = b"LD_PRELOAD=1\0HOME=a\0LD_PRELOAD=2\0PATH=b\0LD_PRELOAD=3\0LD_PRELOAD=4\0HOME=c\0";
        let environment = Environment::from_bytes(bytes);
        let want = ["LD_PRELOAD=1", "HOME=a", "PATH=b", "LD_PRELOAD=4", "HOME=c"];
        assert_eq!(environment.iter().collect::<Vec<_>>(), want.map(str::as_bytes));
    }
}
