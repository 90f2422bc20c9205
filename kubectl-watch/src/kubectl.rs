//! What a kubectl command line asks for: as whom, of which cluster, and what.
//!
//! Arguments in, a [`Request`] out, read as kubectl's own parser (cobra and pflag) reads them. It knows nothing of
//! processes and files; what a kubeconfig holds is for who can read it. Values stay bytes, and secrets are in
//! them: who shows a request redacts it.

mod endpoint;
mod flags;
#[cfg(test)]
mod tests;

use std::fmt;

pub use endpoint::Endpoint;
use flags::{Arity, Flag, arity_of, short};

use crate::event::{Args, ProcessEvent};

/// Tools that have kubectl as a command of theirs.
const AROUND: &[&str] = &["k3s", "rke2", "k0s", "minikube", "microk8s"];

/// One command line.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The user to impersonate (`--as`).
    pub as_user: Option<Vec<u8>>,
    /// The groups to impersonate (`--as-group`), each once for each time it is given.
    pub as_groups: Vec<Vec<u8>>,
    /// The UID to impersonate (`--as-uid`).
    pub as_uid: Option<Vec<u8>>,
    /// The bearer token (`--token`): a secret.
    pub token: Option<Vec<u8>>,
    /// The name for basic authentication (`--username`).
    pub username: Option<Vec<u8>>,
    /// The kubeconfig (`--kubeconfig`).
    pub kubeconfig: Option<Vec<u8>>,
    /// The kubeconfig's context (`--context`).
    pub context: Option<Vec<u8>>,
    /// The kubeconfig's cluster (`--cluster`).
    pub cluster: Option<Vec<u8>>,
    /// The kubeconfig's user (`--user`).
    pub user: Option<Vec<u8>>,
    /// The certificate to authenticate with (`--client-certificate`).
    pub client_certificate: Option<Vec<u8>>,
    /// The API server (`--server`).
    pub server: Option<Vec<u8>>,
    /// The namespace (`--namespace`).
    pub namespace: Option<Vec<u8>>,
    /// Whether all namespaces are meant (`--all-namespaces`).
    pub all_namespaces: bool,
    /// The command, with its own sub-command: `get`, `auth can-i`.
    pub command: Vec<Vec<u8>>,
    /// What the command is about: `pods`, `secrets,configmaps`.
    pub resource: Option<Vec<u8>>,
    /// Which one of it.
    pub name: Option<Vec<u8>>,
    /// What is made is called that (`--name` of `expose` and `autoscale`).
    pub new_name: Option<Vec<u8>>,
}

impl Request {
    /// Reads a command line, the program's own name first.
    #[must_use]
    pub fn of(args: &Args) -> Self {
        let mut request = Self::default();
        let mut words: Vec<&[u8]> = Vec::new();
        let mut args = args.iter().skip(1).peekable();
        while let Some(arg) = args.next() {
            match arg {
                // What follows is for somebody else, or a name.
                b"--" => {
                    if !ends_at_dashes(&words) {
                        words.extend(args);
                    }
                    break;
                }
                [b'-', b'-', flag @ ..] => {
                    let (name, value) = at_equals(flag);
                    let name = dashes(name);
                    let arity = arity_of(&name, words.first().copied());
                    let value = match (value, arity) {
                        (None, Arity::Value) => args.next(),
                        (value, _) => value,
                    };
                    request.take(&name, value);
                }
                [b'-', letters @ ..] if !letters.is_empty() => {
                    request.take_letters(letters, words.first().copied(), &mut args);
                }
                word => words.push(word),
            }
        }
        request.take_words(&words);
        request.forget_written();
        request
    }

    /// What a process asks the API server for, where it is kubectl by its name or its content. The arguments are
    /// those of the event, or what may be shown of them.
    #[must_use]
    pub fn of_event(event: &ProcessEvent, args: &Args) -> Option<Self> {
        let identities = event.executable.contents().filter_map(|it| it.identity.as_ref());
        let tools: Vec<&str> = identities
            .filter_map(|identity| Some(identity.tool.as_ref()?.name))
            .collect();
        if event.process.name == b"kubectl" || tools.iter().any(|tool| matches!(*tool, "kubectl" | "oc")) {
            return Some(Self::of(args));
        }
        if !tools.iter().any(|tool| AROUND.contains(tool)) {
            return None;
        }
        let words: Vec<&[u8]> = args.iter().collect();
        let at = words.iter().position(|word| *word == b"kubectl")?;
        let own = words[at..].iter().filter(|word| **word != b"--" || at == 0);
        Some(Self::of(&own.collect()))
    }

    /// Whether it asks to be somebody else by a flag.
    #[must_use]
    pub fn impersonates(&self) -> bool {
        self.as_user.is_some() || !self.as_groups.is_empty() || self.as_uid.is_some()
    }

