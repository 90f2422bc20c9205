//! What was found out for alerts: by which credential, from which kubeconfig, with which preferences,
//! by which script. No secret is among it.

use super::Facts;
use super::own::{Visit, maybe, text};
use crate::alert::{Credential, ObjectFields, TokenFields, X509};
use crate::credential::kubeconfig::{Auth, ConfigFile, FileFacts};
use crate::eql::Value;
use crate::event::{Gap, NoScript};

/// The fields. They are called as in an alert.
pub(super) const NAMES: &[&str] = &[
    "kubectl_watch.credential.id",
    "kubectl_watch.credential.source",
    "kubectl_watch.credential.token.aud",
    "kubectl_watch.credential.token.iss",
    "kubectl_watch.credential.token.jti",
    "kubectl_watch.credential.token.namespace",
    "kubectl_watch.credential.token.node.name",
    "kubectl_watch.credential.token.pod.name",
    "kubectl_watch.credential.token.service_account.name",
    "kubectl_watch.credential.token.sub",
    "kubectl_watch.credential.x509.serial_number",
    "kubectl_watch.credential.x509.sha256",
    "kubectl_watch.credential.x509.subject.common_name",
    "kubectl_watch.credential.x509.subject.organization",
    "kubectl_watch.kubeconfig.auth",
    "kubectl_watch.kubeconfig.cluster",
    "kubectl_watch.kubeconfig.context",
    "kubectl_watch.kubeconfig.file.path",
    "kubectl_watch.kubeconfig.file.sha256",
    "kubectl_watch.kubeconfig.file.unknown",
    "kubectl_watch.kubeconfig.impersonated.groups",
    "kubectl_watch.kubeconfig.impersonated.uid",
    "kubectl_watch.kubeconfig.impersonated.user",
    "kubectl_watch.kubeconfig.namespace",
    "kubectl_watch.kubeconfig.server",
    "kubectl_watch.kubeconfig.user",
    "kubectl_watch.kuberc.file.path",
    "kubectl_watch.kuberc.file.sha256",
    "kubectl_watch.kuberc.options",
    "kubectl_watch.script.owner",
    "kubectl_watch.script.path",
    "kubectl_watch.script.sha256",
    "kubectl_watch.script.uid",
    "kubectl_watch.script.unknown",
    "kubectl_watch.script.writable_by_others",
];

const CREDENTIAL: &str = "kubectl_watch.credential.";
const KUBECONFIG: &str = "kubectl_watch.kubeconfig.";
const KUBERC: &str = "kubectl_watch.kuberc.";
const SCRIPT: &str = "kubectl_watch.script.";

/// What is missing in an event whose field is not known.
pub(super) fn gap(name: &str) -> Option<Gap> {
    if name.starts_with(CREDENTIAL) || name.starts_with(KUBECONFIG) {
        Some(Gap::Kubeconfig)
    } else if name.starts_with(KUBERC) {
        Some(Gap::Kuberc)
    } else {
        name.starts_with(SCRIPT).then_some(Gap::Script)
    }
}

/// Whether an event may have several values of a field.
pub(super) fn repeats(name: &str) -> bool {
    matches!(
        name,
        "kubectl_watch.credential.id"
            | "kubectl_watch.credential.token.aud"
            | "kubectl_watch.credential.x509.subject.organization"
            | "kubectl_watch.kubeconfig.auth"
            | "kubectl_watch.kubeconfig.file.path"
            | "kubectl_watch.kubeconfig.file.sha256"
            | "kubectl_watch.kubeconfig.file.unknown"
            | "kubectl_watch.kubeconfig.impersonated.groups"
            | "kubectl_watch.kuberc.file.path"
            | "kubectl_watch.kuberc.file.sha256"
            | "kubectl_watch.kuberc.options"
    )
}

/// Shows each value of a field; none where it is not one of these.
pub(super) fn any(facts: &Facts<'_>, name: &str, visit: Visit<'_>) -> Option<bool> {
    if let Some(field) = name.strip_prefix(CREDENTIAL) {
        return Some(
            facts
                .credential()
                .is_some_and(|it| of_credential(it, field, visit)),
        );
    }
    if let Some(field) = name.strip_prefix(KUBECONFIG) {
        return Some(of_kubeconfig(facts, field, visit));
    }
    if let Some(field) = name.strip_prefix(KUBERC) {
        return Some(of_kuberc(facts, field, visit));
    }
    name.strip_prefix(SCRIPT)
        .map(|field| of_script(facts, field, visit))
}

