//! What rules, exceptions and suppression can ask of an event: all that it says of itself, and what is known besides: as
//! whom kubectl acts and what it asks for, what was found out about it, which node this is, and which labels somebody
//! gave that node.
//!
//! All of it is the truth, secrets included; nothing here leaves. Pure.

mod evidence;
mod labels;
mod own;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::alert::{Credential, Target};
use crate::eql::{Event, Field, Knowledge, Schema, Value};
use crate::event::field::ProcessSchema;
use crate::event::{Gap, ProcessEvent};
use crate::kubectl::Request;

/// The number of the first field that an event does not have by itself; those are far below.
const OWN: u16 = 0x4000;
/// The number of the first label.
const LABELS: u16 = 0x8000;
/// What is known of a file only after all of it was read.
const HASH: &str = "process.hash.sha256";
/// How the fields begin that are labels.
const LABEL: &str = "labels.";

/// The node, as far as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// What Kubernetes calls it.
    pub name: String,
    /// What it calls itself.
    pub hostname: String,
    /// Its machine id.
    pub id: Option<String>,
    /// What it is for, as whoever runs the daemon says: `environment=development`.
    pub labels: BTreeMap<String, String>,
}

/// An event, seen with all that is known of it.
#[derive(Debug)]
pub struct Facts<'a> {
    event: &'a ProcessEvent,
    node: &'a Node,
    request: OnceCell<Option<Request>>,
    credential: OnceCell<Option<Credential>>,
    target: OnceCell<Option<Target>>,
}

/// The schema of [`Facts`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FactSchema;

impl<'a> Facts<'a> {
    /// What is known of an event on a node.
    pub fn of(event: &'a ProcessEvent, node: &'a Node) -> Self {
        Self {
            event,
            node,
            request: OnceCell::new(),
            credential: OnceCell::new(),
            target: OnceCell::new(),
        }
    }

    /// The event.
    pub fn event(&self) -> &ProcessEvent {
        self.event
    }

    /// What kubectl asks for, where this is kubectl; read once, and only if somebody asks.
    pub fn request(&self) -> Option<&Request> {
        let read = || Request::of_event(self.event, &self.event.process.args);
        self.request.get_or_init(read).as_ref()
    }

    /// As whom it acts, where that is known; found out once, and only if somebody asks. A kubeconfig that nobody has
    /// read may name another one than the credential does, so without it there is nobody, unless flags say who.
    fn target(&self) -> Option<&Target> {
        let find = || {
            let is_open = self.event.gaps.contains(&Gap::Kubeconfig);
            let flags_say = self.request().is_some_and(Request::impersonates);
            (!is_open || flags_say)
                .then(|| Target::new(self.request(), &self.event.circumstances, self.credential()))
                .flatten()
        };
        self.target.get_or_init(find).as_ref()
    }

    /// By which credential; found out once, and only if somebody asks.
    fn credential(&self) -> Option<&Credential> {
        let find = || Credential::of_event(self.event);
        self.credential.get_or_init(find).as_ref()
    }

    /// Whether all is known that will ever be known of a field: what takes long may still be found out.
    pub fn is_known(&self, field: Field) -> bool {
        let event = self.event;
        let name = FactSchema.name(field);
        if self.lacks(field, name) {
            return false;
        }
        if name == HASH {
            return event.file.is_none() || event.executable.content.sha256.is_some();
        }
        if FactSchema::is_of_content(field) {
            return !event.executable.is_open();
        }
        self.is_early(field) || own::gap(name).is_none_or(|gap| !event.gaps.contains(&gap))
    }

    /// Whether part of what a field is made of is not known: what is absent there may have been cut off, and a path from a
    /// folder that is not known may be any.
    fn lacks(&self, field: Field, name: &str) -> bool {
        let has = |gap| self.event.gaps.contains(&gap);
        let is_of_args = matches!(
            name,
            "process.args" | "process.args_count" | "process.command_line"
        ) || name.starts_with("kubectl_watch.request.");
        let is_of_files = matches!(own::gap(name), Some(Gap::Kubeconfig | Gap::Kuberc));
        let is_of_environment = || name == "process.env_vars" || is_of_files && !self.is_early(field);
        let named = &self.event.kubeconfig_named;
        let is_named = FactSchema::is_of_named_kubeconfig(field);
        (is_of_args && has(Gap::Args))
            || (has(Gap::Environment) && is_of_environment())
            || (is_named && (has(Gap::Args) || has(Gap::Environment) || named.is_relative()))
    }

