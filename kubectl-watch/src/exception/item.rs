//! Exception items of Elastic, as Kibana exports them, to exceptions.
//!
//! What no item of Kibana has to have is taken from what it has: the list's name is the owner where nobody is named.
//! An end it must have, because an exception without one is never looked at again.

use serde::Deserialize;
use serde_json::Value;

use super::condition::{compile, is_field_name, quoted, remedy, test};
use super::{Exception, ExceptionError, expiry};
use crate::eql::Schema as _;
use crate::facts::FactSchema;

/// What a file of items gives.
#[derive(Debug, Default)]
pub struct Items {
    /// The exceptions.
    pub exceptions: Vec<Exception>,
    /// What else is in it and is no exception, in words.
    pub passed_over: Vec<String>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    list_id: Option<String>,
    #[serde(default)]
    created_by: Option<String>,
    #[serde(default)]
    expire_time: Option<String>,
    #[serde(default)]
    comments: Vec<Comment>,
    #[serde(default)]
    os_types: Vec<String>,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    comment: String,
}

#[derive(Deserialize)]
struct Entry {
    field: String,
    r#type: String,
    #[serde(default)]
    operator: Option<String>,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    entries: Vec<Entry>,
}

/// Reads one object, a list of objects, or one object a line.
pub(super) fn read(text: &str) -> Result<Items, ExceptionError> {
    let mut items = Items::default();
    match serde_json::from_str(text) {
        Ok(Value::Array(list)) => {
            for value in list {
                take(&mut items, value)
                    .map_err(|(name, why)| ExceptionError::at(text, 0, name.as_deref(), why))?;
            }
        }
        Ok(value) => {
            take(&mut items, value)
                .map_err(|(name, why)| ExceptionError::at(text, 0, name.as_deref(), why))?;
        }
        Err(error) if !text.trim_end().contains('\n') => {
            return Err(ExceptionError::at(
                text,
                0,
                None,
                format!("it is no JSON: {error}"),
            ));
        }
        Err(_) => {
            let mut offset = 0;
            for line in text.split_inclusive('\n') {
                if !line.trim().is_empty() {
                    let value = serde_json::from_str(line).map_err(|error| {
                        ExceptionError::at(text, offset, None, format!("this line is no JSON: {error}"))
                    })?;
                    take(&mut items, value)
                        .map_err(|(name, why)| ExceptionError::at(text, offset, name.as_deref(), why))?;
                }
                offset += line.len();
            }
        }
    }
    Ok(items)
}

/// Takes in one object of a file.
fn take(items: &mut Items, value: Value) -> Result<(), (Option<String>, String)> {
    let name = value["name"].as_str().map(str::to_owned);
    if value.get("exported_exception_list_item_count").is_some() {
        items.passed_over.push("the sum of an export".to_owned());
        return Ok(());
    }
    if value.get("entries").is_none() && value.get("list_id").is_some() {
        let name = name.unwrap_or_default();
        items
            .passed_over
            .push(format!("the list {name:?}, which has no entries of its own"));
        return Ok(());
    }
    let item: Item = serde_json::from_value(value)
        .map_err(|error| (name.clone(), format!("this is no exception item: {error}")))?;
    let exception = exception(item).map_err(|why| (name, why))?;
    items.exceptions.push(exception);
    Ok(())
}

fn exception(item: Item) -> Result<Exception, String> {
    if !item.os_types.is_empty() && !item.os_types.iter().any(|os| os == "linux") {
        return Err(format!(
            "it is for {}, and this sensor sees linux",
            item.os_types.join(", ")
        ));
    }
    let Some(expires) = &item.expire_time else {
        return Err(
            "it has no expire_time, and an exception without an end is never looked at again: \
                    set one in Kibana, or write \"expire_time\": \"2027-06-30T00:00:00Z\" here"
                .to_owned(),
        );
    };
    let expires = expiry::read(expires)?;
    let tests: Vec<String> = item
        .entries
        .iter()
        .map(|entry| entry_test(entry, ""))
        .collect::<Result<_, _>>()?;
    if tests.is_empty() {
        return Err("it has no entries, so it would silence everything".to_owned());
    }
    let compiled = compile(&tests.join(" and\n")).map_err(|refusal| refusal.message)?;
    let said = |text: &String| !text.trim().is_empty();
    let comment = item
        .comments
        .into_iter()
        .map(|comment| comment.comment)
        .find(said);
    let list = item.list_id.map(|list| format!("whoever keeps the list {list}"));
    Ok(Exception {
        reason: item
            .description
            .filter(said)
            .or(comment)
            .unwrap_or_else(|| item.name.clone()),
        owner: item
            .created_by
            .filter(said)
            .or(list)
            .unwrap_or_else(|| "nobody named".to_owned()),
        name: item.name,
        expires,
        rules: Vec::new(),
        condition: compiled.query,
        doubts: compiled.doubts,
    })
}

/// One entry as a test. `above` is the field that a nested one is in, with its dot.
fn entry_test(entry: &Entry, above: &str) -> Result<String, String> {
    let field = format!("{above}{}", entry.field);
    let positive = match (entry.r#type.as_str(), &entry.value) {
        ("nested", _) => {
            let within = format!("{field}.");
            let parts: Vec<String> = entry
                .entries
                .iter()
                .map(|inner| entry_test(inner, &within))
                .collect::<Result<_, _>>()?;
            if parts.is_empty() {
                return Err(format!("the nested entry {field} has no entries"));
            }
            format!("({})", parts.join(" and "))
        }
        _ if !is_field_name(&field) || FactSchema.field(&field).is_none() => {
            return Err(format!("there is no field `{field}`{}", remedy(&field)));
        }
        ("match", Some(Value::String(value))) => format!("{field} == {}", quoted(value)),
        ("match_any", Some(Value::Array(values))) if !values.is_empty() => {
            let values: Option<Vec<String>> = values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect();
            let values = values.ok_or_else(|| format!("the values of {field} are not all text"))?;
            test(&field, &values, false)
        }
        ("wildcard", Some(Value::String(value))) => test(&field, std::slice::from_ref(value), true),
        ("exists", _) => format!("{field} != null"),
        ("list", _) => {
            return Err(format!(
                "the entry {field} is of type list: its values are in Elasticsearch, out of reach here; \
                 write them out as match_any"
            ));
        }
        (kind @ ("match" | "match_any" | "wildcard"), _) => {
            return Err(format!("the entry {field} of type {kind} has no value that fits"));
        }
        (kind, _) => {
            return Err(format!(
                "the entry {field} is of type {kind}; known are match, match_any, wildcard, exists and nested"
            ));
        }
    };
    match entry.operator.as_deref() {
        None | Some("included") => Ok(positive),
        Some("excluded") => Ok(format!("not ({positive})")),
        Some(other) => Err(format!("the operator {other} is neither included nor excluded")),
    }
}
