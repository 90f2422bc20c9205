//! What the commands are about: names and ids of an alert, from the alert that is being made or from a document.

use super::Outcome;
use crate::alert::text::Text;
use crate::alert::{Document, TokenFields};
use crate::past::PastAlert;
use crate::shell::quoted;

/// How a mark begins that stands for a secret: no command can be made of one.
const MARK: &str = "<redacted:";

/// What is known. Nothing in it is a secret, and all of it may have been chosen by an intruder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The account that is used.
    pub user: Option<String>,
    /// Its groups, as far as flags or a certificate name them.
    pub groups: Vec<String>,
    /// Whether another account acts as that one.
    pub is_impersonated: bool,
    /// The credential, as the API server's audit log names it.
    pub credentials: Vec<String>,
    /// The service account's namespace and name, of a token.
    pub service_account: Option<(String, String)>,
    /// The pod that the token is bound to.
    pub bound_pod: Option<String>,
    /// Whether the credential is a certificate.
    pub is_certificate: bool,
    /// The kubeconfig that was named or found.
    pub kubeconfig: Option<String>,
    /// The namespace and name of the pod in which it ran.
    pub pod: Option<(String, String)>,
    /// The container in which it ran.
    pub container: Option<String>,
    /// The node.
    pub node: Option<String>,
    /// The process.
    pub pid: Option<String>,
    /// When it was, in RFC 3339.
    pub time: Option<String>,
    /// What was asked for: the command, a kind, a name, and a namespace.
    pub command: Option<String>,
    /// The kind of object.
    pub resource: Option<String>,
    /// The object's name.
    pub name: Option<String>,
    /// The name that a flag gives to what the command makes.
    pub new_name: Option<String>,
    /// The object's namespace, by a flag or by the kubeconfig.
    pub namespace: Option<String>,
    /// The kubeconfig's context, named by a flag or by itself.
    pub context: Option<String>,
    /// The kubeconfig's cluster, likewise.
    pub cluster: Option<String>,
    /// The API server, likewise.
    pub server: Option<String>,
    /// What flags say of what the command makes.
    pub outcome: Outcome,
}

impl Facts {
    /// Those of an alert that was written.
    #[must_use]
    pub fn of_past(alert: &PastAlert) -> Self {
        let text = |field: &str| alert.text(field).filter(|it| !it.is_empty()).map(str::to_owned);
        let said = |field: &str| {
            text(&format!("kubectl_watch.request.{field}"))
                .or_else(|| text(&format!("kubectl_watch.kubeconfig.{field}")))
        };
        let args = alert.texts("process.args").into_iter().map(str::as_bytes);
        let command = text("kubectl_watch.request.command");
        let texts = |field: &str| alert.texts(field).into_iter().map(str::to_owned).collect();
        let token = "kubectl_watch.credential.token";
        Self {
            user: text("user.target.name"),
            groups: texts("user.target.group.name"),
            is_impersonated: alert.has("labels.kubectl_watch.impersonated_user"),
            credentials: texts("kubectl_watch.credential.id"),
            service_account: text(&format!("{token}.namespace"))
                .zip(text(&format!("{token}.service_account.name"))),
            bound_pod: text(&format!("{token}.pod.name")),
            is_certificate: alert.has("kubectl_watch.credential.x509"),
            kubeconfig: text("kubectl_watch.kubeconfig.file.0.path")
                .or_else(|| text("kubectl_watch.request.kubeconfig")),
            pod: text("orchestrator.namespace").zip(text("orchestrator.resource.name")),
            container: text("container.id"),
            node: text("host.name"),
            pid: alert.number("process.pid").map(|pid| pid.to_string()),
            time: text("@timestamp"),
            outcome: Outcome::of(command.as_deref(), args, alert.has("process.args_count")),
            command,
            resource: text("kubectl_watch.request.resource"),
            name: text("kubectl_watch.request.name"),
            new_name: text("kubectl_watch.request.new_name"),
            namespace: said("namespace"),
            context: said("context"),
            cluster: said("cluster"),
            server: said("server"),
        }
    }

