//! What a rule says of its repeats: by which fields they are told, and for how long they are held together.

use jiff::SignedDuration;

use crate::eql::{Field, Schema as _};
use crate::facts::FactSchema;

/// How long repeats are held together where a rule does not say.
pub const DEFAULT_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// The environment, of which one variable is a field here: `process.env_vars.KUBECONFIG`.
const VARIABLES: &str = "process.env_vars";

/// The arguments of what is more than a look, as a field here: see `suppression/change.rs`.
pub(super) const CHANGE: &str = "kubectl_watch.request.change";

/// What tells one intent from another where a rule does not say: who, with which program, as whom, for what, and
/// started by what. Of a look not which arguments: a counter in them would make every run a new one. Of the environment
/// what decides as whom and whom kubectl asks, and which code it runs.
const DEFAULT_FIELDS: &[&str] = &[
    "user.id",
    "process.real_user.id",
    "process.executable",
    "kubectl_watch.executable.tool",
    "process.parent.executable",
    "user.target.name",
    "user.target.id",
    "user.target.group.name",
    "kubectl_watch.request.token",
    "kubectl_watch.request.kubeconfig",
    "kubectl_watch.request.client_certificate",
    "kubectl_watch.request.server",
    "kubectl_watch.request.context",
    "kubectl_watch.request.cluster",
    "kubectl_watch.request.user",
    "kubectl_watch.request.username",
    "kubectl_watch.request.command",
    "kubectl_watch.request.resource",
    "kubectl_watch.request.name",
    "kubectl_watch.request.namespace",
    "kubectl_watch.request.all_namespaces",
    CHANGE,
    "kubectl_watch.kubeconfig_named.flag",
    "kubectl_watch.kubeconfig_named.variable",
    // What could not be read in time has none, and is another one.
    "kubectl_watch.kubeconfig.file.sha256",
    "kubectl_watch.kuberc.file.sha256",
    "process.env_vars.KUBECONFIG",
    "process.env_vars.KUBERC",
    "process.env_vars.HOME",
    "process.env_vars.KUBERNETES_MASTER",
    "process.env_vars.KUBERNETES_SERVICE_HOST",
    "process.env_vars.KUBERNETES_SERVICE_PORT",
    "process.env_vars.POD_NAMESPACE",
    "process.env_vars.HTTPS_PROXY",
    "process.env_vars.https_proxy",
    "process.env_vars.ALL_PROXY",
    "process.env_vars.all_proxy",
    "process.env_vars.LD_PRELOAD",
    "process.env_vars.LD_LIBRARY_PATH",
    "process.env_vars.LD_AUDIT",
];

/// How repeats are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The fields whose values make the fingerprint, beside the rule and the container. None means the default ones.
    pub fields: Vec<(Field, &'static str)>,
    /// How long after its first alert a match is a repeat.
    pub window: SignedDuration,
    /// What if a field has no value.
    pub missing: Missing,
}

/// What becomes of a match that has no value for one of the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// To have none is a value like another.
    #[default]
    Suppress,
    /// It is an alert each time.
    DoNotSuppress,
}

impl Settings {
    /// By the default fields, within this time.
    pub fn within(window: SignedDuration) -> Self {
        let fields = DEFAULT_FIELDS.iter();
        Self {
            fields: fields.filter_map(|name| field(name)).collect(),
            window,
            missing: Missing::Suppress,
        }
    }
}

/// A field that a match can be grouped by, by its name: one of an event, or one of the default ones, which can be one
/// variable of its environment or the arguments of what changes something.
pub fn field(name: &str) -> Option<(Field, &'static str)> {
    if name == CHANGE {
        return Some((FactSchema.field("process.args")?, CHANGE));
    }
    if variable(name).is_some() {
        let name = DEFAULT_FIELDS.iter().find(|known| **known == name)?;
        return Some((FactSchema.field(VARIABLES)?, name));
    }
    let field = FactSchema.field(name)?;
    Some((field, FactSchema.name(field)))
}

/// Which variable of the environment a field is, by its name, where it is one.
pub(super) fn variable(field: &str) -> Option<&str> {
    field.strip_prefix(VARIABLES)?.strip_prefix('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_default_field_is_one_that_events_have() {
        let settings = Settings::within(DEFAULT_WINDOW);
        assert_eq!(settings.fields.len(), DEFAULT_FIELDS.len());
        for (field, name) in settings.fields {
            assert!(!FactSchema.is_unfilled(field), "{name}");
        }
    }
}
