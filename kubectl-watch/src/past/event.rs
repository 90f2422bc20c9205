//! How a document answers for each field that its event had.

use serde_json::Value as Json;

use super::PastAlert;
use crate::alert::{gap_name, text::read};
use crate::eql::{Event, Field, Schema as _, Value};
use crate::event::Gap;
use crate::facts::FactSchema;

/// How a mark begins that stands for a secret.
const MARK: &str = "<redacted:";

/// Fields that no alert has, so that nobody can say what they were.
const NEVER_WRITTEN: &[&str] = &["process.parent.interactive", "process.parent.thread.id"];

/// Fields that have another name in a document, by how they begin.
const ELSEWHERE: &[(&str, &str)] = &[
    ("group.Ext.real.", "process.real_group."),
    ("process.parent.parent.", "kubectl_watch.ancestors.0."),
    ("process.previous.executable", "process.previous.0.executable"),
    ("process.previous.name", "kubectl_watch.previous.name"),
    ("process.vpid", "kubectl_watch.namespace.process_pid"),
    ("user.Ext.real.", "process.real_user."),
    ("user.effective.", "process.user."),
];

/// Whether a text has a mark in place of a secret.
pub(super) fn is_redacted(text: &str) -> bool {
    text.contains(MARK)
}

/// Whether documents have a field at all.
pub(super) fn is_written(field: Field) -> bool {
    !NEVER_WRITTEN.contains(&FactSchema.name(field))
}

/// What a document has under a name with dots. Of labels the name goes on as it is.
pub(super) fn at<'a>(document: &'a Json, name: &str) -> Option<&'a Json> {
    if let Some(found) = document.get(name) {
        return Some(found);
    }
    name.match_indices('.').find_map(|(dot, _)| {
        let (first, rest) = (&name[..dot], &name[dot + 1..]);
        let inner = match first.parse::<usize>() {
            Ok(index) => document.get(index),
            Err(_) => document.get(first),
        }?;
        at(inner, rest)
    })
}

impl PastAlert {
    /// Whether all that its event had of a field is in the document.
    pub fn is_known(&self, field: Field) -> bool {
        if !is_written(field) {
            return false;
        }
        let name = FactSchema.name(field);
        let mut is_whole = !self.is_cut(field);
        let mut has_value = false;
        for value in self.values(name) {
            has_value = true;
            is_whole &= !value.as_str().is_some_and(is_redacted);
        }
        // A program is hashed after its first alert.
        let may_be_left_out = self.is_too_long(field) || FactSchema.is_hash(field);
        is_whole && (has_value || !may_be_left_out && !self.is_gap(field))
    }

    /// Whether the end of a value was left out because it is long: of what kubectl asks for, and of the arguments of
    /// those above it.
    pub(super) fn is_cut(&self, field: Field) -> bool {
        let name = FactSchema.name(field);
        if name.ends_with("args") || name.ends_with("command_line") {
            return self.lacks_args(name);
        }
        if let Some(of) = name
            .rsplit_once('.')
            .map(|(of, _)| of)
            .filter(|of| *of == "kubectl_watch.kubeconfig_named")
        {
            return self.texts("kubectl_watch.gaps").contains(&of);
        }
        let ends = |value: &Json| value.as_str().is_some_and(|text| text.ends_with('…'));
        name.starts_with("kubectl_watch.request.") && self.values(name).any(ends)
    }

    /// Whether it is a command line that was left out because it is long: it is in the arguments alone.
    pub(super) fn is_too_long(&self, field: Field) -> bool {
        let of = FactSchema.name(field).strip_suffix(".command_line");
        of.is_some_and(|of| self.has(&format!("{of}.args")) && !self.has(&format!("{of}.command_line")))
    }

