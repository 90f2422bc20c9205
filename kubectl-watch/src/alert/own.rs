//! What ECS has no name for: `kubectl_watch.*`.

use serde::Serialize;

use super::credential::{Credential, KubeconfigFields};
use super::document::Identity;
use super::evidence::Matched;
use super::excepted::ExceptedBy;
use super::executable::Executable;
use super::host::Host;
use super::kuberc::KubercFields;
use super::lineage::{Ancestor, PreviousName, ancestors};
use super::named::{Named, NamedFields};
use super::request::RequestFields;
use super::script::ScriptFields;
use super::surroundings::{RaisedFields, SurroundingFields};
use super::text::Text;
use super::wording::gap_name;
use crate::event::{ProcessEvent, Source};
use crate::kubectl::Request;
use crate::response::{Outcome, Response};
use crate::runbook::Step;
use crate::surroundings::Surroundings;

/// Our own fields.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Own {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exception: Option<ExceptedBy>,
    pub(crate) matched: Vec<Matched>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) surroundings: Vec<SurroundingFields>,
    /// How many more there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) surroundings_left_out: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raised: Option<RaisedFields>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    parent_left: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    traced: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<PreviousName>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ancestors: Vec<Ancestor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exec_path: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<RequestFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<Credential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kubeconfig: Option<KubeconfigFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kuberc: Option<KubercFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kubeconfig_named: Option<NamedFields>,
    /// The script that ran the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<ScriptFields>,
    /// Who says what `source` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<SourceOrigin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) executable: Option<Executable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) login_user: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_session: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroup_id: Option<u64>,
    namespace: Namespaces,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<ResponseFields>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) runbook: Vec<Step>,
}

/// Of the connection over which somebody came in.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SourceOrigin {
    pub(crate) known_by: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Namespaces {
    pid: u32,
    mnt: u32,
    process_pid: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl SourceOrigin {
    pub(super) fn of(source: &Source) -> Self {
        Self {
            known_by: source.by.name(),
        }
    }
}

/// What was done about the process.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ResponseFields {
    pub(crate) action: &'static str,
    pub(crate) outcome: &'static str,
    /// Why, or the error of Linux, where it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Nanoseconds since the exec.
    after: i64,
}

impl ResponseFields {
    fn new(response: &Response) -> Self {
        Self {
            action: response.action.name(),
            outcome: response.outcome.name(),
            reason: match response.outcome {
                Outcome::Protected(reason) => Some(reason.to_owned()),
                Outcome::Refused(error) => Some(format!("error {error}")),
                Outcome::Done | Outcome::DryRun | Outcome::Gone | Outcome::Limited => None,
            },
            after: i64::try_from(response.after.as_nanos()).unwrap_or(i64::MAX),
        }
    }
}

impl Own {
    pub(super) fn new(
        event: &ProcessEvent,
        host: &Host,
        matched: Vec<Matched>,
        login_user: Option<Identity>,
        request: Option<Request>,
        credential: Option<Credential>,
        response: Option<&Response>,
    ) -> Self {
        let circumstances = &event.circumstances;
        let place = &event.place;
        Self {
            exception: None,
            kubeconfig_named: None,
            request: request.map(RequestFields::new),
            credential,
            kubeconfig: circumstances.kubeconfig.as_deref().map(KubeconfigFields::of),
            kuberc: circumstances.kuberc.as_deref().map(KubercFields::of),
            script: circumstances.script.as_deref().map(ScriptFields::of),
            source: circumstances.source.as_ref().map(SourceOrigin::of),
            matched,
            surroundings: Vec::new(),
            surroundings_left_out: 0,
            raised: None,
            gaps: event.gaps.iter().map(|&gap| gap_name(gap)).collect(),
            parent_left: event.parent_left,
            traced: event.is_traced,
            previous: PreviousName::of(event),
            ancestors: ancestors(event, host),
            exec_path: Text::known(&event.process.filename),
            executable: Executable::of(event),
            login_user,
            audit_session: event.credentials.audit_session,
            cgroup_id: (place.cgroup_id != 0).then_some(place.cgroup_id),
            namespace: Namespaces {
                pid: place.pid_ns,
                mnt: place.mnt_ns,
                process_pid: place.ns_pid,
            },
            response: response.map(ResponseFields::new),
            runbook: Vec::new(),
        }
    }

    /// The same with what was before.
    pub(super) fn after(mut self, surroundings: &Surroundings) -> Self {
        self.surroundings = surroundings.named.iter().map(SurroundingFields::of).collect();
        self.surroundings_left_out = surroundings.more;
        self.raised = surroundings.raised.as_ref().map(RaisedFields::of);
        self
    }

    /// The same with the kubeconfig that it was told to take.
    pub(super) fn told(mut self, named: &Named<'_>) -> Self {
        self.kubeconfig_named = named.fields(self.request.is_some());
        self.gaps.extend(named.gap());
        self
    }

    /// The same with what of it was left out.
    pub(super) fn without(mut self, cut: Vec<&'static str>) -> Self {
        self.gaps.extend(cut);
        self
    }

    /// What could not be had, in words.
    pub(crate) fn gaps(&self) -> &[&'static str] {
        &self.gaps
    }
}
