//! What a kubeconfig says: which server, as whom, and by which kind of credential. Never the credential itself.
//!
//! It is read as `kubectl` reads it: of several files the first that says a thing counts, a context names a cluster
//! and a user, and flags override each of them.

mod file;

use super::{Certificate, Token, bounded};
use crate::event::{Args, Unknown};
use crate::kubectl::Request;
use crate::redact;
pub use file::Config;
use file::{Exec, User};

/// Groups, and keys of extra facts, that are kept.
const MAX_LIST: usize = 64;

/// What kubectl was given, with every secret replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kubeconfig {
    /// Which files were asked for it, in that order.
    pub files: Vec<ConfigFile>,
    /// The context.
    pub context: Option<String>,
    /// The name of its cluster.
    pub cluster: Option<String>,
    /// The name of its user.
    pub user: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// The URL of the API server.
    pub server: Option<String>,
    /// How the user shows who he is.
    pub auth: Vec<Auth>,
    /// The program that fetches a credential, with its arguments.
    pub exec: Args,
    /// The provider that fetches a credential.
    pub auth_provider: Option<String>,
    /// The name for basic authentication.
    pub username: Option<String>,
    /// Whom the user of the kubeconfig acts as.
    pub impersonated: Impersonated,
    /// The token, from the kubeconfig or from a file that it names.
    pub token: Option<Token>,
    /// The client certificate, likewise.
    pub certificate: Option<Certificate>,
    /// Why something of this is not known.
    pub unknown: Option<Unknown>,
}

/// A file, as it was when it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFile {
    /// Its path as the process would have it, links resolved.
    pub path: Vec<u8>,
    /// What is known of it. None where it is not there, or cannot be had.
    pub facts: Option<FileFacts>,
    /// Why what it says is not known.
    pub unknown: Option<Unknown>,
}

impl ConfigFile {
    /// Why what it says is not known, in a word; `missing` where there is no such file.
    pub fn why_unknown(&self) -> Option<&'static str> {
        match self.unknown {
            None if self.facts.is_none() => Some("missing"),
            unknown => unknown.map(Unknown::name),
        }
    }
}

/// What is known of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// The SHA-256 of its content, where that could be read.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// Its owner's number.
    pub owner: u32,
    /// What the node calls its owner.
    pub owner_name: Option<String>,
    /// Its permissions.
    pub mode: u32,
    /// Its inode number.
    pub inode: u64,
}

/// Who a user of a kubeconfig acts as, without a flag that would show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impersonated {
    /// The user (`as`).
    pub user: Option<String>,
    /// The UID (`as-uid`).
    pub uid: Option<String>,
    /// The groups (`as-groups`).
    pub groups: Vec<String>,
    /// The keys of extra facts (`as-user-extra`).
    pub extra: Vec<String>,
}

/// How a user shows who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A token in the kubeconfig.
    Token,
    /// A token in a file.
    TokenFile,
    /// A client certificate.
    ClientCertificate,
    /// A program that fetches a credential.
    Exec,
    /// A provider that fetches a credential.
    AuthProvider,
    /// A name and a password.
    Basic,
    /// The token of the pod's service account, as there is no kubeconfig.
    ServiceAccount,
}

impl Auth {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::TokenFile => "token_file",
            Self::ClientCertificate => "client_certificate",
            Self::Exec => "exec",
            Self::AuthProvider => "auth_provider",
            Self::Basic => "basic",
            Self::ServiceAccount => "service_account",
        }
    }
}

/// What else has to be read before all is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// A file with a token, by the process's path.
    pub token_file: Option<Vec<u8>>,
    /// A file with a client certificate, by the process's path.
    pub certificate_file: Option<Vec<u8>>,
}

