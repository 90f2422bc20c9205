//! By which variables of the environment: as whom and whom kubectl asks, and which code it runs, may be theirs to say.

use super::Fact;
use crate::past::{PastAlert, between_marks};

pub(super) const VARIABLES: &str = "process.env_vars";

/// The list of kubeconfigs, of which the content is worth more.
pub(super) const KUBECONFIG: &str = "KUBECONFIG=";

/// All others that decide.
const DECIDING: [&str; 13] = [
    "KUBERC=",
    "HOME=",
    "KUBERNETES_MASTER=",
    "KUBERNETES_SERVICE_HOST=",
    "KUBERNETES_SERVICE_PORT=",
    "POD_NAMESPACE=",
    "HTTPS_PROXY=",
    "https_proxy=",
    "ALL_PROXY=",
    "all_proxy=",
    "LD_PRELOAD=",
    "LD_LIBRARY_PATH=",
    "LD_AUDIT=",
];

/// Adds the values of those that decide, and that the others are not there.
pub(super) fn add(alert: &PastAlert, facts: &mut Vec<Fact>) {
    if !are_known(alert) {
        return;
    }
    let is_there = |name: &&str| variables(alert, name).next().is_some();
    let (there, absent): (Vec<&str>, Vec<&str>) = DECIDING.into_iter().partition(is_there);
    let why = "with which variables that decide as whom, where and with which code it runs";
    let values = there.into_iter().flat_map(|name| variables(alert, name));
    // What is cut, or no text, or has a secret in it, has no way into a condition.
    let whole = values.filter(|value| !(has_mark(value) || value.ends_with('…') || value.contains(r"\x")));
    facts.extend(whole.map(|value| Fact::is_like(why, VARIABLES, value)));
    if !absent.is_empty() {
        let patterns: Vec<_> = absent.iter().map(|name| format!("\"{name}*\"")).collect();
        facts.push(Fact {
            why: "and without the others of that kind",
            field: VARIABLES,
            test: format!("not {VARIABLES} like ({})", patterns.join(", ")),
        });
    }
}

/// Whether the alert has all that there are.
pub(super) fn are_known(alert: &PastAlert) -> bool {
    !alert.texts("kubectl_watch.gaps").contains(&VARIABLES)
}

/// A variable, by `NAME=`, with the marks for its secrets.
pub(super) fn variable<'a>(alert: &'a PastAlert, name: &str) -> Option<&'a str> {
    variables(alert, name).next()
}

/// Whether a secret was in one that it would go by.
pub(super) fn is_redacted(alert: &PastAlert) -> bool {
    let names = DECIDING.into_iter().chain([KUBECONFIG]);
    names.flat_map(|name| variables(alert, name)).any(has_mark)
}

pub(super) fn has_mark(text: &str) -> bool {
    between_marks(text).len() > 1
}

/// All of one name: there may be two.
fn variables<'a>(alert: &'a PastAlert, name: &str) -> impl Iterator<Item = &'a str> {
    let variables = alert.document_texts(VARIABLES);
    variables.filter(move |variable| variable.starts_with(name))
}
