//! Which commands of kubectl are more than a look: of those the arguments count as a whole, because what they do is in
//! files, selectors and flags.

use crate::eql::{Event, Schema as _, Value};
use crate::facts::FactSchema;

/// Commands that change nothing in a cluster, by their first word.
const LOOKS: &[&[u8]] = &[
    b"api-resources",
    b"api-versions",
    b"cluster-info",
    b"completion",
    b"describe",
    b"diff",
    b"events",
    b"explain",
    b"get",
    b"help",
    b"kustomize",
    b"logs",
    b"options",
    b"plugin",
    b"top",
    b"version",
    b"wait",
];

/// The same, of those whose second word tells.
const LOOKS_OF_TWO: &[&[u8]] = &[
    b"auth can-i",
    b"auth whoami",
    b"config current-context",
    b"config get-clusters",
    b"config get-contexts",
    b"config get-users",
    b"config view",
    b"rollout history",
    b"rollout status",
];

/// Flags that choose an identity and that no other field tells.
const FLAGS: &[&[u8]] = &[b"--as-user-extra", b"--kuberc"];

/// Whether all arguments count: what kubectl is told is no look, or with such a flag.
pub(super) fn is_change(occurrence: &(impl Event + ?Sized)) -> bool {
    let any = |field: &str, is: &dyn Fn(&[u8]) -> bool| {
        let field = FactSchema.field(field);
        field.is_some_and(|field| {
            occurrence.any(field, &mut |value| matches!(value, Value::Str(text) if is(text)))
        })
    };
    any("kubectl_watch.request.command", &|command| !is_look(command))
        || any("process.args", &|arg| {
            FLAGS.iter().any(|flag| arg.starts_with(flag))
        })
}

fn is_look(command: &[u8]) -> bool {
    let mut words = command.split(|&byte| byte == b' ');
    let first = words.next().unwrap_or_default();
    let two = words.next().map(|second| [first, b" ", second].concat());
    LOOKS.contains(&first) || two.is_some_and(|two| LOOKS_OF_TWO.contains(&&two[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_look_is_told_by_its_words() {
        for (command, expected) in [
            ("get", true),
            ("auth can-i", true),
            ("config view", true),
            ("auth reconcile", false),
            ("auth", false),
            ("config set-credentials", false),
            ("rollout restart", false),
            ("delete", false),
            ("exec", false),
            ("create clusterrolebinding", false),
            ("a-plugin", false),
        ] {
            assert_eq!(is_look(command.as_bytes()), expected, "{command}");
        }
    }
}
