//! Records of the ring buffer, whole and damaged, in any order, and the way of their events to an alert.

use std::sync::LazyLock;

use kubectl_watch::ruleset::RuleSet;
use kubectl_watch::source::kernel::fuzzing;

use crate::argv;

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::load(&[], true).unwrap_or_default());

/// Decodes, puts together, judges, and writes an alert of what a rule finds.
///
/// # Panics
///
/// Where a promise is broken.
pub fn run(bytes: &[u8]) {
    for event in fuzzing::records(bytes) {
        let found: Vec<_> = RULES.matching(&event).collect();
        for rule in found {
            argv::show(rule, &event);
        }
    }
}
