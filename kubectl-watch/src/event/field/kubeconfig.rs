//! How an event answers for the kubeconfig that its process is told to take.

use super::known::Known;
use super::visit::{Visit, each, text};
use crate::event::ProcessEvent;

/// Shows each value of a field.
pub(super) fn any(event: &ProcessEvent, field: Known, visit: Visit<'_>) -> bool {
    let named = &event.kubeconfig_named;
    match field {
        Known::KubeconfigNamedFlag => each(&named.flag, visit),
        Known::KubeconfigNamedHome => text(&named.home, visit),
        Known::KubeconfigNamedVariable => each(&named.variable, visit),
        Known::KubeconfigNamedHomeOfOthers => event.names.user.as_ref().is_some_and(|user| {
            let mut others = named.home_of_others(user);
            others.any(|name| text(name, visit))
        }),
        _ => false,
    }
}
