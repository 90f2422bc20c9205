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
    /// All arguments that are in it.
    pub(super) redacted: Redacted,
    /// Why the rule matched.
    pub(super) matched: Vec<Matched>,
    /// Which arguments of the process it matched.
    pub(super) matched_args: Vec<usize>,
}

/// The arguments of each process in an event.
#[derive(Debug)]
pub(super) struct Redacted {
    pub(super) process: Args,
    pub(super) parent: Args,
    pub(super) entry_leader: Args,
    pub(super) session_leader: Args,
    pub(super) group_leader: Args,
}

/// A field that a rule asked for, and the value that answered it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Matched {
    pub(crate) field: String,
    pub(crate) value: Text,
}

impl Evidence {
    pub(super) fn new(event: &ProcessEvent, matched: &[(&str, &[u8])]) -> Self {
        let lineage = &event.lineage;
        let redacted = Redacted::of(event);
        let lists = [
            ("process", &event.process.args, &redacted.process),
            ("process.parent", &event.parent.args, &redacted.parent),
            (
                "process.entry_leader",
                &lineage.entry_leader.args,
                &redacted.entry_leader,
            ),
            (
                "process.session_leader",
                &lineage.session_leader.args,
                &redacted.session_leader,
            ),
            (
                "process.group_leader",
                &lineage.group_leader.args,
                &redacted.group_leader,
            ),
        ];
        let lists = lists.map(|(of, args, redacted)| (of, redacted, Shown::new(of, matched, args, redacted)));
        let shown = |field: &str, value: &[u8]| {
            // It has a name of its own here, and no flag beside it.
            if field == "kubectl_watch.request.token" {
                return redact::token(value);
            }
            let found = field.rsplit_once('.').and_then(|(of, part)| {
                let (_, redacted, shown) = lists.iter().find(|(list, ..)| *list == of)?;
                match part {
                    "args" => Some(shown.value(value)),
                    "command_line" => Some(redacted.command_line().to_vec()),
                    _ => None,
                }
            });
            found.unwrap_or_else(|| redact::text(value))
        };
        let matched = matched.iter().map(|&(field, value)| Matched {
            field: field.to_owned(),
            value: Text::cut(shown(field, value), MAX_VALUE),
        });
        let matched = matched.collect();
        let [(_, _, own), ..] = lists;
        Self {
            matched,
            matched_args: own.places,
            redacted,
        }
    }
}

impl Redacted {
    fn of(event: &ProcessEvent) -> Self {
        let lineage = &event.lineage;
        // One process is often several of them.
        let mut done: Vec<(&Args, Args)> = Vec::with_capacity(5);
        let [process, parent, entry_leader, session_leader, group_leader] = [
            &event.process.args,
            &event.parent.args,
            &lineage.entry_leader.args,
            &lineage.session_leader.args,
            &lineage.group_leader.args,
        ]
        .map(|args| {
            if let Some((_, redacted)) = done.iter().find(|(of, _)| *of == args) {
                return redacted.clone();
            }
            let redacted = redact::args(args);
            done.push((args, redacted.clone()));
            redacted
        });
        Self {
            process,
            parent,
            entry_leader,
            session_leader,
            group_leader,
        }
    }
}

/// Matched values of one list of arguments, and how that list shows them.
struct Shown<'a> {
    values: HashMap<&'a [u8], Option<&'a [u8]>>,
    places: Vec<usize>,
}

impl<'a> Shown<'a> {
    /// Of the arguments of one process, which is named by the field that holds them all.
    fn new(of: &str, matched: &[(&str, &'a [u8])], args: &Args, redacted: &'a Args) -> Self {
        let mut values: HashMap<_, Option<&[u8]>> = matched
            .iter()
            .filter(|(name, _)| name.strip_prefix(of) == Some(".args"))
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
