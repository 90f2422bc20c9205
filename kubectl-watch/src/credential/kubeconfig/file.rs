//! A kubeconfig as a file has it, secrets and all. Nothing here can be printed.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::{budget, options};

use crate::credential::Certificate;

/// Values, lists and maps in one file. The largest fleets have some hundred clusters, of twenty each.
const MAX_NODES: usize = 50_000;
/// How often one file may refer to another part of itself. kubectl writes none.
const MAX_ALIASES: usize = 16;

/// One file, or several of which the first that says a thing counts.
#[derive(Default)]
pub struct Config {
    pub(super) current_context: Option<String>,
    pub(super) contexts: BTreeMap<String, Context>,
    pub(super) clusters: BTreeMap<String, Cluster>,
    pub(super) users: BTreeMap<String, User>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct File {
    current_context: Option<String>,
    contexts: Option<Vec<NamedContext>>,
    clusters: Option<Vec<NamedCluster>>,
    users: Option<Vec<NamedUser>>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Option<Context>,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Option<Cluster>,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    user: Option<User>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    pub(super) cluster: Option<String>,
    pub(super) user: Option<String>,
    pub(super) namespace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Cluster {
    pub(super) server: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct User {
    pub(super) token: Option<String>,
    #[serde(rename = "tokenFile")]
    pub(super) token_file: Option<String>,
    pub(super) client_certificate: Option<String>,
    pub(super) client_certificate_data: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<IgnoredAny>,
    pub(super) exec: Option<Exec>,
    pub(super) auth_provider: Option<AuthProvider>,
    #[serde(rename = "as")]
    pub(super) acts_as: Option<String>,
    #[serde(rename = "as-uid")]
    pub(super) uid: Option<String>,
    #[serde(rename = "as-groups")]
    pub(super) groups: Option<Vec<String>>,
    #[serde(rename = "as-user-extra")]
    pub(super) extra: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Exec {
    pub(super) command: Option<String>,
    pub(super) args: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AuthProvider {
    pub(super) name: Option<String>,
}

impl Config {
    /// Reads a file. Paths in it are meant from its own folder. None where it is no kubeconfig, or one that no tool
    /// has written. Why is not said: the reason would quote it.
    pub fn of(bytes: &[u8], folder: &[u8]) -> Option<Self> {
        let bytes = first_document(bytes);
        if bytes.trim_ascii().is_empty() {
            return Some(Self::default());
        }
        let options = options! {
            budget: budget! { max_nodes: MAX_NODES, max_aliases: MAX_ALIASES, max_documents: 1 },
            with_snippet: false,
        };
        let file: File = serde_saphyr::from_slice_with_options(bytes, options).ok()?;
        let mut users = BTreeMap::new();
        for NamedUser { name, user } in file.users.unwrap_or_default() {
            let mut user = user.unwrap_or_default();
            for path in [&mut user.token_file, &mut user.client_certificate] {
                *path = path.take().map(|path| from(folder, path));
            }
            users.insert(name, user);
        }
        let contexts = file.contexts.unwrap_or_default().into_iter();
        let clusters = file.clusters.unwrap_or_default().into_iter();
        Some(Self {
            current_context: file.current_context.filter(|name| !name.is_empty()),
            contexts: contexts
                .map(|it| (it.name, it.context.unwrap_or_default()))
                .collect(),
            clusters: clusters
                .map(|it| (it.name, it.cluster.unwrap_or_default()))
                .collect(),
            users,
        })
    }

    /// Adds what a file says that comes behind.
    pub fn add(&mut self, later: Self) {
        self.current_context = self.current_context.take().or(later.current_context);
        add(&mut self.contexts, later.contexts);
        add(&mut self.clusters, later.clusters);
        add(&mut self.users, later.users);
    }
}

impl User {
    /// The certificate that is in the kubeconfig itself.
    pub(super) fn certificate(&self) -> Option<Certificate> {
        let data = self.client_certificate_data.as_ref()?;
        let data: String = data.split_ascii_whitespace().collect();
        Certificate::of_pem(&Base64::decode_vec(&data).ok()?)
    }
}

/// What kubectl reads of a file: it ends where another document of YAML begins.
fn first_document(bytes: &[u8]) -> &[u8] {
    let mut at = 0;
    let mut has_content = false;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let is_start = line.starts_with(b"---") && line.get(3).is_none_or(u8::is_ascii_whitespace);
        if is_start && has_content {
            return &bytes[..at];
        }
        let is_directive = matches!(line.trim_ascii(), [] | [b'#' | b'%', ..]);
        has_content |= is_start || !is_directive;
        at += line.len();
    }
    bytes
}

fn add<T>(all: &mut BTreeMap<String, T>, later: BTreeMap<String, T>) {
    for (name, value) in later {
        all.entry(name).or_insert(value);
    }
}

/// A path that is meant from a folder. One with bytes that are no text cannot be told from YAML anyway.
fn from(folder: &[u8], path: String) -> String {
    if path.is_empty() || path.starts_with('/') {
        return path;
    }
    format!("{}/{path}", String::from_utf8_lossy(folder).trim_end_matches('/'))
}
