//! What the rule saw, without secrets: the arguments, and which values of which fields answered it.
//!
//! Whether a value is a secret can depend on the argument before it, so a matched value is looked up among the
//! arguments and shown as it is shown there.

use std::collections::HashMap;

use serde::Serialize;

use super::named::Named;
use super::text::{Text, excerpt};
use crate::event::{Args, ProcessEvent};
use crate::redact;

/// Bytes of a matched value that are repeated beside its field; the arguments have all of it.
const MAX_VALUE: usize = 1024;

/// Bytes of the arguments of each process above that an alert shows: all of them, as a rule. One long command line must
/// not make every alert below it long.
pub(super) const MAX_ABOVE: usize = 4096;

/// Processes above, by the fields that tell of them.
const ABOVE: [&str; 4] = [
    "process.parent.args",
    "process.entry_leader.args",
    "process.session_leader.args",
    "process.group_leader.args",
];

/// What may be shown of an event.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    /// All arguments and variables that are in it.
    pub(super) redacted: Redacted,
    /// Which kubeconfig they name.
    pub(super) named: Named<'a>,
    /// The fields of arguments that are not all there.
    pub(super) cut: Vec<&'static str>,
    /// Why the rule matched.
    pub(super) matched: Vec<Matched>,
    /// Which arguments of the process it matched.
    pub(super) matched_args: Vec<usize>,
}

/// The arguments of each process in an event, of those above the first ones; and the variables of the process itself.
#[derive(Debug)]
pub(super) struct Redacted {
    pub(super) process: Args,
    pub(super) parent: Args,
    pub(super) entry_leader: Args,
    pub(super) session_leader: Args,
    pub(super) group_leader: Args,
    pub(super) variables: Vec<Vec<u8>>,
}

/// A field that a rule asked for, and the value that answered it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Matched {
    pub(crate) field: String,
    pub(crate) value: Text,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(event: &'a ProcessEvent, matched: &[(&str, &[u8])]) -> Self {
        let process = redact::args(&event.process.args);
        let above = above(event);
        // What a rule found far behind is shown, too, and whether it is a secret depends on what is before it.
        let is_asked_for = matched.iter().any(|(field, _)| ABOVE.contains(field));
        let limit = if is_asked_for { usize::MAX } else { MAX_ABOVE };
        let redacted = each_once(above, |args| redact::first_args(args, limit));
        let all = [("process.args", &event.process.args, &process)].into_iter();
        let all = all.chain(
            ABOVE
                .into_iter()
                .zip(above)
                .zip(&redacted)
                .map(|((of, args), redacted)| (of, args, redacted)),
        );
        let lists: Vec<_> = all
            .map(|(of, args, redacted)| (of, redacted, Shown::new(of, matched, args, redacted)))
            .collect();
        let variables: Vec<_> = event.environment.iter().map(redact::text).collect();
        let named = Named::of(event, &process, &variables);
        let shown = |field: &str, value: &[u8]| {
            // It has a name of its own here, and no flag beside it.
            if field == "kubectl_watch.request.token" {
                return redact::token(value);
            }
            let found = field.rsplit_once('.').and_then(|(of, part)| {
                let is_of = |list: &str| list.strip_suffix(".args") == Some(of);
                let (_, redacted, shown) = lists.iter().find(|(list, ..)| is_of(list))?;
                match part {
                    "args" => Some(shown.value(value)),
                    "command_line" => Some(redacted.command_line().to_vec()),
                    _ => None,
                }
            });
            let found = found.or_else(|| named.value(field, value));
            found.unwrap_or_else(|| redact::text(value))
        };
        let matched = matched.iter().map(|&(field, value)| Matched {
            field: field.to_owned(),
            value: Text::cut(shown(field, value), MAX_VALUE),
        });
        let matched = matched.collect();
        let matched_args = lists
            .into_iter()
            .next()
            .map_or_else(Vec::new, |(.., own)| own.places);
        let shown = each_once(redacted.each_ref(), |args| excerpt(args, MAX_ABOVE));
        let cut = ABOVE.into_iter().zip(&shown).filter(|(_, args)| args.is_cut());
        let cut = cut.map(|(field, _)| field).collect();
        let [parent, entry_leader, session_leader, group_leader] = shown;
        Self {
            matched,
            matched_args,
            cut,
            named,
            redacted: Redacted {
                process,
                parent,
                entry_leader,
                session_leader,
                group_leader,
                variables,
            },
        }
    }
}

impl Redacted {
    /// The bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        Args::bytes_of(&[
            &self.process,
            &self.parent,
            &self.entry_leader,
            &self.session_leader,
            &self.group_leader,
        ])
    }
}

/// The arguments of those who are above, as [`ABOVE`] has them.
fn above(event: &ProcessEvent) -> [&Args; 4] {
    let lineage = &event.lineage;
    [
        &event.parent.args,
        &lineage.entry_leader.args,
        &lineage.session_leader.args,
        &lineage.group_leader.args,
    ]
}

/// What is made of each list, and shared by those that are alike: one process is often several of them.
fn each_once(lists: [&Args; 4], work: impl Fn(&Args) -> Args) -> [Args; 4] {
    let mut done: Vec<(&Args, Args)> = Vec::with_capacity(lists.len());
    lists.map(|list| {
        if let Some((_, result)) = done.iter().find(|(of, _)| *of == list) {
            return result.clone();
        }
        let result = work(list);
        done.push((list, result.clone()));
        result
    })
}

/// Matched values of one list of arguments, and how that list shows them.
struct Shown<'a> {
    values: HashMap<&'a [u8], Option<&'a [u8]>>,
    places: Vec<usize>,
}

impl<'a> Shown<'a> {
    /// Of the arguments of one process, by the field that holds them.
    fn new(of: &str, matched: &[(&str, &'a [u8])], args: &Args, redacted: &'a Args) -> Self {
        let mut values: HashMap<_, Option<&[u8]>> = matched
            .iter()
            .filter(|(name, _)| *name == of)
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