    /// The kind and the name of what the command makes, where `kubectl delete` takes it away again. Not what `apply` is
    /// about: that may have been there before.
    pub(super) fn made(&self) -> Option<(&str, &str)> {
        if self.outcome == Outcome::Nothing {
            return None;
        }
        let command = self.command.as_deref()?;
        let name = self.name.as_deref();
        // These name what they start from, and call what they make the same unless told otherwise.
        let derived = self.new_name.as_deref().or(name);
        match command.split(' ').next()? {
            "autoscale" => Some("horizontalpodautoscaler").zip(derived),
            // A token cannot be taken back by its name, and its account was there before.
            "create" if command != "create token" => self.resource.as_deref().zip(name),
            "expose" => Some("service").zip(derived),
            "run" => Some("pod").zip(name),
            _ => None,
        }
    }

    /// In which cluster the command made it, in words, so that nobody looks for it in another.
    pub(super) fn place(&self) -> String {
        let names = [
            ("context", &self.context),
            ("cluster", &self.cluster),
            ("server", &self.server),
            ("kubeconfig", &self.kubeconfig),
        ];
        let names = names
            .into_iter()
            .filter_map(|(what, name)| Some(format!("{what} {}", quoted(name.as_ref()?.as_bytes()))));
        let names: Vec<String> = names.collect();
        if names.is_empty() {
            return "in the cluster that it was for".to_owned();
        }
        format!("in the cluster of {}", names.join(", "))
    }

    /// Those of an alert that is being made.
    pub(crate) fn of_document(document: &Document) -> Self {
        let own = &document.kubectl_watch;
        let target = document.user.target.as_ref();
        let request = own.request.as_ref();
        let credential = own.credential.as_ref();
        let token = credential.and_then(|it| it.token.as_ref());
        let pod = document.orchestrator.as_ref().and_then(|it| {
            let resource = it.resource.as_ref()?;
            it.namespace.clone().zip(resource.name.clone())
        });
        let kubeconfig = own.kubeconfig.as_ref();
        // By a flag, or else by the kubeconfig.
        let said = |flag: Option<&Text>, own: Option<&String>| {
            let flag = flag.and_then(|flag| known(flag.shown()));
            flag.or_else(|| known(own?.into()))
        };
        let command = request.and_then(|it| known(it.command.as_ref()?.shown()));
        let process = &document.process.common;
        let args = process.args.iter().flat_map(|args| args.0.iter());
        // A file of alerts gives only these.
        let args = args.filter(|arg| !arg.windows(MARK.len()).any(|part| part == MARK.as_bytes()));
        let file = kubeconfig.and_then(|it| it.file.first());
        Self {
            user: target.and_then(|it| known(it.name.as_ref()?.shown())),
            groups: target
                .and_then(|it| it.group.as_ref())
                .map(|groups| {
                    groups
                        .name
                        .iter()
                        .filter_map(|name| known(name.shown()))
                        .collect()
                })
                .unwrap_or_default(),
            is_impersonated: target.is_some_and(|it| it.impersonated().is_some()),
            credentials: credential.map(|it| it.id.clone()).unwrap_or_default(),
            service_account: token.and_then(TokenFields::service_account),
            bound_pod: token.and_then(TokenFields::pod),
            is_certificate: credential.is_some_and(|it| it.x509.is_some()),
            kubeconfig: file
                .and_then(|file| known(file.path.shown()))
                .or_else(|| known(request?.kubeconfig.as_ref()?.shown())),
            pod,
            container: document.container.as_ref().map(|it| it.id.clone()),
            node: Some(document.host.name.clone()),
            pid: Some(process.pid.to_string()),
            time: Some(document.timestamp.clone()),
            outcome: Outcome::of(command.as_deref(), args, process.args_count.is_some()),
            command,
            resource: request.and_then(|it| known(it.resource.as_ref()?.shown())),
            name: request.and_then(|it| known(it.name.as_ref()?.shown())),
            new_name: request.and_then(|it| known(it.new_name.as_ref()?.shown())),
            namespace: said(
                request.and_then(|it| it.namespace.as_ref()),
                kubeconfig.and_then(|it| it.namespace.as_ref()),
            ),
            context: said(
                request.and_then(|it| it.context.as_ref()),
                kubeconfig.and_then(|it| it.context.as_ref()),
            ),
            cluster: said(
                request.and_then(|it| it.cluster.as_ref()),
                kubeconfig.and_then(|it| it.cluster.as_ref()),
            ),
            server: said(
                request.and_then(|it| it.server.as_ref()),
                kubeconfig.and_then(|it| it.server.as_ref()),
            ),
        }
    }
}

fn known(text: std::borrow::Cow<'_, str>) -> Option<String> {
    (!text.is_empty() && !text.contains(MARK)).then(|| text.into_owned())
}
