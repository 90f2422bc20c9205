//! The alert: a rule and the event that it found, as an ECS document without secrets.
//!
//! Pure: who makes one says when and under which id. Bytes that are no text are shown in a way that can be
//! undone; see [`text`](mod@text).

mod credential;
mod document;
mod envelope;
mod evidence;
mod excepted;
mod executable;
mod follow_up;
mod host;
mod json;
mod kuberc;
mod lineage;
mod named;
pub mod notice;
mod own;
mod place;
mod process;
mod request;
#[cfg(test)]
pub(crate) mod samples;
mod script;
mod summary;
mod surroundings;
#[cfg(test)]
mod tests;
pub mod text;
mod threat;
mod update;
mod wording;

use jiff::Timestamp;
use uuid::Uuid;

use crate::event::ProcessEvent;
use crate::response::Response;
use crate::rule::{Metadata, Severity};
use crate::surroundings::Surroundings;
pub(crate) use credential::{Credential, KubeconfigFields, ObjectFields, TokenFields, X509};
pub(crate) use document::Document;
pub use excepted::ExceptedBy;
pub(crate) use executable::{Executable, Parts};
pub use follow_up::{FollowUp, FollowUpParts};
pub use host::{Boot, Host, Os};
pub(crate) use kuberc::KubercFields;
pub use notice::{Notice, NoticeParts};
pub(crate) use own::{Own, ResponseFields, SourceOrigin};
pub(crate) use place::{Container, Orchestrator, SourceFields};
pub(crate) use process::Parent;
pub(crate) use request::{RequestFields, Target};
pub(crate) use script::ScriptFields;
pub use summary::{RepeatSummary, SummaryParts};
pub(crate) use text::Text;
pub use update::{News, Update, UpdateParts};
pub(crate) use wording::gap_name;

/// What an alert is made from.
#[derive(Clone, Copy, Debug)]
pub struct AlertParts<'a> {
    /// The rule that found it.
    pub rule: &'a Metadata,
    /// What it found.
    pub event: &'a ProcessEvent,
    /// Where.
    pub host: &'a Host,
    /// Why: the fields that the rule asked for, and the values that answered it, secrets and all.
    pub matched: &'a [(&'a str, &'a [u8])],
    /// What was before.
    pub surroundings: &'a Surroundings,
    /// What was done about it.
    pub response: Option<&'a Response>,
    /// Names the alert for ever.
    pub id: Uuid,
    /// When the alert was made, which is later than the event.
    pub created: Timestamp,
}

/// What goes to the sinks.
#[expect(clippy::large_enum_variant, reason = "it is always behind an `Arc`")]
#[derive(Clone, Debug)]
pub enum Message {
    /// What a rule found.
    Alert(Alert),
    /// What the sensor says of itself.
    Notice(Notice),
    /// What became known after an alert.
    Update(Update),
    /// How often an alert was repeated.
    Summary(RepeatSummary),
    /// What the process of an alert did next.
    FollowUp(FollowUp),
}

impl Message {
    /// The id.
    pub fn id(&self) -> &str {
        match self {
            Self::Alert(alert) => alert.id(),
            Self::Notice(notice) => notice.id(),
            Self::Update(update) => update.id(),
            Self::Summary(summary) => summary.id(),
            Self::FollowUp(follow_up) => follow_up.id(),
        }
    }

    /// Bytes of the arguments in it, roughly: what makes one larger than another.
    pub fn args_bytes(&self) -> usize {
        match self {
            Self::Alert(alert) => alert.args_bytes(),
            Self::Notice(_) | Self::Update(_) | Self::Summary(_) | Self::FollowUp(_) => 0,
        }
    }

    /// The ECS document as one line of JSON, ended by a newline. Characters that steer a terminal are escaped.
    #[must_use]
    pub fn to_json_line(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_json_line(&mut out);
        out
    }

    /// Adds the same to what is there: who writes many needs no new memory for each.
    pub fn write_json_line(&self, out: &mut Vec<u8>) {
        match self {
            Self::Alert(alert) => json::write(&alert.document, out),
            Self::Notice(notice) => json::write(&notice.document, out),
            Self::Update(update) => json::write(&update.document, out),
            Self::Summary(summary) => json::write(&summary.document, out),
            Self::FollowUp(follow_up) => json::write(&follow_up.document, out),
        }
    }
}

impl From<Alert> for Message {
    fn from(alert: Alert) -> Self {
        Self::Alert(alert)
    }
}

impl From<Update> for Message {
    fn from(update: Update) -> Self {
        Self::Update(update)
    }
}

impl From<RepeatSummary> for Message {
    fn from(summary: RepeatSummary) -> Self {
        Self::Summary(summary)
    }
}

impl From<FollowUp> for Message {
    fn from(follow_up: FollowUp) -> Self {
        Self::FollowUp(follow_up)
    }
}

impl From<Notice> for Message {
    fn from(notice: Notice) -> Self {
        Self::Notice(notice)
    }
}

/// One alert. No secret is in it, so whoever has it may show all of it.
#[derive(Clone, Debug)]
pub struct Alert {
    /// How bad it is.
    pub severity: Severity,
    /// The ECS document.
    pub(crate) document: Document,
    /// Which arguments of the process the rule looked for, by number, in order.
    pub(crate) matched_args: Vec<usize>,
    /// Bytes of the arguments and of the environment in it: what makes one alert larger than another.
    args_bytes: usize,
}

impl Alert {
    /// Makes an alert, and takes the secrets out.
    #[must_use]
    pub fn new(parts: &AlertParts<'_>) -> Self {
        let evidence = evidence::Evidence::new(parts.event, parts.matched);
        let matched_args = evidence.matched_args.clone();
        let variables = parts.event.environment.iter().map(<[u8]>::len);
        let args_bytes = evidence.redacted.bytes() + variables.sum::<usize>();
        Self {
            severity: parts.surroundings.severity(parts.rule),
            document: Document::new(parts, evidence),
            matched_args,
            args_bytes,
        }
    }

    /// The same as something that an exception let pass: no alert, but an event that says so.
    #[must_use]
    pub fn excepted(mut self, by: ExceptedBy) -> Self {
        self.document.except(by);
        self
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.document.event.id
    }

    /// Bytes of the arguments in it, roughly: what makes one alert larger than another.
    pub fn args_bytes(&self) -> usize {
        self.args_bytes
    }

    /// The name of the rule.
    pub fn rule_name(&self) -> &str {
        &self.document.rule.name
    }

    /// The ECS document as one line of JSON, ended by a newline. Characters that steer a terminal are escaped.
    #[must_use]
    pub fn to_json_line(&self) -> Vec<u8> {
        json::line(&self.document)
    }
}
