//! As whom it acts and what it asks for. All of it is the choice of whoever runs the program, so it only narrows; but
//! without it an exception for a look at pods would let pass who deletes secrets.

use super::{Fact, each_text, is_absent, values};
use crate::eql::Schema as _;
use crate::facts::FactSchema;
use crate::past::PastAlert;

/// Facts about the identity that is taken, each with what it says, and what it says where it is absent.
const AS_WHOM: &[(&str, &str)] = &[
    ("user.target.name", "as whom it acts"),
    ("user.target.id", "as whom it acts"),
    ("user.target.group.name", "as whom it acts"),
];

/// What the command line asks for.
const REQUEST: &[&str] = &[
    "kubectl_watch.request.command",
    "kubectl_watch.request.resource",
    NAME,
    NAMESPACE,
    "kubectl_watch.request.all_namespaces",
];

/// By which identity and where, as far as the command line says that.
const BY: &[&str] = &[
    "kubectl_watch.request.context",
    "kubectl_watch.request.cluster",
    "kubectl_watch.request.user",
    "kubectl_watch.request.username",
    "kubectl_watch.request.server",
    "kubectl_watch.request.client_certificate",
];

const NAME: &str = "kubectl_watch.request.name";
const NAMESPACE: &str = "kubectl_watch.request.namespace";
const TOKEN: &str = "kubectl_watch.request.token";
const SUBJECT: &str = "kubectl_watch.credential.token.sub";
const KUBECONFIG: &str = "kubectl_watch.request.kubeconfig";
const COMMAND_LINE: &str = "process.command_line";

/// Bytes of a command line that go into a condition: a longer one is nothing to read.
const MAX_COMMAND_LINE: usize = 4096;

/// The fields of which a secret can be no part. Of a token and of the arguments the rest is.
pub(super) fn fields() -> impl Iterator<Item = &'static str> {
    let as_whom = AS_WHOM.iter().map(|&(field, _)| field);
    as_whom
        .chain(REQUEST.iter().chain(BY).copied())
        .chain([SUBJECT, KUBECONFIG])
}

/// Adds them.
pub(super) fn add(alert: &PastAlert, facts: &mut Vec<Fact>) {
    for &(field, why) in AS_WHOM {
        add_known(alert, field, why, facts);
    }
    for subject in values(alert, SUBJECT).unwrap_or_default() {
        let why = "by whose token, by its own word, which nobody has checked";
        facts.push(Fact::is(why, SUBJECT, &subject));
    }
    if alert.has("kubectl_watch.request") {
        for field in REQUEST {
            add_known(alert, field, "what it asks for", facts);
        }
        for field in BY {
            add_known(
                alert,
                field,
                "with which flags that choose an identity or a server",
                facts,
            );
        }
        add_token(alert, facts);
        // What is in it is known, or that there is none.
        let is_said = facts
            .iter()
            .any(|fact| fact.field.starts_with("kubectl_watch.kubeconfig."));
        if !is_said {
            add_known(alert, KUBECONFIG, "with which kubeconfig, by its path", facts);
        }
    }
    add_command_line(alert, facts);
}

/// Adds a field with its values, or that it has none.
fn add_known(alert: &PastAlert, field: &'static str, why: &'static str, facts: &mut Vec<Fact>) {
    let Some(values) = values(alert, field) else {
        return;
    };
    if values.is_empty() {
        facts.push(Fact::is_absent(why, field));
    }
    facts.extend(values.iter().map(|value| match field {
        "kubectl_watch.request.all_namespaces" => Fact {
            why,
            field,
            test: format!("{field} == {value}"),
        },
        NAME | NAMESPACE | KUBECONFIG | "kubectl_watch.request.client_certificate" => {
            Fact::is_like(why, field, value)
        }
        _ => Fact::is(why, field, value),
    }));
}

/// Adds whether there is a token on the command line; which one is no part of the alert.
fn add_token(alert: &PastAlert, facts: &mut Vec<Fact>) {
    if is_absent(alert, TOKEN) {
        facts.push(Fact::is_absent("with no token in its arguments", TOKEN));
    } else {
        facts.push(Fact {
            why: "with a token in its arguments",
            field: TOKEN,
            test: format!("{TOKEN} != null"),
        });
    }
}

/// Adds the arguments as a whole, because much of what a command does is in flags, files and words behind the first.
fn add_command_line(alert: &PastAlert, facts: &mut Vec<Fact>) {
    let Some(line) = command_line(alert) else { return };
    let mut fact = Fact::is_like("with which arguments", COMMAND_LINE, &line);
    if fact.test.contains(" like ") {
        fact.why = "with which arguments: `*` stands for secrets and for what looks made for one run";
    }
    // A wildcard must not take in more of them, nor one the place of two.
    if let Some(count) = alert.number("process.args_count") {
        fact.test = format!("process.args_count == {count} and {}", fact.test);
    }
    facts.push(fact);
}

/// The command line with marks for its secrets; none where it is not all there, or no text.
pub(in crate::allowance) fn command_line(alert: &PastAlert) -> Option<String> {
    let mut line = None;
    each_text(alert, FactSchema.field(COMMAND_LINE)?, &mut |text| {
        line.get_or_insert(text);
    });
    line.flatten()
        .filter(|line| line.len() <= MAX_COMMAND_LINE && !line.ends_with('…'))
}
