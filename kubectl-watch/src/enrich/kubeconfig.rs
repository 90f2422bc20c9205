//! Which kubeconfig a process is told to take: what it says itself, seen from its working folder.

use super::process::ProcessFolder;
use crate::event::{NamedKubeconfig, ProcessEvent};

/// Looks the working folder up where it decides anything, while the process lives.
pub(super) fn fill(event: &mut ProcessEvent) {
    if !event.kubeconfig_named.is_empty() {
        return;
    }
    let (args, environment) = (&event.process.args, &event.environment);
    let folder = NamedKubeconfig::needs_folder(args, environment)
        .then(|| ProcessFolder::open(&event.process)?.working_folder())
        .flatten();
    event.kubeconfig_named = NamedKubeconfig::of(args, environment, &folder.unwrap_or_default());
}
