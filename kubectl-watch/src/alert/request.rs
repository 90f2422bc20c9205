//! As whom kubectl acts and what it asks for: ECS `user.target`, and our own `kubectl_watch.request`.
//!
//! It is read from the redacted arguments, so no secret can be in it.

use serde::Serialize;

use super::text::Text;
use crate::event::{Args, ProcessEvent};
use crate::kubectl::Request;

/// Bytes of each value; the arguments have all of it.
const MAX_VALUE: usize = 1024;
/// Groups that are listed; the arguments have all of them.
const MAX_GROUPS: usize = 64;
/// Tools that have kubectl as a command of theirs.
const AROUND: &[&str] = &["k3s", "rke2", "k0s", "minikube", "microk8s"];

/// Whose rights are used instead of its own.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Target {
    /// The user to impersonate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Text>,
    /// The UID to impersonate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Text>,
    /// The groups to impersonate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<Groups>,
}

/// ECS `user.target.group`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Groups {
    pub(crate) name: Vec<Text>,
}

/// What the command line says. What it leaves out is the kubeconfig's to say.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RequestFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<Text>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    all_namespaces: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kubeconfig: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_certificate: Option<Text>,
    /// The mark that stands for the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<Text>,
}

/// What a process asks the API server for, where it is kubectl by its name or its content.
pub(crate) fn request(event: &ProcessEvent, redacted: &Args) -> Option<Request> {
    let identities = event.executable.contents().filter_map(|it| it.identity.as_ref());
    let tools: Vec<&str> = identities
        .filter_map(|identity| Some(identity.tool.as_ref()?.name))
        .collect();
    if event.process.name == b"kubectl" || tools.iter().any(|tool| matches!(*tool, "kubectl" | "oc")) {
        return Some(Request::of(redacted));
    }
    if !tools.iter().any(|tool| AROUND.contains(tool)) {
        return None;
    }
    let words: Vec<&[u8]> = redacted.iter().collect();
    let at = words.iter().position(|word| *word == b"kubectl")?;
    let own = words[at..].iter().filter(|word| **word != b"--" || at == 0);
    Some(Request::of(&own.collect()))
}

impl Target {
    pub(super) fn new(request: &Request) -> Option<Self> {
        request.impersonates().then(|| Self {
            name: request.as_user.clone().map(cut),
            id: request.as_uid.clone().map(cut),
            group: (!request.as_groups.is_empty()).then(|| Groups {
                name: request
                    .as_groups
                    .iter()
                    .take(MAX_GROUPS)
                    .cloned()
                    .map(cut)
                    .collect(),
            }),
        })
    }
}

impl RequestFields {
    pub(super) fn new(request: Request) -> Self {
        let text = |bytes: Option<Vec<u8>>| bytes.map(cut);
        Self {
            command: (!request.command.is_empty()).then(|| cut(request.command.join(&b' '))),
            resource: text(request.resource),
            name: text(request.name),
            namespace: text(request.namespace),
            all_namespaces: request.all_namespaces,
            server: text(request.server),
            kubeconfig: text(request.kubeconfig),
            context: text(request.context),
            cluster: text(request.cluster),
            user: text(request.user),
            username: text(request.username),
            client_certificate: text(request.client_certificate),
            token: text(request.token),
        }
    }
}

fn cut(bytes: Vec<u8>) -> Text {
    Text::cut(bytes, MAX_VALUE)
}
