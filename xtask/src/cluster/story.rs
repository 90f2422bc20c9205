//! What was told of each act: by the alert, by its follow-up, and by the API server, and whether that is one story.

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::Value;
use std::fmt::{self, Display, Formatter};

/// The public rule.
const RULE: &str = "Potential Impersonation Attempt via Kubectl";
/// The account whose token is taken, and the pod it is taken from; the pod it is used from.
const ACCOUNT: &str = "system:serviceaccount:shop:deployer";
const OWNER: &str = "deployer";
const THIEF: [&str; 2] = ["shop", "web-0"];

/// One act.
pub(super) struct Act {
    pub(super) alert: Value,
    pub(super) follow_up: Value,
    /// The request that the API server logged of it.
    pub(super) request: Value,
    pub(super) runbook: String,
}

/// All of them.
pub(super) struct Story {
    pub(super) acts: Vec<Act>,
}

impl Act {
    /// The alert about the process that has this argument, and its follow-up, once both are there.
    pub(super) fn find(documents: &[Value], argument: &str) -> Option<Self> {
        let is_alert = |it: &&Value| {
            let args = it["process"]["args"].as_array();
            it["rule"]["name"] == RULE && args.is_some_and(|args| args.iter().any(|arg| arg == argument))
        };
        let alert = documents.iter().find(is_alert)?;
        let is_follow_up = |it: &&Value| {
            it["event"]["action"] == "followed-up"
                && it["kubectl_watch"]["alert"]["id"] == alert["event"]["id"]
        };
        Some(Self {
            follow_up: documents.iter().find(is_follow_up)?.clone(),
            alert: alert.clone(),
            request: Value::Null,
            runbook: String::new(),
        })
    }

    /// What joins the alert to the request: the fields of both, and the value that they have.
    pub(super) fn joins(&self) -> Vec<[String; 3]> {
        let mut joins = Vec::new();
        for (field, its) in [
            ("kubectl_watch.credential.token.sub", "user.username"),
            (
                "kubectl_watch.credential.token.pod.name",
                "user.extra.authentication.kubernetes.io/pod-name",
            ),
            (
                "kubectl_watch.credential.token.pod.uid",
                "user.extra.authentication.kubernetes.io/pod-uid",
            ),
            ("user.target.name", "impersonatedUser.username"),
        ] {
            let Some(value) = text(&self.alert, field) else {
                continue;
            };
            let other = match its.strip_prefix("user.extra.") {
                Some(key) => self.request["user"]["extra"][key][0].as_str(),
                None => text(&self.request, its),
            };
            if other == Some(value) {
                joins.push([field.into(), its.into(), value.into()]);
            }
        }
        joins
    }

    /// From the exec to the end of its process.
    fn span(&self) -> Result<(Timestamp, Timestamp)> {
        Ok((
            time(&self.alert, "@timestamp")?,
            time(&self.follow_up, "event.end")?,
        ))
    }

    /// Takes its request out of all of them.
    fn join(&mut self, requests: &[Value]) -> Result<()> {
        let (from, to) = self.span()?;
        let resource = text(&self.alert, "kubectl_watch.request.resource").context("it asks for nothing")?;
        let target = text(&self.alert, "user.target.name").filter(|name| *name != ACCOUNT);
        let is_it = |request: &&Value| {
            let at = time(request, "requestReceivedTimestamp");
            let of = text(request, "objectRef.resource").unwrap_or_default();
            at.is_ok_and(|at| from <= at && at <= to)
                && text(request, "user.username") == Some(ACCOUNT)
                && text(request, "impersonatedUser.username") == target
                && of.starts_with(resource)
        };
        let found: Vec<&Value> = requests.iter().filter(is_it).collect();
        ensure!(
            found.len() == 1,
            "the audit log has {} requests for {resource} by {ACCOUNT} from {from} to {to}",
            found.len()
        );
        self.request = found[0].clone();
        Ok(())
    }