impl Kubeconfig {
    /// What holds for a request, and which files are needed beside it.
    pub fn effective(config: &Config, request: &Request) -> (Self, Pending) {
        let flag = |value: &Option<Vec<u8>>| {
            let value = value.as_ref().map(|it| String::from_utf8_lossy(it).into_owned());
            value.filter(|value| !value.is_empty())
        };
        let name = flag(&request.context).or_else(|| config.current_context.clone());
        let context = name.as_ref().and_then(|name| config.contexts.get(name));
        let cluster = flag(&request.cluster).or_else(|| context.and_then(|it| it.cluster.clone()));
        let user = flag(&request.user).or_else(|| context.and_then(|it| it.user.clone()));
        let namespace = flag(&request.namespace).or_else(|| context.and_then(|it| it.namespace.clone()));
        let server = flag(&request.server).or_else(|| {
            let cluster = config.clusters.get(cluster.as_ref()?)?;
            cluster.server.clone()
        });
        let mut this = Self {
            server: server.map(shown),
            context: name.map(shown),
            cluster: cluster.map(shown),
            namespace: namespace.map(shown),
            ..Self::default()
        };
        let mut pending = Pending::default();
        if let Some(user) = user.as_ref().and_then(|name| config.users.get(name)) {
            pending = this.take_user(user);
        }
        if let Some(path) = &request.client_certificate {
            pending.certificate_file = Some(path.clone());
            this.add_auth(Auth::ClientCertificate);
            this.certificate = None;
        }
        this.user = user.map(shown);
        (this, pending)
    }

    fn take_user(&mut self, user: &User) -> Pending {
        let has = |value: &Option<String>| value.as_ref().is_some_and(|it| !it.is_empty());
        let kinds = [
            (has(&user.token), Auth::Token),
            (has(&user.token_file), Auth::TokenFile),
            (
                has(&user.client_certificate) || has(&user.client_certificate_data),
                Auth::ClientCertificate,
            ),
            (user.exec.is_some(), Auth::Exec),
            (user.auth_provider.is_some(), Auth::AuthProvider),
            (has(&user.username) || user.password.is_some(), Auth::Basic),
        ];
        self.auth = kinds
            .into_iter()
            .filter_map(|(is, kind)| is.then_some(kind))
            .collect();
        self.username = user.username.clone().map(shown);
        self.auth_provider = user
            .auth_provider
            .as_ref()
            .and_then(|it| it.name.clone())
            .map(shown);
        self.exec = user.exec.as_ref().map(command).unwrap_or_default();
        let groups = user.groups.iter().flatten().take(MAX_LIST);
        let extra = user.extra.iter().flat_map(|extra| extra.keys()).take(MAX_LIST);
        self.impersonated = Impersonated {
            user: user.acts_as.clone().filter(|it| !it.is_empty()).map(shown),
            uid: user.uid.clone().filter(|it| !it.is_empty()).map(shown),
            groups: groups.cloned().map(shown).collect(),
            extra: extra.cloned().map(shown).collect(),
        };
        self.token = user
            .token
            .as_ref()
            .filter(|it| !it.is_empty())
            .map(|it| Token::of(it.as_bytes()));
        self.certificate = user.certificate();
        let path = |path: &Option<String>| path.clone().filter(|it| !it.is_empty()).map(String::into_bytes);
        Pending {
            // What the file holds counts more than what the kubeconfig has in its place.
            token_file: path(&user.token_file),
            certificate_file: path(&user.client_certificate).filter(|_| !has(&user.client_certificate_data)),
        }
    }

    fn add_auth(&mut self, auth: Auth) {
        if !self.auth.contains(&auth) {
            self.auth.push(auth);
        }
    }
}

/// The program that fetches a credential, as it would be seen if it were run.
fn command(exec: &Exec) -> Args {
    let program = exec.command.iter().cloned();
    let args = exec.args.iter().flatten().take(MAX_LIST).cloned();
    redact::args(&program.chain(args).map(bounded).collect())
}

/// A text without secrets.
fn shown(text: String) -> String {
    let text = redact::text(bounded(text).as_bytes());
    String::from_utf8_lossy(&text).into_owned()
}