    /// Whether one of the flags that say who asks, or whom, is given, by its long name.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        let value = match flag {
            "as" => &self.as_user,
            "as-group" => return !self.as_groups.is_empty(),
            "as-uid" => &self.as_uid,
            "client-certificate" => &self.client_certificate,
            "cluster" => &self.cluster,
            "context" => &self.context,
            "kubeconfig" => &self.kubeconfig,
            "server" => &self.server,
            "token" => &self.token,
            "user" => &self.user,
            "username" => &self.username,
            _ => return false,
        };
        value.is_some()
    }

    /// Letters behind one dash: any number without a value, then perhaps one with.
    fn take_letters<'a>(
        &mut self,
        mut letters: &'a [u8],
        command: Option<&[u8]>,
        args: &mut impl Iterator<Item = &'a [u8]>,
    ) {
        while let [letter, rest @ ..] = letters {
            let Flag { name, arity } = short(*letter, command);
            match (arity, rest) {
                (Arity::Value, []) => return self.take(name.as_bytes(), args.next()),
                (_, [b'=', value @ ..]) | (Arity::Value, value) => {
                    return self.take(name.as_bytes(), Some(value));
                }
                (Arity::None, _) => self.take(name.as_bytes(), None),
            }
            letters = rest;
        }
    }

    /// A flag. Of one that is given twice the last counts, but for those that make a list.
    fn take(&mut self, name: &[u8], value: Option<&[u8]>) {
        let place = match name {
            b"as" => &mut self.as_user,
            b"as-uid" => &mut self.as_uid,
            b"token" => &mut self.token,
            b"username" => &mut self.username,
            b"kubeconfig" => &mut self.kubeconfig,
            b"context" => &mut self.context,
            b"cluster" => &mut self.cluster,
            b"user" => &mut self.user,
            b"client-certificate" => &mut self.client_certificate,
            b"server" => &mut self.server,
            b"namespace" => &mut self.namespace,
            b"name" => &mut self.new_name,
            b"as-group" => {
                self.as_groups
                    .extend(value.filter(|it| !it.is_empty()).map(<[u8]>::to_vec));
                return;
            }
            b"all-namespaces" => {
                self.all_namespaces = value != Some(b"false");
                return;
            }
            _ => return,
        };
        // An empty one takes back what was said before.
        *place = value.filter(|value| !value.is_empty()).map(<[u8]>::to_vec);
    }

    /// Some commands have flags of their own with the names of global ones, for what they write. There the global one
    /// cannot be given, not even before the command.
    fn forget_written(&mut self) {
        let [command, sub, ..] = &self.command[..] else {
            return;
        };
        match (&command[..], &sub[..]) {
            (b"create", b"clusterrolebinding" | b"rolebinding") | (b"set", b"subject") => self.user = None,
            (b"config", b"set-credentials") => {
                (self.token, self.username, self.client_certificate) = (None, None, None);
            }
            (b"config", b"set-cluster") => self.server = None,
            (b"config", b"set-context") => {
                (self.user, self.cluster, self.namespace) = (None, None, None);
            }
            _ => {}
        }
    }

    /// The words that are neither flags nor values.
    fn take_words(&mut self, words: &[&[u8]]) {
        let Some((command, mut rest)) = words.split_first() else {
            return;
        };
        self.command.push(command.to_vec());
        if flags::GROUPS.contains(command)
            && let Some((sub, others)) = rest.split_first()
        {
            self.command.push(sub.to_vec());
            rest = others;
        }
        let owned = |word: &&[u8]| word.to_vec();
        if let [b"create", kind] = &self.command.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] {
            let kind: &[u8] = if *kind == b"token" {
                b"serviceaccounts"
            } else {
                kind
            };
            self.resource = Some(kind.to_vec());
            // Secrets and services have a type before their name.
            if matches!(kind, b"secret" | b"service")
                && let Some((of, others)) = rest.split_first()
            {
                self.command.push(of.to_vec());
                rest = others;
            }
            self.name = rest.first().map(owned);
            return;
        }
        if let Some((_, kind)) = flags::ABOUT.iter().find(|(name, _)| name == command) {
            // A pod or a node by its name alone, or anything else with its kind before it.
            if let Some(word) = rest.first() {
                let (kind, name) = match at_slash(word) {
                    Some((of, name)) if *kind == "pods" => (of.to_vec(), name),
                    _ => (kind.as_bytes().to_vec(), *word),
                };
                (self.resource, self.name) = (Some(kind), Some(name.to_vec()));
            }
            return;
        }
        if self.command.get(1).is_some_and(|sub| sub == b"can-i") {
            // The verb that is asked about comes first.
            if let Some((verb, others)) = rest.split_first() {
                self.command.push(verb.to_vec());
                rest = others;
            }
        }
        match rest {
            [word, ..] if at_slash(word).is_some_and(|(of, _)| !of.is_empty()) => {
                if let Some((of, name)) = at_slash(word) {
                    (self.resource, self.name) = (Some(of.to_vec()), Some(name.to_vec()));
                }
            }
            [word, others @ ..] => {
                self.resource = Some(word.to_vec());
                self.name = others.first().map(owned);
            }
            [] => {}
        }
    }
}

/// The command and not its flags: there are secrets in them, and this is for logs.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = String::from_utf8_lossy(&self.command.join(&b' ')).into_owned();
        f.debug_struct("Request")
            .field("command", &command)
            .finish_non_exhaustive()
    }
}

/// A flag and its value, where it has one behind an equals sign.
fn at_equals(flag: &[u8]) -> (&[u8], Option<&[u8]>) {
    match flag.iter().position(|&byte| byte == b'=') {
        Some(at) => (&flag[..at], Some(&flag[at + 1..])),
        None => (flag, None),
    }
}

/// `kind/name`, each once.
fn at_slash(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = word.iter().position(|&byte| byte == b'/')?;
    Some((&word[..at], &word[at + 1..]))
}

/// kubectl takes an underscore in a flag's name for a dash.
fn dashes(name: &[u8]) -> Vec<u8> {
    name.iter()
        .map(|&byte| if byte == b'_' { b'-' } else { byte })
        .collect()
}

/// Whether what stands behind `--` is no word of kubectl's: a command for a container, or a plug-in's.
fn ends_at_dashes(words: &[&[u8]]) -> bool {
    matches!(words.first(), Some(&(b"exec" | b"debug" | b"run" | b"create")))
}
