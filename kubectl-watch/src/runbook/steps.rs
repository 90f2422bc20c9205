//! The commands themselves, by what they are for.

use std::borrow::Cow;

use super::{Facts, Outcome, Phase, Step};
use crate::shell::quoted;

/// Kinds whose objects say who may do what.
const RIGHTS: [&str; 4] = ["clusterrole", "clusterrolebinding", "role", "rolebinding"];

/// Kinds that `kubectl create` knows, with their short names, whose objects are in no namespace.
const OF_NO_NAMESPACE: [&str; 6] = [
    "clusterrole",
    "clusterrolebinding",
    "namespace",
    "ns",
    "pc",
    "priorityclass",
];

/// A command line: words as they are, and names in quotes.
struct Line(String);

impl Line {
    fn new(words: &str) -> Self {
        Self(words.to_owned())
    }

    /// Appends a name that somebody may have chosen.
    fn name(mut self, name: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(&quoted(name.as_bytes()));
        self
    }

    /// Appends a flag with such a name. One word, so that a name that begins with a hyphen is none.
    fn flag(mut self, flag: &str, name: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(&quoted(format!("{flag}={name}").as_bytes()));
        self
    }

    fn words(mut self, words: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(words);
        self
    }
}

fn add(steps: &mut Vec<Step>, phase: Phase, what: impl Into<Cow<'static, str>>, line: Line) {
    steps.push(Step {
        phase,
        what: what.into(),
        command: line.0,
    });
}

pub(super) fn look(facts: &Facts, steps: &mut Vec<Step>) {
    let mut add = |what, line| add(steps, Phase::Look, what, line);
    if let Some(user) = &facts.user {
        let line = Line::new("kubectl auth can-i --list").flag("--as", user);
        let line = facts
            .groups
            .iter()
            .fold(line, |line, group| line.flag("--as-group", group));
        add("What that account may do", line);
    }
    if let Some(kubeconfig) = facts.kubeconfig.as_ref().filter(|_| facts.user.is_none()) {
        let line = Line::new("kubectl auth whoami").flag("--kubeconfig", kubeconfig);
        add(
            "Whose that kubeconfig is; where it lies, and before it is taken away",
            line,
        );
    }
    let since = facts.time.as_deref().unwrap_or_default();
    for id in &facts.credentials {
        let line = Line::new("jq -c").words("--arg id").name(id).words(
            r#"'select(.user.extra["authentication.kubernetes.io/credential-id"] // [] | index($id))' audit.log"#,
        );
        add(
            "All that was done with that very credential, in the API server's audit log",
            line,
        );
    }
    if let Some(user) = &facts.user {
        let of = if facts.is_impersonated {
            ".impersonatedUser"
        } else {
            ".user"
        };
        let line = Line::new("jq -c")
            .words("--arg user")
            .name(user)
            .words("--arg since")
            .name(since);
        let line = line.words(&format!(
            "'select({of}.username == $user and .requestReceivedTimestamp >= $since)' audit.log"
        ));
        add("What was done as that account since, in the same log", line);
    }
    if facts.is_impersonated {
        let line = Line::new("kubectl get clusterroles,roles -A -o json | jq -r").words(
            r#"'.items[] | select(any(.rules[]?; any(.verbs[]?; . == "impersonate" or . == "*"))) | [.kind, .metadata.namespace // "-", .metadata.name] | @tsv'"#,
        );
        add("Which roles let somebody impersonate", line);
    }
}

pub(super) fn keep(facts: &Facts, steps: &mut Vec<Step>) {
    let mut add = |what, line| add(steps, Phase::Keep, what, line);
    if let Some((namespace, pod)) = &facts.pod {
        let line = Line::new("kubectl get pod -o yaml")
            .flag("--namespace", namespace)
            .words("--")
            .name(pod);
        add("The pod, as the API server has it", line.words("> pod.yaml"));
    }
    if let Some(container) = &facts.container {
        let line = Line::new("crictl inspect")
            .name(container)
            .words("> container.json");
        add("The container, on the node", line);
    }
    if let Some(pid) = &facts.pid {
        let line = Line::new(&format!("cp /proc/{pid}/exe executable-{pid}"));
        add("The program, on the node and while it runs", line);
    }
    if let Some(node) = &facts.node {
        add(
            "Nothing new comes to the node",
            Line::new("kubectl cordon").name(node),
        );
    }
}

