//! By which credential, from which kubeconfig, where, and from where: a line each.

use super::plain;
use crate::alert::{
    Container, Credential, Document, KubeconfigFields, KubercFields, Orchestrator, ScriptFields,
    SourceFields, SourceOrigin, Update,
};

/// Options of preferences that are shown.
const MAX_OPTIONS: usize = 8;

/// What is known of them.
pub(super) struct Known<'a> {
    credential: Option<&'a Credential>,
    kubeconfig: Option<&'a KubeconfigFields>,
    kuberc: Option<&'a KubercFields>,
    container: Option<&'a Container>,
    orchestrator: Option<&'a Orchestrator>,
    source: Option<&'a SourceFields>,
    origin: Option<&'a SourceOrigin>,
    script: Option<&'a ScriptFields>,
}

impl<'a> Known<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let own = &document.kubectl_watch;
        Self {
            credential: own.credential.as_ref(),
            kubeconfig: own.kubeconfig.as_ref(),
            kuberc: own.kuberc.as_ref(),
            container: document.container.as_ref(),
            orchestrator: document.orchestrator.as_ref(),
            source: document.source.as_ref(),
            origin: own.source.as_ref(),
            script: own.script.as_ref(),
        }
    }

    pub(super) fn of_update(update: &'a Update) -> Self {
        let document = &update.document;
        let own = &document.kubectl_watch;
        Self {
            credential: own.credential.as_ref(),
            kubeconfig: own.kubeconfig.as_ref(),
            kuberc: own.kuberc.as_ref(),
            container: document.container.as_ref(),
            orchestrator: document.orchestrator.as_ref(),
            source: document.source.as_ref(),
            origin: own.source.as_ref(),
            script: own.script.as_ref(),
        }
    }

    /// A label and a text for each.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let lines = [
            ("by", self.credential.and_then(credential)),
            ("config", self.kubeconfig.map(kubeconfig)),
            ("kuberc", self.kuberc.map(kuberc)),
            ("in", self.place()),
            ("from", self.source()),
            ("script", self.script.and_then(script)),
        ];
        let known = lines.into_iter();
        known.filter_map(|(label, text)| Some((label, text?)))
    }

    fn place(&self) -> Option<String> {
        let pod = self.orchestrator.and_then(|it| Some((it, it.resource.as_ref()?)));
        let pod = pod.map(|(of, pod)| match (&of.namespace, &pod.name) {
            (Some(namespace), Some(name)) => format!("pod {}/{}", plain(namespace), plain(name)),
            _ => format!("pod {}", plain(&pod.id)),
        });
        let container = self.container.map(|container| {
            let name = container.name.as_ref().map(|name| format!("{} ", plain(name)));
            format!("container {}{}", name.unwrap_or_default(), plain(&container.id))
        });
        let parts: Vec<String> = container.into_iter().chain(pod).collect();
        (!parts.is_empty()).then(|| parts.join("  "))
    }

    fn source(&self) -> Option<String> {
        let source = self.source?;
        let is_sure = self.origin.is_some_and(|origin| origin.known_by == "socket");
        let doubt = if is_sure { "" } else { ", by its own environment" };
        Some(format!("{} port {} over SSH{doubt}", source.ip, source.port))
    }
}

/// Which file, and as much of its hash as tells it from others.
fn script(script: &ScriptFields) -> Option<String> {
    let mut parts = vec![super::shortened(&script.path.as_ref()?.0)];
    let hash = script.sha256.as_ref();
    parts.extend(hash.map(|hash| format!("sha256 {}", &hash[..hash.len().min(12)])));
    parts.extend(script.unknown.map(|why| format!("content not known: {why}")));
    parts.extend(
        script
            .writable_by_others
            .filter(|it| *it)
            .map(|_| "others can write to it".to_owned()),
    );
    Some(parts.join(", "))
}

/// Whose credential, until when, and under which id the API server's audit log has it.
fn credential(credential: &Credential) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(token) = &credential.token {
        let whose = token.sub.as_ref().map(|sub| format!(" of {}", plain(sub)));
        parts.push(format!("token{}", whose.unwrap_or_default()));
        parts.extend(token.exp.as_deref().map(until));
    }
    if let Some(x509) = &credential.x509 {
        let whose = x509
            .subject
            .common_name
            .as_ref()
            .map(|name| format!(" of {}", plain(name)));
        parts.push(format!("certificate{}", whose.unwrap_or_default()));
        let groups = x509.subject.organization.iter();
        parts.extend(groups.map(|group| format!("group {}", plain(group))));
        parts.extend(x509.not_after.as_deref().map(until));
    }
    parts.extend(credential.id.iter().map(|id| format!("id {}", plain(id))));
    // That there is a token is said before.
    (parts.len() > 1).then(|| parts.join(", "))
}

/// To the second.
fn until(time: &str) -> String {
    format!(
        "until {}Z",
        time.split('.').next().unwrap_or(time).trim_end_matches('Z')
    )
}

/// Which files, and which options they give.
fn kuberc(kuberc: &KubercFields) -> String {
    let files = kuberc.file.iter().map(|file| super::shortened(&file.path.0));
    let mut parts: Vec<String> = files.collect();
    if let Some(shown) = kuberc.options.chunks(MAX_OPTIONS).next() {
        let more = kuberc.options.len() - shown.len();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        parts.push(format!("gives {}{more}", shown.join(", ")));
    }
    parts.extend(kuberc.unknown.map(|why| format!("not all known: {why}")));
    parts.join("  ")
}

fn kubeconfig(kubeconfig: &KubeconfigFields) -> String {
    let mut parts = Vec::new();
    for file in &kubeconfig.file {
        let facts = [file.owner.as_deref(), file.mode.as_deref(), file.unknown];
        let facts: Vec<String> = facts.into_iter().flatten().map(plain).collect();
        let facts = if facts.is_empty() {
            String::new()
        } else {
            format!(" ({})", facts.join(", "))
        };
        parts.push(format!("{}{facts}", super::shortened(&file.path.0)));
    }
    let named = [("context", &kubeconfig.context), ("server", &kubeconfig.server)];
    let named = named
        .into_iter()
        .filter_map(|(what, name)| Some((what, name.as_ref()?)));
    parts.extend(named.map(|(what, name)| format!("{what} {}", plain(name))));
    if !kubeconfig.auth.is_empty() {
        parts.push(format!("by {}", kubeconfig.auth.join(" and ").replace('_', " ")));
    }
    parts.extend(kubeconfig.unknown.map(|why| format!("not all known: {why}")));
    parts.join("  ")
}