    /// Whether rules need not wait for it: it is known before any file has been looked at for it. Nor do they wait for
    /// what is in the executable: they are asked once more when that is known.
    pub fn is_early(&self, field: Field) -> bool {
        let name = FactSchema.name(field);
        if name == HASH {
            return self.is_known(field);
        }
        let flags_say = |request: &Request| {
            (name.starts_with("user.target.") && request.impersonates())
                || (name.starts_with("kubectl_watch.credential.token.") && request.token.is_some())
        };
        match own::gap(name) {
            Some(Gap::Kubeconfig) => self.request().is_some_and(flags_say),
            Some(Gap::Pod) => self.event.place.pod_uid.is_none(),
            gap => gap.is_none(),
        }
    }
}

impl FactSchema {
    /// The names of all fields that an event can have, but for the labels.
    pub fn filled(self) -> impl Iterator<Item = &'static str> {
        ProcessSchema.filled().chain(own_names())
    }

    /// Whether no event can ever have this field, though others fill it.
    pub fn is_unfilled(self, field: Field) -> bool {
        field.0 < OWN && ProcessSchema.knowledge(field) == Knowledge::Never
    }

    /// What is missing of an event where this field is not known.
    pub fn gap(self, field: Field) -> Option<Gap> {
        own::gap(self.name(field))
    }

    /// Whether a field may be known only after a look at files.
    pub fn is_late(self, field: Field) -> bool {
        Self::is_of_content(field) || self.gap(field).is_some() || self.is_hash(field)
    }

    /// Whether it is known of a file only after all of it was read.
    pub fn is_hash(self, field: Field) -> bool {
        self.name(field) == HASH
    }

    /// Whether the executable has to be read for it.
    pub fn is_of_content(field: Field) -> bool {
        ProcessSchema::ANCHORING.open.contains(&field)
    }

    /// Whether it is seen from the folder that a process works in.
    pub fn is_of_named_kubeconfig(field: Field) -> bool {
        Self.name(field).starts_with("kubectl_watch.kubeconfig_named.")
    }

    /// Whether an event does not say a field by itself, or not at once.
    pub fn is_besides(self, field: Field) -> bool {
        field.0 >= OWN || self.is_hash(field)
    }

    /// Whether a field says something of the node alone, and so is the same for all that happens there.
    pub fn is_of_node(self, field: Field) -> bool {
        field.0 >= LABELS || self.name(field).starts_with("host.")
    }
}

/// The fields that an event does not have by itself, but for the labels.
fn own_names() -> impl Iterator<Item = &'static str> {
    own::NAMES.iter().chain(evidence::NAMES).copied()
}

impl Schema for FactSchema {
    fn field(&self, name: &str) -> Option<Field> {
        let of_rules = || ProcessSchema.field(name);
        if ProcessSchema.filled().any(|filled| filled == name) {
            return of_rules();
        }
        if let Some(label) = name.strip_prefix(LABEL) {
            return labels::number(label).map(|number| Field(LABELS + number));
        }
        let own = own_names().position(|known| known == name);
        match own.and_then(|number| u16::try_from(number).ok()) {
            Some(number) => Some(Field(OWN + number)),
            None => of_rules(),
        }
    }

    fn name(&self, field: Field) -> &'static str {
        match field.0 {
            number if number >= LABELS => labels::name(number - LABELS),
            number if number >= OWN => own_names().nth(usize::from(number - OWN)).unwrap_or("?"),
            _ => ProcessSchema.name(field),
        }
    }

    fn knowledge(&self, field: Field) -> Knowledge {
        if field.0 >= OWN {
            Knowledge::Varies
        } else {
            ProcessSchema.knowledge(field)
        }
    }

    fn repeats(&self, field: Field) -> bool {
        let name = self.name(field);
        name == "user.target.group.name"
            || evidence::repeats(name)
            || (field.0 < OWN && ProcessSchema.repeats(field))
    }

    fn is_long(&self, field: Field) -> bool {
        field.0 < OWN && ProcessSchema.is_long(field)
    }

    fn category(&self) -> &'static str {
        ProcessSchema.category()
    }
}

impl Event for Facts<'_> {
    fn any(&self, field: Field, visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        if field.0 < OWN {
            return self.event.any(field, visit);
        }
        let name = FactSchema.name(field);
        match name.strip_prefix(LABEL) {
            Some(label) => {
                let value = self.node.labels.get(label);
                value.is_some_and(|value| visit(Value::Str(value.as_bytes())))
            }
            None => own::any(self, name, visit),
        }
    }
}

#[cfg(test)]
mod tests;