    /// Whether the alert says that it has not all arguments of one above, for a field that is made of them.
    fn lacks_args(&self, name: &str) -> bool {
        let Some((of, "args" | "args_count" | "command_line")) = name.rsplit_once('.') else {
            return false;
        };
        let gaps = self.texts("kubectl_watch.gaps");
        of != "process" && gaps.iter().any(|gap| gap.strip_suffix(".args") == Some(of))
    }

    /// Whether the alert says that this field could not be had.
    fn is_gap(&self, field: Field) -> bool {
        let name = FactSchema.name(field);
        // Whom a flag names is known whatever the kubeconfig says.
        let is_flags_word =
            name.starts_with("user.target.") && self.has("labels.kubectl_watch.impersonated_user");
        let of_field = FactSchema.gap(field).filter(|_| !is_flags_word).map(gap_name);
        self.texts("kubectl_watch.gaps").iter().any(|gap| {
            let is_within = name
                .strip_prefix(gap)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            // What these are made of may have been cut off.
            let is_made_of = match *gap {
                "process.args" => {
                    matches!(name, "process.args_count" | "process.command_line")
                        || name.starts_with("kubectl_watch.request.")
                        || name.starts_with("kubectl_watch.kubeconfig_named.")
                }
                "process.env_vars" => {
                    [Gap::Kubeconfig, Gap::Kuberc]
                        .map(|it| Some(gap_name(it)))
                        .contains(&of_field)
                        || name.starts_with("kubectl_watch.kubeconfig_named.")
                }
                _ => false,
            };
            is_within || is_made_of || of_field == Some(*gap)
        }) || self.lacks_args(name)
    }

    /// Each value of a field.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &Json> {
        let moved = ELSEWHERE.iter().find_map(|(from, to)| {
            let rest = name.strip_prefix(from)?;
            Some(format!("{to}{rest}"))
        });
        // Of an origin only the kernel is believed, as in `facts/own.rs`.
        let is_told =
            name.starts_with("source.") && self.text("kubectl_watch.source.known_by") != Some("socket");
        let found = at(&self.document, moved.as_deref().unwrap_or(name)).filter(|_| !is_told);
        // What a loader was told to run counts, too.
        let part = name.strip_prefix("kubectl_watch.executable.");
        let loaded = part
            .filter(|part| part.starts_with("tool"))
            .and_then(|part| at(&self.document, &format!("kubectl_watch.executable.loaded.{part}")));
        // A kubeconfig may be several files, and so may preferences.
        let files = name
            .split_once(".file.")
            .filter(|(of, _)| matches!(*of, "kubectl_watch.kubeconfig" | "kubectl_watch.kuberc"))
            .into_iter()
            .flat_map(|(of, part)| {
                let files = at(&self.document, &format!("{of}.file")).and_then(Json::as_array);
                files.into_iter().flatten().filter_map(move |file| file.get(part))
            });
        found
            .into_iter()
            .chain(loaded)
            .chain(files)
            .flat_map(|value| match value {
                Json::Array(list) => list.as_slice(),
                single => std::slice::from_ref(single),
            })
    }
}

impl Event for PastAlert {
    fn any(&self, field: Field, visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.values(FactSchema.name(field)).any(|value| match value {
            // What stood in place of a mark is not known: only what holds whatever it was holds.
            Json::String(text) if is_redacted(text) => {
                visit(Value::Str(&read(text))) && visit(Value::Str(&read(&between_marks(text).concat())))
            }
            Json::String(text) => visit(Value::Str(&read(text))),
            Json::Bool(value) => visit(Value::Bool(*value)),
            Json::Number(number) => match number.as_i64() {
                Some(number) => visit(Value::Int(number)),
                None => number.as_f64().is_some_and(|number| visit(Value::Float(number))),
            },
            _ => false,
        })
    }
}

/// What is left of a text between the marks that stand for secrets.
pub(crate) fn between_marks(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(MARK) {
        parts.push(&rest[..start]);
        rest = rest[start..].find('>').map_or("", |end| &rest[start + end + 1..]);
    }
    parts.push(rest);
    parts
}
