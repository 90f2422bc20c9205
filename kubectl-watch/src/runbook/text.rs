//! The runbook of one alert, for a person: what was seen, how to judge it, and what to do.

use std::fmt::{self, Display, Formatter};

use super::{Facts, Phase, Step};
use crate::past::{PastAlert, shown};
use crate::rule::Metadata;

/// The runbook, as text.
#[derive(Debug)]
pub struct Runbook<'a> {
    /// The alert.
    pub alert: &'a PastAlert,
    /// What its rule says, where that is at hand.
    pub rule: Option<&'a Metadata>,
}

/// What was seen, by field.
const SEEN: [(&str, &str); 9] = [
    ("ran", "process.command_line"),
    ("program", "process.executable"),
    ("tool", "kubectl_watch.executable.tool"),
    ("user", "user.name"),
    ("login user", "kubectl_watch.login_user.name"),
    ("parent", "process.parent.command_line"),
    ("acts as", "user.target.name"),
    ("credential", "kubectl_watch.credential.id"),
    ("from", "source.ip"),
];

impl Display for Runbook<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.alert.line())?;
        self.seen(f)?;
        if let Some(rule) = self.rule {
            section(f, "What it finds", Some(&rule.description))?;
            section(f, "How to look into it", rule.investigation.as_deref())?;
            section(f, "What else can match", Some(&rule.false_positives.join("\n")))?;
        }
        let steps = Step::of(&Facts::of_past(self.alert));
        for phase in Phase::ALL {
            let mut steps = steps.iter().filter(|step| step.phase == phase).peekable();
            if steps.peek().is_some() {
                writeln!(f, "\n{}", phase.title())?;
            }
            for step in steps {
                writeln!(f, "  # {}\n  {}", step.what, step.command)?;
            }
        }
        if let Some(rule) = self.rule {
            section(f, "What to do when it is real", rule.response.as_deref())?;
        }
        let id = shown(self.alert.id());
        writeln!(f, "\nIf it is harmless, and will be again")?;
        writeln!(
            f,
            "  kubectl-watch allow --from-alert {id} --alerts ALERTS > EXCEPTION.toml"
        )
    }
}

impl Runbook<'_> {
    fn seen(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let facts = Facts::of_past(self.alert);
        for (name, field) in SEEN {
            let list = self.alert.texts(field);
            let text = match self.alert.document_text(field) {
                Some(text) => text.to_owned(),
                None => list.join(", "),
            };
            if !text.is_empty() {
                writeln!(f, "  {name:<10} {}", shown(&text))?;
            }
        }
        let place = [
            facts.node.map(|node| format!("node {node}")),
            facts.pod.map(|(namespace, pod)| format!("pod {namespace}/{pod}")),
            facts.container.map(|id| format!("container {id}")),
            facts.pid.map(|pid| format!("process {pid}")),
        ];
        let place: Vec<String> = place.into_iter().flatten().collect();
        writeln!(f, "  {:<10} {}", "where", shown(&place.join(", ")))
    }
}

fn section(f: &mut Formatter<'_>, title: &str, text: Option<&str>) -> fmt::Result {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    text.lines().try_for_each(|line| writeln!(f, "  {line}"))
}
