//! As whom a process acts, and what it asks for, each in a line.

use super::{plain, shortened};
use crate::alert::Document;
use crate::alert::{RequestFields, Text};

/// Whose rights are used, and by what.
pub(super) fn acts_as(document: &Document) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(target) = &document.user.target {
        parts.extend(target.name.as_ref().map(|name| format!("user {}", shown(name))));
        parts.extend(target.id.as_ref().map(|id| format!("UID {}", shown(id))));
        let groups = target.group.iter().flat_map(|group| &group.name);
        parts.extend(groups.map(|group| format!("group {}", shown(group))));
    }
    if let Some(request) = &document.kubectl_watch.request {
        parts.extend(
            request
                .token
                .as_ref()
                .map(|token| format!("whoever holds {}", shown(token))),
        );
        parts.extend(
            request
                .kubeconfig
                .as_ref()
                .map(|file| format!("whoever {} names", shown(file))),
        );
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The command, what it is about, and where.
pub(super) fn asks(request: &RequestFields) -> Option<String> {
    let mut asked = plain(&String::from_utf8_lossy(&request.command.as_ref()?.0));
    for part in [&request.resource, &request.name].into_iter().flatten() {
        asked = format!("{asked} {}", shown(part));
    }
    if let Some(namespace) = &request.namespace {
        asked = format!("{asked} in {}", shown(namespace));
    }
    if let Some(server) = &request.server {
        asked = format!("{asked} of {}", shown(server));
    }
    Some(asked)
}

fn shown(text: &Text) -> String {
    shortened(&text.0)
}
