//! What an alert says in words of its own, made from what the event has.

use super::document::Identity;
use super::host::Host;
use super::text::Text;
use crate::event::{Gap, ProcessEvent};
use crate::rule::{Metadata, Severity};

/// The sentence that Kibana shows of an alert, as its own detection engine words it.
pub(super) fn reason(
    rule: &Metadata,
    severity: Severity,
    event: &ProcessEvent,
    user: &Identity,
    host: &Host,
) -> String {
    let name = Text::chosen(&event.process.name);
    let parent = Text::known(&event.parent.name)
        .map(|name| format!(", parent process {}", name.shown()))
        .unwrap_or_default();
    format!(
        "process event with process {}{parent}, by {} on {} created {} alert {}",
        name.shown(),
        user.called(),
        host.name,
        severity.name(),
        rule.name
    )
}

/// What a gap is called.
pub(crate) fn gap_name(gap: Gap) -> &'static str {
    match gap {
        Gap::Content => "kubectl_watch.executable",
        Gap::Kubeconfig => "kubectl_watch.kubeconfig",
        Gap::Kuberc => "kubectl_watch.kuberc",
        Gap::Source => "source",
        Gap::Pod => "orchestrator",
        Gap::Script => "kubectl_watch.script",
        Gap::Args => "process.args",
        Gap::Executable => "process.executable",
        Gap::ParentExecutable => "process.parent.executable",
        Gap::Parent => "process.parent",
        Gap::Environment => "process.env_vars",
        Gap::Ancestors => "process.entry_leader",
    }
}

/// Each text once, without empty ones.
pub(super) fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for text in texts {
        if !text.is_empty() && !out.iter().any(|known| known == text) {
            out.push(text.to_owned());
        }
    }
    out
}