fn of_credential(credential: &Credential, field: &str, visit: Visit<'_>) -> bool {
    if let Some(field) = field.strip_prefix("token.") {
        return credential
            .token
            .as_ref()
            .is_some_and(|token| of_token(token, field, visit));
    }
    if let Some(field) = field.strip_prefix("x509.") {
        return credential
            .x509
            .as_ref()
            .is_some_and(|x509| of_x509(x509, field, visit));
    }
    match field {
        "id" => each(&credential.id, visit),
        "source" => maybe(Some(credential.source), visit),
        _ => false,
    }
}

fn of_token(token: &TokenFields, field: &str, visit: Visit<'_>) -> bool {
    let name = |object: &Option<ObjectFields>| object.as_ref().and_then(|it| it.name.clone());
    match field {
        "aud" => each(&token.aud, visit),
        "iss" => maybe(token.iss.as_deref(), visit),
        "jti" => maybe(token.jti.as_deref(), visit),
        "namespace" => maybe(token.namespace.as_deref(), visit),
        "node.name" => maybe(name(&token.node).as_deref(), visit),
        "pod.name" => maybe(name(&token.pod).as_deref(), visit),
        "service_account.name" => maybe(name(&token.service_account).as_deref(), visit),
        "sub" => maybe(token.sub.as_deref(), visit),
        _ => false,
    }
}

fn of_x509(x509: &X509, field: &str, visit: Visit<'_>) -> bool {
    match field {
        "serial_number" => maybe(Some(&x509.serial_number), visit),
        "sha256" => maybe(Some(&x509.sha256), visit),
        "subject.common_name" => maybe(x509.subject.common_name.as_deref(), visit),
        "subject.organization" => each(&x509.subject.organization, visit),
        _ => false,
    }
}

fn of_kubeconfig(facts: &Facts<'_>, field: &str, visit: Visit<'_>) -> bool {
    let Some(kubeconfig) = &facts.event.circumstances.kubeconfig else {
        return false;
    };
    let hash = |facts: &FileFacts| facts.sha256.clone();
    let value = match field {
        "auth" => {
            return kubeconfig
                .auth
                .iter()
                .any(|auth: &Auth| maybe(Some(auth.name()), visit));
        }
        "file.path" => return kubeconfig.files.iter().any(|file| text(&file.path, visit)),
        "file.sha256" => {
            let mut hashes = kubeconfig
                .files
                .iter()
                .filter_map(|file| file.facts.as_ref().and_then(hash));
            return hashes.any(|hash| maybe(Some(&hash), visit));
        }
        "file.unknown" => {
            let mut reasons = kubeconfig.files.iter().filter_map(ConfigFile::why_unknown);
            return reasons.any(|reason| maybe(Some(reason), visit));
        }
        "cluster" => &kubeconfig.cluster,
        "context" => &kubeconfig.context,
        "impersonated.groups" => return each(&kubeconfig.impersonated.groups, visit),
        "impersonated.uid" => &kubeconfig.impersonated.uid,
        "impersonated.user" => &kubeconfig.impersonated.user,
        "namespace" => &kubeconfig.namespace,
        "server" => &kubeconfig.server,
        "user" => &kubeconfig.user,
        _ => return false,
    };
    maybe(value.as_deref(), visit)
}

fn of_kuberc(facts: &Facts<'_>, field: &str, visit: Visit<'_>) -> bool {
    let Some(kuberc) = &facts.event.circumstances.kuberc else {
        return false;
    };
    match field {
        "file.path" => kuberc.files.iter().any(|file| text(&file.path, visit)),
        "file.sha256" => {
            let mut facts = kuberc.files.iter().filter_map(|file| file.facts.as_ref());
            facts.any(|facts| maybe(facts.sha256.as_deref(), visit))
        }
        "options" => kuberc.options.iter().any(|name| maybe(Some(name), visit)),
        _ => false,
    }
}

fn of_script(facts: &Facts<'_>, field: &str, visit: Visit<'_>) -> bool {
    let Some(script) = &facts.event.circumstances.script else {
        return false;
    };
    let file = script.facts.as_ref();
    match field {
        "path" => text(&script.path, visit),
        "unknown" => maybe(script.unknown.map(NoScript::name), visit),
        "sha256" => maybe(file.and_then(|it| it.sha256.as_deref()), visit),
        "owner" => maybe(file.and_then(|it| it.owner_name.as_deref()), visit),
        "uid" => maybe(file.map(|it| it.owner.to_string()).as_deref(), visit),
        "writable_by_others" => script
            .is_writable_by_others()
            .is_some_and(|it| visit(Value::Bool(it))),
        _ => false,
    }
}

fn each(values: &[String], visit: Visit<'_>) -> bool {
    values.iter().any(|value| maybe(Some(value), visit))
}
