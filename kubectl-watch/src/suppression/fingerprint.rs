//! What makes two matches the same: the rule, the severity, the container, and the values of some fields, as one hash.

use sha2::{Digest as _, Sha256};

use super::change::is_change;
use super::settings::{CHANGE, variable};
use super::{Missing, Occurrence, Settings};
use crate::eql::Value;
use crate::rule::{Metadata, Severity};

/// A hash of all that has to be the same. Two that differ have no hash in common that anybody could find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// None where a field has no value and the rule wants no repeats told without.
    pub(super) fn of(
        rule: &Metadata,
        severity: Severity,
        settings: &Settings,
        occurrence: &dyn Occurrence,
    ) -> Option<Self> {
        let mut hash = Sha256::new();
        add(&mut hash, rule.id.as_bytes());
        add(&mut hash, severity.name().as_bytes());
        // One container hides no other, whatever the rule says.
        for place in [occurrence.container(), occurrence.pod()] {
            add(&mut hash, place.unwrap_or_default().as_bytes());
        }
        for &(field, name) in &settings.fields {
            add(&mut hash, name.as_bytes());
            let mut values = 0_u64;
            let variable = variable(name);
            // The program's own name is not what it is told to do.
            let mut is_left_out = name == CHANGE;
            let is_look = is_left_out && !is_change(occurrence);
            occurrence.any(field, &mut |value| {
                if variable.is_some_and(|name| !is_of_variable(value, name)) {
                    return false;
                }
                if is_look || std::mem::take(&mut is_left_out) {
                    return false;
                }
                values += 1;
                match value {
                    Value::Str(text) => add(&mut hash, text),
                    Value::Int(number) => add(&mut hash, &number.to_le_bytes()),
                    Value::Float(number) => add(&mut hash, &number.to_bits().to_le_bytes()),
                    Value::Bool(value) => add(&mut hash, &[u8::from(value)]),
                }
                false
            });
            hash.update(values.to_le_bytes());
            if values == 0 && settings.missing == Missing::DoNotSuppress {
                return None;
            }
        }
        Some(Self(hash.finalize().into()))
    }
}

/// Whether a value is `NAME=…`.
fn is_of_variable(value: Value<'_>, name: &str) -> bool {
    let Value::Str(text) = value else { return false };
    text.strip_prefix(name.as_bytes())
        .is_some_and(|rest| rest.starts_with(b"="))
}

/// Adds a value so that it cannot run into the next.
fn add(hash: &mut Sha256, value: &[u8]) {
    hash.update((value.len() as u64).to_le_bytes());
    hash.update(value);
}