pub(super) fn contain(facts: &Facts, steps: &mut Vec<Step>) {
    let mut add = |what, line| add(steps, Phase::Contain, what, line);
    // Nobody has checked the token's signature here: whoever runs kubectl can write any names into one.
    if let Some((namespace, account)) = &facts.service_account {
        if let Some(pod) = &facts.bound_pod {
            let line = Line::new("kubectl delete pod")
                .flag("--namespace", namespace)
                .words("--")
                .name(pod);
            add(
                "Only if the audit log shows that the token was accepted (by its id where it has one), for what it says may be forged: it ends with the pod that it is bound to",
                line,
            );
        } else {
            let line = Line::new("kubectl delete secret")
                .flag("--namespace", namespace)
                .words("$(kubectl get secrets --field-selector type=kubernetes.io/service-account-token -o json")
                .flag("--namespace", namespace)
                .words("| jq -r --arg account")
                .name(account)
                .words(
                    r#"'.items[] | select(.metadata.annotations["kubernetes.io/service-account.name"] == $account) | .metadata.name')"#,
                );
            add(
                "Only if the audit log shows that the token was accepted, for what it says may be forged: one without an end lies in a secret, and ends with it",
                line,
            );
            let line = Line::new("kubectl delete serviceaccount").flag("--namespace", namespace);
            add(
                "Only if the audit log shows that the token was accepted (by its id where it has one): every other token of the account ends with the account; make it again from your manifests",
                line.words("--").name(account),
            );
        }
    }
    if let Some(user) = &facts.user
        && (facts.is_certificate || facts.is_impersonated || facts.service_account.is_some())
    {
        let line = Line::new("kubectl get clusterrolebindings,rolebindings -A -o json | jq -r")
            .words("--arg user")
            .name(user)
            .words(
                r#"'.items[] | select(any(.subjects[]?; .name == $user or "system:serviceaccount:\(.namespace):\(.name)" == $user)) | [.kind, .metadata.namespace // "-", .metadata.name] | @tsv'"#,
            );
        add(
            if facts.is_certificate {
                "A certificate cannot be revoked: these bindings give it its rights, delete them"
            } else {
                "These bindings give the account its rights"
            },
            line,
        );
    }
}

pub(super) fn undo(facts: &Facts, steps: &mut Vec<Step>) {
    let made = facts.made();
    if let Some((kind, name)) = made {
        undo_made(facts, kind, name, steps);
    }
    let kind = made.map(|(kind, _)| kind).or(facts.resource.as_deref());
    let is_of_rights = kind.is_some_and(|kind| RIGHTS.iter().any(|right| kind.starts_with(right)));
    if is_of_rights || facts.is_impersonated {
        let line =
            Line::new("kubectl auth reconcile --remove-extra-permissions --remove-extra-subjects -f rbac/");
        add(
            steps,
            Phase::Undo,
            "Roles and bindings as your manifests in rbac/ have them",
            line,
        );
    }
}

/// Whoever deletes it does so from a kubeconfig of his own: without a namespace that would be his.
fn undo_made(facts: &Facts, kind: &str, name: &str, steps: &mut Vec<Step>) {
    let mut add = |what, line| add(steps, Phase::Undo, what, line);
    let place = facts.place();
    let is_of_namespace = !OF_NO_NAMESPACE.contains(&kind);
    let namespace = facts.namespace.as_ref().filter(|_| is_of_namespace);
    if facts.outcome == Outcome::Unknown || (is_of_namespace && namespace.is_none()) {
        let line = Line::new("jq -r --arg name")
            .name(name)
            .words("--arg since")
            .name(facts.time.as_deref().unwrap_or_default())
            .words(
                r#"'select(.verb == "create" and .responseStatus.code == 201 and (.objectRef.name // "" | startswith($name)) and .requestReceivedTimestamp >= $since) | [.requestReceivedTimestamp, (.impersonatedUser // .user).username, .objectRef.resource, .objectRef.namespace // "-", .objectRef.name] | @tsv' audit.log"#,
            );
        let what = format!(
            "What this very command made, {place}, if it did: its namespace and its name are in the API server's audit log; delete that and nothing else"
        );
        add(what, line);
        return;
    }
    let of = |line: Line| {
        let line = match namespace {
            Some(namespace) => line.flag("--namespace", namespace),
            None => line,
        };
        line.words("--").name(kind).name(name)
    };
    add(
        format!("When that was made, {place}: if before this command, it is not the command's"),
        of(Line::new(
            "kubectl get -o jsonpath='{.metadata.creationTimestamp}'",
        )),
    );
    add(
        format!(
            "What this very command made, {place}, and only if the audit log has its creation by this request (code 201)"
        ),
        of(Line::new("kubectl delete")),
    );
}
