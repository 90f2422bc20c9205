//! The few variables of a process's environment that say where its identity comes from.
//!
//! The rest is let go as soon as it has been seen: an environment is full of secrets.

use std::fmt;

/// What is kept.
const KEPT: &[&str] = &[
    // Which cluster, and as whom.
    "KUBECONFIG",
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

/// Variables, each `NAME=value`, in the order in which the process has them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(Vec<Vec<u8>>);

impl Environment {
    /// Takes bytes in which each variable is ended by a NUL, and keeps what is of use.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let is_kept = |variable: &&[u8]| {
            let name = variable.split(|&byte| byte == b'=').next().unwrap_or_default();
            name.len() < variable.len() && KEPT.iter().any(|kept| kept.as_bytes() == name)
        };
        let variables = bytes.split(|&byte| byte == 0).filter(is_kept);
        Self(variables.map(<[u8]>::to_vec).collect())
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
}
