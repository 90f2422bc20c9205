//! The text of a rule file to a rule.
//!
//! There is one layout, that of the public detection-rules repository. `format = 1` at the top says that a file
//! was written for this program: then an unknown key is an error, because it is misspelt.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Fault, Place, RuleError};
use super::{Metadata, Rule, Severity, Threat, raise, suppression};
use crate::eql::{EqlError, Query, Schema};

/// The newest format that this program reads.
const FORMAT: u32 = 1;

#[derive(Deserialize)]
struct File {
    format: Option<Spanned<u32>>,
    rule: Section,
}

#[derive(Deserialize)]
struct Section {
    rule_id: String,
    name: String,
    #[serde(default = "first_version")]
    version: u32,
    #[serde(default)]
    description: String,
    #[serde(default)]
    severity: Severity,
    risk_score: Option<Spanned<u8>>,
    #[serde(default = "eql")]
    r#type: String,
    #[serde(default = "eql")]
    language: String,
    query: Option<Spanned<String>>,
    #[serde(default)]
    author: Vec<String>,
    license: Option<String>,
    ruleset: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    false_positives: Vec<String>,
    note: Option<String>,
    investigation: Option<String>,
    response: Option<String>,
    #[serde(default)]
    threat: Vec<Threat>,
    alert_suppression: Option<suppression::Section>,
    #[serde(default)]
    raise: Vec<raise::Section>,
}

fn first_version() -> u32 {
    1
}

fn eql() -> String {
    "eql".to_owned()
}

/// The keys of our format; `[]` is each table of an array.
const KEYS: &[&str] = &[
    "format",
    "rule",
    "rule.alert_suppression",
    "rule.alert_suppression.duration",
    "rule.alert_suppression.duration.unit",
    "rule.alert_suppression.duration.value",
    "rule.alert_suppression.group_by",
    "rule.alert_suppression.missing_fields_strategy",
    "rule.author",
    "rule.description",
    "rule.false_positives",
    "rule.investigation",
    "rule.language",
    "rule.license",
    "rule.name",
    "rule.note",
    "rule.query",
    "rule.raise",
    "rule.raise[].after",
    "rule.raise[].to",
    "rule.raise[].within",
    "rule.references",
    "rule.response",
    "rule.risk_score",
    "rule.rule_id",
    "rule.ruleset",
    "rule.severity",
    "rule.tags",
    "rule.threat",
    "rule.threat[].framework",
    "rule.threat[].tactic",
    "rule.threat[].tactic.id",
    "rule.threat[].tactic.name",
    "rule.threat[].tactic.reference",
    "rule.threat[].technique",
    "rule.threat[].technique[].id",
    "rule.threat[].technique[].name",
    "rule.threat[].technique[].reference",
    "rule.threat[].technique[].subtechnique",
    "rule.threat[].technique[].subtechnique[].id",
    "rule.threat[].technique[].subtechnique[].name",
    "rule.threat[].technique[].subtechnique[].reference",
    "rule.type",
    "rule.version",
];

/// The keys that our format asks for, beside those that every rule has.
const REQUIRED: &[&str] = &["description", "risk_score", "severity"];

/// Reads a rule.
pub(super) fn read(text: &str, schema: &dyn Schema) -> Result<Rule, RuleError> {
    let table = DeTable::parse(text).map_err(|error| bare(wrong(text, &error)))?;
    let ours = table.get_ref().contains_key("format");
    let name = table
        .get_ref()
        .get("rule")
        .and_then(|rule| rule.get_ref().get("name"));
    let name = name.and_then(|name| name.get_ref().as_str()).map(str::to_owned);
    let error = |fault| RuleError {
        name: name.clone(),
        ours,
        fault,
    };
    if ours {
        check(text, table.get_ref()).map_err(error)?;
    }
    let file: File = toml::from_str(text).map_err(|wrong_toml| error(wrong(text, &wrong_toml)))?;
    if let Some(format) = file.format.filter(|format| *format.get_ref() != FORMAT) {
        let message = format!("this program reads format {FORMAT}");
        return Err(error(at(text, format.span().start, message)));
    }
    rule(text, file.rule, schema).map_err(error)
}

