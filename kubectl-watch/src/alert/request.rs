//! As whom kubectl acts and what it asks for: ECS `user.target`, and our own `kubectl_watch.request`.
//!
//! It is read from the redacted arguments, and from what has no secrets, so none can be in it.

use serde::Serialize;

use super::credential::Credential;
use super::text::Text;
use crate::credential::kuberc::CREDENTIAL;
use crate::event::Circumstances;
use crate::kubectl::Request;

/// Bytes of each value; the arguments have all of it.
const MAX_VALUE: usize = 1024;
/// Groups that are listed; the arguments have all of them.
const MAX_GROUPS: usize = 64;

/// Whose rights are used.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Target {
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Text>,
    /// The UID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Text>,
    /// The groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<Groups>,
    /// Whether somebody acts as him, instead of being him as far as the API server knows.
    #[serde(skip)]
    is_impersonated: bool,
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
    /// How what it makes is called, where a flag says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<Text>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    all_namespaces: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kubeconfig: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster: Option<Text>,
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

impl Target {
    /// Whom flags name counts before whom the kubeconfig names, and that before whom the credential is for. What
    /// preferences may give in their place is nobody.
    pub(crate) fn new(
        request: Option<&Request>,
        circumstances: &Circumstances,
        credential: Option<&Credential>,
    ) -> Option<Self> {
        let may_give = |options| request.is_some_and(|request| circumstances.may_give(options, request));
        if may_give(&["as"]) {
            return None;
        }
        let kubeconfig = circumstances.kubeconfig.as_ref().map(|it| &it.impersonated);
        let kubeconfig = kubeconfig.filter(|_| !may_give(CREDENTIAL));
        if let Some(request) = request
            && (request.impersonates() || kubeconfig.is_some_and(|it| it.user.is_some()))
        {
            let text = |text: &String| text.as_bytes().to_vec();
            let user = request
                .as_user
                .clone()
                .or_else(|| kubeconfig?.user.as_ref().map(text));
            let uid = request
                .as_uid
                .clone()
                .or_else(|| kubeconfig?.uid.as_ref().map(text));
            let mut groups = request.as_groups.clone();
            if groups.is_empty() {
                groups.extend(kubeconfig.iter().flat_map(|it| &it.groups).map(text));
            }
            return Some(Self {
                name: user.map(cut),
                id: uid.filter(|_| !may_give(&["as-uid"])).map(cut),
                group: Groups::of(groups).filter(|_| !may_give(&["as-group"])),
                is_impersonated: true,
            });
        }
        let credential = credential?;
        let groups = credential.groups().iter().map(|group| group.clone().into_bytes());
        Some(Self {
            name: Some(cut(credential.user()?.to_owned().into_bytes())),
            id: None,
            group: Groups::of(groups.collect()),
            is_impersonated: false,
        })
    }

    /// The user, where another one acts as him.
    pub(crate) fn impersonated(&self) -> Option<&Text> {
        self.name.as_ref().filter(|_| self.is_impersonated)
    }
}

impl Groups {
    fn of(groups: Vec<Vec<u8>>) -> Option<Self> {
        (!groups.is_empty()).then(|| Self {
            name: groups.into_iter().take(MAX_GROUPS).map(cut).collect(),
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
            new_name: text(request.new_name),
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