    /// Whether all that can be known is told.
    fn check(&self) -> Result<()> {
        for (field, expected) in [
            ("orchestrator.namespace", THIEF[0]),
            ("orchestrator.resource.name", THIEF[1]),
            ("kubectl_watch.credential.token.sub", ACCOUNT),
            ("kubectl_watch.credential.token.pod.name", OWNER),
        ] {
            let told = text(&self.alert, field);
            ensure!(
                told == Some(expected),
                "the alert says {field} is {told:?}, and it is {expected}"
            );
        }
        ensure!(
            text(&self.alert, "container.id").is_some(),
            "the alert names no container"
        );
        let connections = self.follow_up["kubectl_watch"]["follow_up"]["connections"].as_array();
        let is_to_server = |it: &Value| it["is_api_server"] == true && it["outcome"] == "established";
        ensure!(
            connections.is_some_and(|connections| connections.iter().any(is_to_server)),
            "the follow-up knows of no connection to the API server"
        );
        ensure!(
            self.follow_up["process"]["exit_code"] == 0,
            "kubectl did not succeed, or nobody knows"
        );
        let expected = if self.request["impersonatedUser"].is_null() {
            3
        } else {
            4
        };
        let joins = self.joins();
        ensure!(
            joins.len() == expected,
            "of {expected} fields only these are alike: {joins:?}"
        );
        Ok(())
    }
}

impl Story {
    /// Joins what was told to what the API server logged. An error where it did not log an act once.
    pub(super) fn new(acts: Vec<Act>, requests: &[Value]) -> Result<Self> {
        let mut this = Self { acts };
        this.acts.iter_mut().try_for_each(|act| act.join(requests))?;
        Ok(this)
    }

    /// Whether it is told whole, and without the secret.
    pub(super) fn check(&self, token: &str, documents: &[Value]) -> Result<()> {
        self.acts.iter().try_for_each(Act::check)?;
        let told = documents.iter().map(Value::to_string).collect::<String>();
        // The head is the same in all tokens.
        for part in token.split('.').skip(1) {
            for start in (0..part.len() - 8).step_by(8) {
                let piece = &part[start..start + 8];
                ensure!(!told.contains(piece), "a part of the token is told: {piece}");
            }
        }
        Ok(())
    }

    /// Adds what is to be done about each, as somebody finds it out who has its documents.
    pub(super) fn with_runbook(mut self, of: impl Fn(&str) -> Result<String>) -> Result<Self> {
        for act in &mut self.acts {
            act.runbook = of(&act.alert.to_string())?;
        }
        Ok(self)
    }
}

/// A line for each act.
impl Display for Story {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for act in &self.acts {
            let name = |field| text(&act.alert, field).unwrap_or("nobody");
            let request = |field| text(&act.request, field).unwrap_or("-");
            writeln!(
                f,
                "pod {}/{} used the token of {} (pod {}): {} {}, answered with {}; {} fields join the alert to it",
                name("orchestrator.namespace"),
                name("orchestrator.resource.name"),
                name("kubectl_watch.credential.token.sub"),
                name("kubectl_watch.credential.token.pod.name"),
                request("verb"),
                request("objectRef.resource"),
                act.request["responseStatus"]["code"],
                act.joins().len(),
            )?;
        }
        write!(
            f,
            "alerts, follow-ups, audit log and runbooks tell one story of {} acts",
            self.acts.len()
        )
    }
}

/// A text by the names that lead to it.
pub(super) fn text<'d>(document: &'d Value, field: &str) -> Option<&'d str> {
    let found = field
        .split('.')
        .try_fold(document, |value, name| value.get(name))?;
    found.as_str()
}

fn time(document: &Value, field: &str) -> Result<Timestamp> {
    let found = text(document, field).with_context(|| format!("there is no {field}"))?;
    found
        .parse()
        .with_context(|| format!("{field} is no time: {found}"))
}
