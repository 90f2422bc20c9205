//! After other alerts.

use jiff::SignedDuration;

use super::Sample;
use crate::rule::Severity;
use crate::surroundings::{By, Raised, Surrounding, Surroundings};

/// After a kubeconfig was looked for in the same session, and more.
pub(crate) fn surrounded() -> Sample {
    let mut sample = Sample::new();
    let earlier = |alert: &str, name: &str, before, by| Surrounding {
        alert: alert.into(),
        rule: format!("rule of {alert}"),
        rule_name: name.into(),
        before: SignedDuration::from_millis(before),
        by,
    };
    sample.surroundings = Surroundings {
        named: vec![
            earlier("third", "Kubectl Under Another Name", 0, By::Exec),
            earlier("second", "Kubeconfig Looked For", 42_900, By::Session),
            earlier("first", "\u{1b}[2JRule", 3_599_000, By::Container),
            earlier("zeroth", "Node Credentials Looked For", 3_600_000, By::Login),
        ],
        more: 2,
        raised: Some(Raised {
            from: Severity::Low,
            to: Severity::Medium,
            by: "second".into(),
        }),
    };
    sample
}
