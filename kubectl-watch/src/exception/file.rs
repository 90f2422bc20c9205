//! The text of a TOML file to exceptions.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::condition::{self, compile, is_field_name, remedy};
use super::{Exception, ExceptionError, expiry};
use crate::eql::Schema as _;
use crate::facts::FactSchema;
use crate::rule::Place;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    exception: Vec<Spanned<Section>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    name: Spanned<String>,
    reason: Spanned<String>,
    owner: Spanned<String>,
    expires: Spanned<Value>,
    #[serde(default)]
    rules: Option<Spanned<Vec<String>>>,
    condition: Option<Spanned<String>>,
    r#match: Option<Spanned<BTreeMap<Spanned<String>, Spanned<Value>>>>,
}

/// Reads all exceptions of a file.
pub(super) fn read(text: &str) -> Result<Vec<Exception>, ExceptionError> {
    let file: File = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        ExceptionError::at(text, offset, None, error.message().trim())
    })?;
    if file.exception.is_empty() {
        return Err(ExceptionError::at(text, 0, None, "it has no [[exception]]"));
    }
    file.exception
        .into_iter()
        .map(|section| exception(text, section))
        .collect()
}

fn exception(text: &str, section: Spanned<Section>) -> Result<Exception, ExceptionError> {
    let start = section.span().start;
    let section = section.into_inner();
    let name = section.name.get_ref().trim().to_owned();
    let at = |offset: usize, message: String| ExceptionError::at(text, offset, Some(&name), message);
    for (key, value) in [
        ("name", &section.name),
        ("reason", &section.reason),
        ("owner", &section.owner),
    ] {
        if value.get_ref().trim().is_empty() {
            return Err(at(value.span().start, format!("{key} is empty")));
        }
    }
    let expires = match section.expires.get_ref() {
        Value::Datetime(time) => time.to_string(),
        Value::String(time) => time.clone(),
        other => other.to_string(),
    };
    let expires = expiry::read(&expires).map_err(|message| at(section.expires.span().start, message))?;
    let rules = section
        .rules
        .map(|rules| (rules.span().start, rules.into_inner()));
    if let Some((offset, _)) = rules.as_ref().filter(|(_, rules)| rules.is_empty()) {
        let message = "rules is empty: name rules by their ids, or leave it out for all rules".to_owned();
        return Err(at(*offset, message));
    }
    let (offset, compiled) = match (section.condition, section.r#match) {
        (Some(written), None) => {
            let compiled = compile(written.get_ref())
                .map_err(|refusal| at(in_file(text, &written, refusal.offset), refusal.message))?;
            (in_file(text, &written, 0), compiled)
        }
        (None, Some(pairs)) => {
            let offset = pairs.span().start;
            let condition = plain(text, &name, pairs.into_inner())?;
            let compiled = compile(&condition).map_err(|refusal| at(offset, refusal.message))?;
            (offset, compiled)
        }
        (Some(condition), Some(_)) => {
            let message = "it has a condition and a match: write one of them".to_owned();
            return Err(at(condition.span().start, message));
        }
        (None, None) => {
            let message = "it has no condition, so it would silence everything: \
                           write `condition = '''…'''`, or fields and values below [exception.match]";
            return Err(at(start, message.to_owned()));
        }
    };
    let place = Place::new(text, offset);
    let doubts = compiled.doubts.into_iter();
    Ok(Exception {
        reason: section.reason.into_inner().trim().to_owned(),
        owner: section.owner.into_inner().trim().to_owned(),
        expires,
        rules: rules.map(|(_, rules)| rules).unwrap_or_default(),
        condition: compiled.query,
        doubts: doubts.map(|doubt| format!("{place}{doubt}")).collect(),
        name,
    })
}

/// The place in the file of a place in the condition, if the file has the condition letter by letter.
fn in_file(text: &str, written: &Spanned<String>, offset: usize) -> usize {
    let span = written.span();
    let value = text.get(span.clone()).unwrap_or_default();
    value
        .find(written.get_ref().as_str())
        .map_or(span.start, |start| span.start + start + offset)
}

/// Plain pairs of field and value, of which all must hold, as a condition.
fn plain(
    text: &str,
    name: &str,
    pairs: BTreeMap<Spanned<String>, Spanned<Value>>,
) -> Result<String, ExceptionError> {
    let mut tests = Vec::new();
    let mut rest: Vec<(usize, String, Value)> = pairs
        .into_iter()
        .map(|(field, value)| (field.span().start, field.into_inner(), value.into_inner()))
        .collect();
    rest.reverse();
    while let Some((offset, field, value)) = rest.pop() {
        let at = |offset: usize, message: String| ExceptionError::at(text, offset, Some(name), message);
        let values = match value {
            // `user.name = …` without quotes is a table to TOML.
            Value::Table(inner) => {
                rest.extend(
                    inner
                        .into_iter()
                        .map(|(key, value)| (offset, format!("{field}.{key}"), value)),
                );
                continue;
            }
            Value::Array(list) => list,
            single => vec![single],
        };
        if !is_field_name(&field) || FactSchema.field(&field).is_none() {
            let message = format!("there is no field `{field}`{}", remedy(&field));
            return Err(at(offset, message));
        }
        let refused = || {
            let message = format!("{field} needs a text, a number, true or false, or a list of those");
            at(offset, message)
        };
        let shown = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Integer(_) | Value::Boolean(_) => Some(value.to_string()),
            _ => None,
        };
        let values: Option<Vec<String>> = values.iter().map(shown).collect();
        let values = values.filter(|values| !values.is_empty()).ok_or_else(refused)?;
        let are_patterns = values.iter().any(|value| value.contains(['*', '?']));
        tests.push(condition::test(&field, &values, are_patterns));
    }
    if tests.is_empty() {
        let message = "its match is empty, so it would silence everything";
        return Err(ExceptionError::at(text, 0, Some(name), message));
    }
    Ok(tests.join(" and\n"))
}