fn rule(text: &str, section: Section, schema: &dyn Schema) -> Result<Rule, Fault> {
    for kind in [&section.r#type, &section.language] {
        if kind != "eql" {
            return Err(Fault::Type(kind.clone()));
        }
    }
    let risk_score = match section.risk_score {
        Some(score) if *score.get_ref() > 100 => {
            return Err(at(
                text,
                score.span().start,
                "a risk score is at most 100".to_owned(),
            ));
        }
        score => score.map_or_else(|| section.severity.number(), Spanned::into_inner),
    };
    let Some(written) = section.query else {
        return Err(Fault::File {
            message: "it has no query".to_owned(),
            place: Place::default(),
        });
    };
    let query = Query::parse(written.get_ref(), schema).map_err(|error| in_file(text, &written, error))?;
    if let Some(reason) = query.impossible() {
        return Err(Fault::Impossible(reason));
    }
    let suppression = section
        .alert_suppression
        .map(suppression::Section::settings)
        .transpose()
        .map_err(|(offset, message)| at(text, offset, message))?;
    let raises = section.raise.into_iter();
    let raises: Result<_, _> = raises.map(|raise| raise.raise(section.severity)).collect();
    let raises = raises.map_err(|(offset, message)| at(text, offset, message))?;
    let metadata = Metadata {
        id: section.rule_id,
        name: section.name,
        version: section.version,
        description: section.description.trim().to_owned(),
        severity: section.severity,
        risk_score,
        author: section.author,
        license: section.license,
        ruleset: section.ruleset,
        tags: section.tags,
        references: section.references,
        false_positives: section.false_positives,
        investigation: section.investigation.or(section.note),
        response: section.response,
        threat: section.threat,
    };
    Ok(Rule {
        metadata,
        query,
        suppression,
        raises,
    })
}

/// The error with its place in the file, if the file has the query letter by letter.
fn in_file(text: &str, written: &Spanned<String>, error: EqlError) -> Fault {
    let span = written.span();
    let start = text
        .get(span.clone())
        .and_then(|value| value.find(written.get_ref().as_str()));
    let place = match start {
        Some(start) => Place::new(text, span.start + start + error.offset),
        None => Place {
            in_query: true,
            line: error.line,
            column: error.column,
            text: error.text.clone(),
        },
    };
    Fault::Query {
        error: Box::new(error),
        place,
    }
}

/// Whether each key is one of our format's, and none that it asks for is missing.
fn check(text: &str, table: &DeTable<'_>) -> Result<(), Fault> {
    let mut rest = vec![(String::new(), table)];
    while let Some((path, table)) = rest.pop() {
        for (key, value) in table {
            let key_path = if path.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{path}.{}", key.get_ref())
            };
            if !KEYS.contains(&key_path.as_str()) {
                return Err(at(
                    text,
                    key.span().start,
                    format!("there is no key {key_path} in format {FORMAT}"),
                ));
            }
            match value.get_ref() {
                DeValue::Table(inner) => rest.push((key_path, inner)),
                DeValue::Array(items) => {
                    let tables = items.iter().filter_map(|item| item.get_ref().as_table());
                    rest.extend(tables.map(|inner| (format!("{key_path}[]"), inner)));
                }
                _ => {}
            }
        }
    }
    if let Some(rule) = table.get("rule") {
        let missing = REQUIRED.iter().find(|&&key| rule.get_ref().get(key).is_none());
        if let Some(missing) = missing {
            return Err(at(text, rule.span().start, format!("rule.{missing} is missing")));
        }
    }
    Ok(())
}

fn at(text: &str, offset: usize, message: String) -> Fault {
    Fault::File {
        message,
        place: Place::new(text, offset),
    }
}

fn wrong(text: &str, error: &toml::de::Error) -> Fault {
    let message = error.message().trim().to_owned();
    let place = error
        .span()
        .map(|span| Place::new(text, span.start))
        .unwrap_or_default();
    Fault::File { message, place }
}

/// An error in a file of which nothing is known, and so not whether it is ours. It counts as ours: a file that is
/// no TOML at all is a mistake everywhere.
fn bare(fault: Fault) -> RuleError {
    RuleError {
        name: None,
        ours: true,
        fault,
    }
}

#[cfg(test)]
mod tests;
