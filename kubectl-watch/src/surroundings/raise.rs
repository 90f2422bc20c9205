//! When an alert is graver than its rule, as the rule says.

use jiff::SignedDuration;

use crate::rule::Severity;

/// A severity for an alert that comes after others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// Ids of rules, or tags that rules have.
    pub after: Vec<String>,
    /// How long after, at most.
    pub within: SignedDuration,
    /// The severity.
    pub to: Severity,
}

impl Raise {
    /// Whether it is meant by an alert of this rule.
    pub(super) fn is_after(&self, rule: &str, tags: &[String]) -> bool {
        self.after
            .iter()
            .any(|after| after == rule || tags.contains(after))
    }
}
