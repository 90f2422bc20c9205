//! Which kubeconfig a process is told to take: `kubectl_watch.kubeconfig_named`.
//!
//! Where a path is taken apart, a secret in it, as in a URL, is no longer seen for one. So what is shown is read from what
//! may be shown of arguments and environment.

use serde::Serialize;

use super::text::Text;
use crate::event::{Args, Environment, NamedKubeconfig, ProcessEvent};
use crate::redact;

/// What it is called, as a gap.
const NAME: &str = "kubectl_watch.kubeconfig_named";
/// Paths that are shown of each kind; arguments and environment have all of them.
const MAX_PATHS: usize = 32;
/// Bytes of each.
const MAX_PATH: usize = 4096;

/// The paths, as rules compare them.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct NamedFields {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flag: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variable: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    home: Option<Text>,
    /// Whose homes these are in, other than the user's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    home_of_others: Vec<Text>,
}

/// What may be shown of what an event names.
#[derive(Debug)]
pub(super) struct Named<'a> {
    redacted: NamedKubeconfig,
    /// Whether some may be others than they seem.
    is_relative: bool,
    user: Option<&'a str>,
}

impl<'a> Named<'a> {
    /// Reads it anew, from redacted arguments and variables.
    pub(super) fn of(event: &'a ProcessEvent, args: &Args, variables: &[Vec<u8>]) -> Self {
        let named = &event.kubeconfig_named;
        let redacted = if named.is_empty() {
            NamedKubeconfig::default()
        } else {
            let environment = Environment::from_bytes(&variables.join(&0));
            NamedKubeconfig::of(args, &environment, &named.folder)
        };
        Self {
            redacted,
            is_relative: named.is_relative(),
            user: event.names.user.as_deref(),
        }
    }

    /// A value of one of the fields; or, where it is none of those that may be shown, a mark in its place.
    pub(super) fn value(&self, field: &str, value: &[u8]) -> Option<Vec<u8>> {
        field.strip_prefix(NAME)?;
        let Self { redacted, user, .. } = self;
        let mut paths = redacted.flag.iter().chain(redacted.variable.iter());
        let is_shown = paths.any(|path| path == value)
            || redacted.home == value
            || user.is_some_and(|user| redacted.home_of_others(user).any(|name| name == value));
        Some(if is_shown {
            redact::text(value)
        } else {
            redact::token(value)
        })
    }

    /// None where nothing is named, or nothing but a home by a process that is no kubectl.
    pub(super) fn fields(&self, is_kubectl: bool) -> Option<NamedFields> {
        let Self { redacted, user, .. } = self;
        let has_paths = !redacted.flag.is_empty() || !redacted.variable.is_empty();
        let is_said = has_paths || is_kubectl && !redacted.home.is_empty();
        let others = user.map(|user| redacted.home_of_others(user).take(MAX_PATHS).map(shown).collect());
        is_said.then(|| NamedFields {
            flag: texts(&redacted.flag),
            variable: texts(&redacted.variable),
            home: (!redacted.home.is_empty()).then(|| shown(&redacted.home)),
            home_of_others: others.unwrap_or_default(),
        })
    }

    /// The gap, where some are not shown, or from which folder they are meant is not known.
    pub(super) fn gap(&self) -> Option<&'static str> {
        let is_long =
            |paths: &Args| paths.len() > MAX_PATHS || paths.iter().any(|path| path.len() > MAX_PATH);
        let is_gap = self.is_relative || is_long(&self.redacted.flag) || is_long(&self.redacted.variable);
        is_gap.then_some(NAME)
    }
}

fn texts(paths: &Args) -> Vec<Text> {
    paths.iter().take(MAX_PATHS).map(shown).collect()
}

fn shown(path: &[u8]) -> Text {
    Text::cut(redact::text(path), MAX_PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of an event with no arguments.
    fn named(event: &ProcessEvent) -> Named<'_> {
        let variables: Vec<_> = event.environment.iter().map(redact::text).collect();
        Named::of(event, &Args::default(), &variables)
    }

    fn event(variables: &str) -> ProcessEvent {
        let environment = Environment::from_bytes(variables.as_bytes());
        ProcessEvent {
            kubeconfig_named: NamedKubeconfig::of(&Args::default(), &environment, b"/w"),
            environment,
            ..ProcessEvent::default()
        }
    }

    #[test]
    fn much_is_cut_and_said_to_be() {
        for (count, length, gap) in [(32, 4095, None), (33, 1, Some(NAME)), (1, 4096, Some(NAME))] {
            let parts: Vec<_> = (0..count).map(|_| format!("/{}", "x".repeat(length))).collect();
            let event = event(&format!("KUBECONFIG={}", parts.join(":")));
            let named = named(&event);
            let fields = named.fields(false).expect("there is something");
            assert_eq!(fields.variable.len(), count.min(MAX_PATHS));
            assert_eq!(named.gap(), gap, "{count} of {length}");
        }
        let home = event("HOME=/root");
        let named = named(&home);
        assert!(named.fields(false).is_none() && named.fields(true).is_some());
    }

    #[test]
    fn a_path_from_a_folder_that_is_not_known_is_a_gap() {
        let mut event = event("KUBECONFIG=../x");
        assert_eq!(named(&event).gap(), None);
        event.kubeconfig_named = NamedKubeconfig::of(&Args::default(), &event.environment, b"");
        assert_eq!(named(&event).gap(), Some(NAME));
    }

    #[test]
    fn a_secret_in_a_path_is_none_of_what_is_shown() {
        let event = event("KUBECONFIG=/tmp/a:https://bob:hunter2@example.org/x");
        let named = named(&event);
        let fields = serde_json::to_string(&named.fields(true)).expect("it can be written");
        assert!(
            fields.contains("/tmp/a") && !fields.contains("hunter2"),
            "{fields}"
        );
        let field = "kubectl_watch.kubeconfig_named.variable";
        for path in event.kubeconfig_named.variable.iter() {
            let value = named.value(field, path).expect("it is one of ours");
            assert!(!String::from_utf8_lossy(&value).contains("hunter2"));
        }
        assert_eq!(named.value(field, b"/tmp/a").as_deref(), Some(&b"/tmp/a"[..]));
        assert_eq!(named.value("process.name", b"x"), None);
    }
}
