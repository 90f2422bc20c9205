//! The fields that rules do not have: the node, as whom kubectl acts, what it asks for, where it happened.

use super::{Facts, evidence};
use crate::eql::Value;
use crate::event::{Gap, Witness};
use crate::kubectl::Request;

/// The fields that rules do not have. `exec_path` is what exec was given, links unresolved.
pub(super) const NAMES: &[&str] = &[
    "container.name",
    "host.name",
    "host.hostname",
    "host.id",
    "kubectl_watch.cgroup_id",
    "kubectl_watch.exec_path",
    "kubectl_watch.login_user.id",
    "kubectl_watch.login_user.name",
    "orchestrator.cluster.name",
    "orchestrator.cluster.url",
    "orchestrator.namespace",
    "orchestrator.resource.name",
    "source.ip",
    "source.port",
    "user.target.name",
    "user.target.id",
    "user.target.group.name",
    "kubectl_watch.request.all_namespaces",
    "kubectl_watch.request.client_certificate",
    "kubectl_watch.request.cluster",
    "kubectl_watch.request.command",
    "kubectl_watch.request.context",
    "kubectl_watch.request.kubeconfig",
    "kubectl_watch.request.name",
    "kubectl_watch.request.namespace",
    "kubectl_watch.request.resource",
    "kubectl_watch.request.server",
    "kubectl_watch.request.token",
    "kubectl_watch.request.user",
    "kubectl_watch.request.username",
];

/// Who is shown a value, and says whether it is the one.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Value<'_>) -> bool;

/// What is missing in an event whose field is not known.
pub(super) fn gap(name: &str) -> Option<Gap> {
    match name {
        "container.name" | "orchestrator.namespace" | "orchestrator.resource.name" => Some(Gap::Pod),
        "source.ip" | "source.port" => Some(Gap::Source),
        _ if name.starts_with("user.target.") || name.starts_with("orchestrator.cluster.") => {
            Some(Gap::Kubeconfig)
        }
        _ => evidence::gap(name),
    }
}

/// Shows each value of a field.
pub(super) fn any(facts: &Facts<'_>, name: &str, visit: Visit<'_>) -> bool {
    if let Some(answer) = evidence::any(facts, name, visit) {
        return answer;
    }
    let (event, node) = (facts.event, facts.node);
    let circumstances = &event.circumstances;
    let pod = circumstances.pod.as_ref();
    let cluster = || circumstances.cluster(facts.request());
    // What the environment says of it whoever runs the process can write there.
    let source = circumstances
        .source
        .as_ref()
        .filter(|it| it.by == Witness::Socket);
    let credentials = &event.credentials;
    match name {
        "container.name" => maybe(pod.and_then(|pod| pod.container.as_deref()), visit),
        "host.name" => maybe(Some(&node.name), visit),
        "host.hostname" => maybe(Some(&node.hostname), visit),
        "host.id" => maybe(node.id.as_deref(), visit),
        "kubectl_watch.cgroup_id" => {
            let id = event.place.cgroup_id;
            id != 0 && i64::try_from(id).is_ok_and(|id| visit(Value::Int(id)))
        }
        "kubectl_watch.exec_path" => text(&event.process.filename, visit),
        "kubectl_watch.login_user.id" => {
            maybe(credentials.login_uid.map(|id| id.to_string()).as_deref(), visit)
        }
        "kubectl_watch.login_user.name" => maybe(event.names.login_user.as_deref(), visit),
        "orchestrator.cluster.name" => maybe(cluster().0.map(String::as_str), visit),
        "orchestrator.cluster.url" => maybe(cluster().1.map(String::as_str), visit),
        "orchestrator.namespace" => maybe(pod.map(|pod| pod.namespace.as_str()), visit),
        "orchestrator.resource.name" => maybe(pod.map(|pod| pod.name.as_str()), visit),
        "source.ip" => maybe(source.map(|it| it.address.to_string()).as_deref(), visit),
        "source.port" => source.is_some_and(|it| visit(Value::Int(it.port.into()))),
        "user.target.name" => facts
            .target()
            .and_then(|it| it.name.as_ref())
            .is_some_and(|name| text(&name.0, visit)),
        "user.target.id" => facts
            .target()
            .and_then(|it| it.id.as_ref())
            .is_some_and(|id| text(&id.0, visit)),
        "user.target.group.name" => {
            let groups = facts.target().and_then(|it| it.group.as_ref());
            groups.is_some_and(|groups| groups.name.iter().any(|group| text(&group.0, visit)))
        }
        of_request => facts
            .request()
            .is_some_and(|request| asked(request, of_request, visit)),
    }
}

/// Shows each value of a field about what kubectl asks for.
fn asked(request: &Request, name: &str, visit: Visit<'_>) -> bool {
    let value = match name.rsplit('.').next().unwrap_or_default() {
        "command" => return text(&request.command.join(&b' '), visit),
        "all_namespaces" => return request.all_namespaces && visit(Value::Bool(true)),
        "client_certificate" => &request.client_certificate,
        "cluster" => &request.cluster,
        "context" => &request.context,
        "kubeconfig" => &request.kubeconfig,
        "name" => &request.name,
        "namespace" => &request.namespace,
        "resource" => &request.resource,
        "server" => &request.server,
        "token" => &request.token,
        "user" => &request.user,
        "username" => &request.username,
        _ => return false,
    };
    value.as_ref().is_some_and(|value| text(value, visit))
}

/// Text that is empty where it is unknown.
pub(super) fn text(text: &[u8], visit: Visit<'_>) -> bool {
    !text.is_empty() && visit(Value::Str(text))
}

/// Text that may be unknown.
pub(super) fn maybe(value: Option<&str>, visit: Visit<'_>) -> bool {
    value.is_some_and(|value| text(value.as_bytes(), visit))
}
