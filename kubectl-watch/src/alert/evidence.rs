//! What the rule saw, without secrets: the arguments, and which values of which fields answered it.
//!
//! Whether a value is a secret can depend on the argument before it, so a matched value is looked up among the
//! arguments and shown as it is shown there.

use std::collections::HashMap;

use serde::Serialize;

use super::text::Text;
use crate::event::{Args, ProcessEvent};
use crate::redact;

/// Bytes of a matched value that are repeated beside its field; the arguments have all of it.
const MAX_VALUE: usize = 1024;

/// What may be shown of an event.
#[derive(Debug)]
pub(super) struct Evidence {
    /// The arguments of the process.
    pub(super) args: Args,
    /// The arguments of its parent.
    pub(super) parent_args: Args,
    /// Why the rule matched.
    pub(super) matched: Vec<Matched>,
    /// Which arguments of the process it matched.
    pub(super) matched_args: Vec<usize>,
}

/// A field that a rule asked for, and the value that answered it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Matched {
    pub(crate) field: String,
    pub(crate) value: Text,
}

impl Evidence {
    pub(super) fn new(event: &ProcessEvent, matched: &[(&str, &[u8])]) -> Self {
        let args = redact::args(&event.process.args);
        let parent_args = redact::args(&event.parent.args);
        let own = Shown::new("process.args", matched, &event.process.args, &args);
        let parent = Shown::new("process.parent.args", matched, &event.parent.args, &parent_args);
        let matched = matched
            .iter()
            .map(|&(field, value)| {
                let shown = match field {
                    "process.args" => own.value(value),
                    "process.parent.args" => parent.value(value),
                    "process.command_line" => args.command_line().to_vec(),
                    "process.parent.command_line" => parent_args.command_line().to_vec(),
                    _ => redact::text(value),
                };
                Matched {
                    field: field.to_owned(),
                    value: Text::cut(shown, MAX_VALUE),
                }
            })
            .collect();
        Self {
            matched,
            matched_args: own.places,
            args,
            parent_args,
        }
    }
}

/// Matched values of one list of arguments, and how that list shows them.
struct Shown<'a> {
    values: HashMap<&'a [u8], Option<&'a [u8]>>,
    places: Vec<usize>,
}

impl<'a> Shown<'a> {
    fn new(field: &str, matched: &[(&str, &'a [u8])], args: &Args, redacted: &'a Args) -> Self {
        let mut values: HashMap<_, Option<&[u8]>> = matched
            .iter()
            .filter(|(name, _)| *name == field)
            .map(|&(_, value)| (value, None))
            .collect();
        let mut places = Vec::new();
        if values.is_empty() {
            return Self { values, places };
        }
        for (place, (arg, shown)) in args.iter().zip(redacted.iter()).enumerate() {
            if let Some(value) = values.get_mut(arg) {
                places.push(place);
                // The same bytes may be a secret in one place only.
                if value.is_none() || shown != arg {
                    *value = Some(shown);
                }
            }
        }
        Self { values, places }
    }

    fn value(&self, value: &[u8]) -> Vec<u8> {
        match self.values.get(value) {
            Some(Some(shown)) => shown.to_vec(),
            _ => redact::text(value),
        }
    }
}
