//! By which credential kubectl acts, and from which kubeconfig: `kubectl_watch.credential`, `kubectl_watch.kubeconfig`.
//!
//! Neither holds a secret: what it is made from has none any more.

use serde::Serialize;

use super::document::time;
use super::text::{ArgList, Text};
use crate::credential::kubeconfig::{Auth, ConfigFile, Impersonated};
use crate::credential::kuberc::CREDENTIAL;
use crate::credential::token::{Claims, Object};
use crate::credential::{self, Kubeconfig};
use crate::event::{ProcessEvent, Unknown};
use crate::kubectl::Request;

/// The credential, and what it says of itself.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Credential {
    /// `argument`, `kubeconfig` or `service_account`.
    pub(crate) source: &'static str,
    /// As the API server's audit log names it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) id: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<TokenFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) x509: Option<X509>,
}

/// A token. But for the mark, all of it is what it says of itself.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TokenFields {
    pub(crate) redacted: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iss: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) aud: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_account: Option<ObjectFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pod: Option<ObjectFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) node: Option<ObjectFields>,
}

/// An object of Kubernetes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ObjectFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
}

/// A certificate, by the names of ECS `x509`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct X509 {
    pub(crate) subject: Subject,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<Issuer>,
    pub(crate) serial_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_after: Option<String>,
    pub(crate) sha256: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Subject {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) common_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) organization: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Issuer {
    common_name: String,
}

/// What the kubeconfig says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KubeconfigFields {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) file: Vec<FileFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) auth: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exec: Option<ArgList>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impersonated: Option<ImpersonatedFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<&'static str>,
}

/// A file of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileFields {
    pub(crate) path: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<&'static str>,
}

/// As whom its user acts.
#[derive(Clone, Debug, Serialize)]
struct ImpersonatedFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra: Vec<String>,
}

impl Credential {
    /// The token of the command line, or else what the kubeconfig has; nothing where preferences may give another.
    pub(crate) fn of_event(event: &ProcessEvent) -> Option<Self> {
        let request = Request::of_event(event, &event.process.args)?;
        let may_give = |options| event.circumstances.may_give(options, &request);
        if may_give(&["token"]) {
            return None;
        }
        let kubeconfig = event.circumstances.kubeconfig.as_deref();
        let kubeconfig = kubeconfig.filter(|_| !may_give(CREDENTIAL));
        let argument = request.token;
        let token = match &argument {
            Some(token) => Some(credential::Token::of(token)),
            None => kubeconfig.and_then(|it| it.token.clone()),
        };
        let certificate = kubeconfig.and_then(|it| it.certificate.as_ref());
        if token.is_none() && certificate.is_none() {
            return None;
        }
        let is_of_pod = kubeconfig.is_some_and(|it| it.auth.contains(&Auth::ServiceAccount));
        let token_id = token.iter().filter_map(|it| it.claims.as_ref()?.credential_id());
        Some(Self {
            source: match argument {
                Some(_) => "argument",
                None if is_of_pod => "service_account",
                None => "kubeconfig",
            },
            id: token_id
                .chain(certificate.map(credential::Certificate::credential_id))
                .collect(),
            token: token.map(TokenFields::of),
            x509: certificate.map(X509::of),
        })
    }

    /// Whom the API server takes its holder for, as far as it says so itself. Where there are a token and a certificate,
    /// the server goes by the first that it believes, which nobody knows here: they have to agree.
    pub(super) fn user(&self) -> Option<&str> {
        let token = self.token.as_ref().map(|token| token.sub.as_deref());
        let x509 = self.x509.as_ref().map(|x509| x509.subject.common_name.as_deref());
        match (token, x509) {
            (Some(token), Some(x509)) => token.filter(|token| x509 == Some(token)),
            (one, other) => one.or(other).flatten(),
        }
    }

    /// The groups of that user, where a certificate says so.
    pub(super) fn groups(&self) -> &[String] {
        match (&self.token, &self.x509) {
            (None, Some(x509)) => &x509.subject.organization,
            _ => &[],
        }
    }
}

impl TokenFields {
    /// The service account that it is for, with its namespace.
    pub(crate) fn service_account(&self) -> Option<(String, String)> {
        let account = self.service_account.as_ref()?.name.clone();
        self.namespace.clone().zip(account)
    }

    /// The pod that it is bound to.
    pub(crate) fn pod(&self) -> Option<String> {
        self.pod.as_ref()?.name.clone()
    }

    fn of(token: credential::Token) -> Self {
        let Claims {
            subject,
            issuer,
            audiences,
            issued,
            expires,
            id,
            namespace,
            service_account,
            pod,
            node,
        } = token.claims.map(|claims| *claims).unwrap_or_default();
        Self {
            redacted: Text(token.mark),
            sub: subject,
            iss: issuer,
            aud: audiences,
            iat: issued.map(time),
            exp: expires.map(time),
            jti: id,
            namespace,
            service_account: service_account.map(ObjectFields::of),
            pod: pod.map(ObjectFields::of),
            node: node.map(ObjectFields::of),
        }
    }
}

impl ObjectFields {
    fn of(Object { name, uid }: Object) -> Self {
        Self { name, uid }
    }
}

impl X509 {
    fn of(certificate: &credential::Certificate) -> Self {
        let certificate = certificate.clone();
        Self {
            subject: Subject {
                common_name: certificate.common_name,
                organization: certificate.organisations,
            },
            issuer: certificate.issuer.map(|common_name| Issuer { common_name }),
            serial_number: certificate.serial,
            not_before: certificate.not_before.map(time),
            not_after: certificate.not_after.map(time),
            sha256: certificate.sha256,
        }
    }
}

impl KubeconfigFields {
    pub(super) fn of(kubeconfig: &Kubeconfig) -> Self {
        let kubeconfig = kubeconfig.clone();
        let is_impersonated = kubeconfig.impersonated != Impersonated::default();
        Self {
            file: kubeconfig.files.iter().map(FileFields::of).collect(),
            context: kubeconfig.context,
            cluster: kubeconfig.cluster,
            user: kubeconfig.user,
            namespace: kubeconfig.namespace,
            server: kubeconfig.server,
            auth: kubeconfig.auth.into_iter().map(Auth::name).collect(),
            exec: (!kubeconfig.exec.is_empty()).then_some(ArgList(kubeconfig.exec)),
            auth_provider: kubeconfig.auth_provider,
            username: kubeconfig.username,
            impersonated: is_impersonated.then(|| {
                let Impersonated {
                    user,
                    uid,
                    groups,
                    extra,
                } = kubeconfig.impersonated;
                ImpersonatedFields {
                    user,
                    uid,
                    groups,
                    extra,
                }
            }),
            unknown: kubeconfig.unknown.map(Unknown::name),
        }
    }
}

impl FileFields {
    pub(super) fn of(file: &ConfigFile) -> Self {
        let facts = file.facts.as_ref();
        Self {
            path: Text::chosen(&file.path),
            sha256: facts.and_then(|it| it.sha256.clone()),
            size: facts.map(|it| it.size),
            uid: facts.map(|it| it.owner.to_string()),
            owner: facts.and_then(|it| it.owner_name.clone()),
            mode: facts.map(|it| format!("{:04o}", it.mode)),
            inode: facts.map(|it| it.inode.to_string()),
            unknown: file.why_unknown(),
        }
    }
}
