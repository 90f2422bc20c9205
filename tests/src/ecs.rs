//! What ECS says of the fields that documents have, and what of a document is not so.
//!
//! It is held against every document that any test reads. What ECS has no name for is under `kubectl_watch`, and may
//! be anything there that a field can be.

mod fields;

use std::net::IpAddr;

use serde_json::Value;

use fields::{CATEGORIES, FIELDS};

/// What the values of a field are.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Text.
    Keyword,
    /// Text of which ECS lists all that it can be.
    OneOf(&'static [&'static str]),
    /// The name of a capability, or its number.
    Capability,
    /// A time as RFC 3339 writes it.
    Date,
    /// An address.
    Ip,
    /// A whole number of 64 bits, with a sign.
    Long,
    /// A number.
    Float,
    /// True or false.
    Boolean,
    /// Always a list of these, even of one.
    List(&'static Kind),
    /// One of these, or a list where there are several, which every field of Elasticsearch can be.
    Many(&'static Kind),
    /// A list of objects whose fields have names of their own.
    Objects,
}

/// What every document has.
const ALWAYS: &[&str] = &[
    "@timestamp",
    "ecs.version",
    "event.action",
    "event.category",
    "event.created",
    "event.id",
    "event.kind",
    "event.type",
    "host.name",
    "message",
];

/// What Elastic's rule for external alerts makes an alert of.
const OF_ALERTS: &[&str] = &[
    "event.reason",
    "event.risk_score",
    "event.severity",
    "rule.id",
    "rule.name",
];

/// What is wrong with a document, each with the name of the field.
pub fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    walk("", document, &mut faults);
    let is_alert = document["event"]["kind"] == "alert";
    let needed = ALWAYS.iter().chain(OF_ALERTS.iter().filter(|_| is_alert));
    for name in needed {
        let at = format!("/{}", name.replace('.', "/"));
        if document.pointer(&at).is_none() {
            faults.push(format!("{name} is missing"));
        }
    }
    let severity = document["event"]["severity"].as_u64();
    if severity.is_some_and(|severity| ![21, 47, 73, 99].contains(&severity)) {
        faults.push("event.severity is none of those that Kibana has a name for".to_owned());
    }
    if document["event"]["dataset"] != document["data_stream"]["dataset"] {
        faults.push("event.dataset is not data_stream.dataset".to_owned());
    }
    faults.extend(misclassified(&document["event"]));
    faults
}

/// What is at this name and below.
fn walk(name: &str, value: &Value, faults: &mut Vec<String>) {
    match (name, value) {
        ("kubectl_watch", _) => return no_null(name, value, faults),
        ("labels", Value::Object(labels)) => {
            let odd = labels.iter().filter(|(_, value)| !value.is_string());
            return faults.extend(odd.map(|(key, _)| format!("labels.{key} is no text")));
        }
        _ => {}
    }
    let found = FIELDS.binary_search_by_key(&name, |(name, _)| *name);
    match (found.map(|place| FIELDS[place].1), value) {
        (Ok(Kind::Objects), Value::Array(objects)) if objects.iter().all(Value::is_object) => {
            for object in objects {
                inside(name, object, faults);
            }
        }
        (Ok(kind), _) if kind.holds(value) => {}
        (Ok(kind), _) => faults.push(format!("{name} is {value}, and not {kind:?}")),
        (Err(_), Value::Object(_)) => inside(name, value, faults),
        (Err(_), _) => faults.push(format!("{name} is no field of ECS that documents have")),
    }
}

fn inside(name: &str, object: &Value, faults: &mut Vec<String>) {
    for (key, value) in object.as_object().into_iter().flatten() {
        let name = if name.is_empty() {
            key.clone()
        } else {
            format!("{name}.{key}")
        };
        walk(&name, value, faults);
    }
}

/// What is not known is left out, and never null.
fn no_null(name: &str, value: &Value, faults: &mut Vec<String>) {
    match value {
        Value::Null => faults.push(format!("{name} is null")),
        Value::Array(values) => values.iter().for_each(|value| no_null(name, value, faults)),
        Value::Object(values) => {
            let each = values.iter();
            each.for_each(|(key, value)| no_null(&format!("{name}.{key}"), value, faults));
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Categories that ECS has not, and types that it expects of none of them.
fn misclassified(event: &Value) -> Vec<String> {
    let texts = |name: &str| {
        let values = event[name].as_array().map_or(&[][..], Vec::as_slice);
        values.iter().filter_map(Value::as_str).collect::<Vec<_>>()
    };
    let categories = texts("category");
    let known = |category: &&str| CATEGORIES.iter().find(|(name, _)| name == category);
    let unknown = categories.iter().filter(|category| known(category).is_none());
    let is_expected = |kind: &&str| {
        categories
            .iter()
            .filter_map(known)
            .any(|(_, kinds)| kinds.contains(kind))
    };
    let kinds = texts("type");
    let unexpected = kinds.iter().filter(|kind| !is_expected(kind));
    unknown
        .map(|it| format!("event.category is {it}"))
        .chain(unexpected.map(|it| format!("event.type is {it}")))
        .collect()
}

impl Kind {
    fn holds(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Keyword => text.is_some(),
            Self::OneOf(values) => text.is_some_and(|text| values.contains(&text)),
            Self::Capability => text.is_some_and(is_capability),
            Self::Date => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            Self::Ip => text.is_some_and(|text| text.parse::<IpAddr>().is_ok()),
            Self::Long => value.is_i64(),
            Self::Float => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List(kind) => value
                .as_array()
                .is_some_and(|values| values.iter().all(|value| kind.holds(value))),
            Self::Many(kind) => kind.holds(value) || Self::List(kind).holds(value),
            Self::Objects => false,
        }
    }
}

fn is_capability(text: &str) -> bool {
    match text.strip_prefix("CAP_") {
        Some(name) => !name.is_empty() && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase()),
        None => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
    }
}
