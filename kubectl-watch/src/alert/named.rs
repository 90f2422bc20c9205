//! Which kubeconfig a process is told to take: `kubectl_watch.kubeconfig_named`.

use serde::Serialize;

use super::text::Text;
use crate::event::{Args, NamedKubeconfig};
use crate::redact;

/// What it is called, as a gap.
const NAME: &str = "kubectl_watch.kubeconfig_named";
/// Paths that are shown of each kind; arguments and environment have all of them.
const MAX_PATHS: usize = 32;
/// Bytes of each.
const MAX_PATH: usize = 4096;

/// The paths, as rules compare them.
#[derive(Clone, Debug, Serialize)]
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

impl NamedFields {
    /// None where nothing is named, or nothing but a home by a process that is no kubectl.
    pub(super) fn of(named: &NamedKubeconfig, user: Option<&str>, is_kubectl: bool) -> Option<Self> {
        let has_paths = !named.flag.is_empty() || !named.variable.is_empty();
        let is_said = has_paths || is_kubectl && !named.home.is_empty();
        is_said.then(|| Self {
            flag: texts(&named.flag),
            variable: texts(&named.variable),
            home: (!named.home.is_empty()).then(|| shown(&named.home)),
            home_of_others: user
                .map(|user| named.home_of_others(user).take(MAX_PATHS).map(shown).collect())
                .unwrap_or_default(),
        })
    }

    /// The gap, where some are not shown.
    pub(super) fn gap(named: &NamedKubeconfig) -> Option<&'static str> {
        let is_long =
            |paths: &Args| paths.len() > MAX_PATHS || paths.iter().any(|path| path.len() > MAX_PATH);
        (is_long(&named.flag) || is_long(&named.variable)).then_some(NAME)
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

    #[test]
    fn much_is_cut_and_said_to_be() {
        let named = |count: usize, length: usize| NamedKubeconfig {
            variable: (0..count).map(|_| "x".repeat(length)).collect(),
            ..NamedKubeconfig::default()
        };
        for (count, length, gap) in [(32, 4096, None), (33, 1, Some(NAME)), (1, 4097, Some(NAME))] {
            let named = named(count, length);
            let fields = NamedFields::of(&named, None, false).expect("there is something");
            assert_eq!(fields.variable.len(), count.min(MAX_PATHS));
            assert_eq!(NamedFields::gap(&named), gap, "{count} of {length}");
        }
        let home = NamedKubeconfig {
            home: b"/root/.kube/config".to_vec(),
            ..NamedKubeconfig::default()
        };
        assert!(
            NamedFields::of(&home, None, false).is_none() && NamedFields::of(&home, None, true).is_some()
        );
    }
}
