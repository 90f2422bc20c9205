//! The alerts before an alert, in a line.

use super::plain;
use crate::alert::Own;

/// How many there are, and the first of them; and what the rule's severity is, where they have raised it.
pub(super) fn with(own: &Own) -> Option<String> {
    let named: Vec<String> = own
        .surroundings
        .iter()
        .take(3)
        .map(|earlier| {
            let (name, before, by) = (plain(&earlier.rule.name), earlier.seconds_before, earlier.by);
            format!("{name} (-{before}s, same {by})")
        })
        .collect();
    let count = own.surroundings.len() + own.surroundings_left_out;
    let alerts = if count == 1 { "alert" } else { "alerts" };
    let others = if count > named.len() { ", …" } else { "" };
    let raised = own.raised.as_ref();
    let raised = raised.map_or(String::new(), |raised| format!("; by itself {}", raised.from));
    (count > 0).then(|| format!("{count} earlier {alerts}: {}{others}{raised}", named.join(", ")))
}
