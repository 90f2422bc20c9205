//! The names of what a document has, such as `process.parent.name`.

use std::collections::BTreeSet;

use serde_json::Value;

/// All fields of a document that have a value, those of what holds others included.
#[must_use]
pub fn of(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(document, "", &mut found);
    found
}

fn collect(value: &Value, name: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() {
                    field.clone()
                } else {
                    format!("{name}.{field}")
                };
                into.insert(name.clone());
                collect(value, &name, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, into)),
        _ => {}
    }
}

/// The fields that some have not and all have; of a whole that is gone only its own name.
pub fn gone<'a>(all: &'a BTreeSet<String>, some: &'a BTreeSet<String>) -> impl Iterator<Item = &'a str> {
    let is_gone = |name: &str| all.contains(name) && !some.contains(name);
    let is_top = move |name: &&str| name.rsplit_once('.').is_none_or(|(whole, _)| !is_gone(whole));
    all.difference(some).map(String::as_str).filter(is_top)
}
