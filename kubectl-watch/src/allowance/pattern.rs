//! A text as a pattern in which `*` stands for what the next run of the same job has otherwise: secrets, which are no
//! part of an alert, and what looks made for one run, such as the end of a pod's name, a pid or a folder of `mktemp`.

use crate::past::between_marks;

/// What Kubernetes makes the ends of names of.
const OF_KUBERNETES: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The pattern; none where the text is itself what is meant. As nothing escapes wildcards, those of the text are `?`.
pub(super) fn pattern(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for (index, part) in between_marks(text).iter().enumerate() {
        if index > 0 {
            out.push('*');
        }
        generalise(part, &mut out);
    }
    (out.contains('*')).then_some(out)
}

/// Adds a text to a pattern.
fn generalise(text: &str, out: &mut String) {
    let (mut before, mut is_named, mut is_behind_made, mut is_in_time) = (None, false, false, false);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest
            .find(|char: char| !char.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        if end == 0 {
            out.push(if matches!(first, '*' | '?') { '?' } else { first });
            is_named = first == '-' && before.is_some_and(|char: char| char.is_ascii_alphanumeric());
            is_in_time &= matches!(first, ':' | '.');
            is_behind_made &= first == '-' || is_in_time;
            before = Some(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (word, more) = rest.split_at(end);
        is_in_time = is_time(word, is_behind_made) || (is_in_time && is_number(word.trim_end_matches('Z')));
        is_behind_made = is_in_time
            || is_made(word, before, is_named)
            || (is_behind_made && is_hex(word) && (word.len() >= 4 || is_number(word)));
        out.push_str(if is_behind_made { "*" } else { word });
        before = word.chars().next_back();
        rest = more;
    }
}

/// Whether a word looks made for one run: by what stands before it, and whether it ends a name with dashes.
fn is_made(word: &str, before: Option<char>, is_end_of_name: bool) -> bool {
    let has = |is: fn(&char) -> bool| word.chars().any(|char| is(&char));
    let has_digit = has(char::is_ascii_digit);
    let is_of_kubernetes = || word.chars().all(|char| OF_KUBERNETES.contains(char));
    // Behind a colon stands a port.
    (is_number(word) && word.len() >= 4 && before != Some(':'))
        || (is_hex(word) && word.len() >= 8 && has_digit && has(char::is_ascii_lowercase))
        || (is_end_of_name && is_of_kubernetes() && (word.len() == 5 || (word.len() >= 8 && has_digit)))
        || (word.len() >= 6 && has_digit && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase))
}

/// Whether a word is a day and a time of RFC 3339: `27T09` where the month is before it, or `20261127T094631Z`.
fn is_time(word: &str, is_behind_made: bool) -> bool {
    let parts = word.trim_end_matches('Z').split_once('T');
    parts.is_some_and(|(day, time)| {
        let is_day = is_number(day) && (day.len() == 8 || (is_behind_made && day.len() == 2));
        is_day && is_number(time) && time.len() >= 2
    })
}

fn is_number(word: &str) -> bool {
    word.chars().all(|char| char.is_ascii_digit())
}

fn is_hex(word: &str) -> bool {
    word.chars()
        .all(|char| char.is_ascii_digit() || ('a'..='f').contains(&char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_for_one_run_and_secrets_are_wildcards() {
        for (text, expected) in [
            (
                "kubectl get pods --as=deployer -n ci --server=https://10.0.0.1:6443",
                None,
            ),
            ("kubectl get secrets/db-password -o yaml --v=6", None),
            ("kubectl delete pod web-0 --grace-period=30", None),
            ("kubectl -n *", None),
            (
                "kubectl logs runner-7d9f8b6c5-x7k2p --tail=*",
                Some("kubectl logs runner-*-* --tail=?"),
            ),
            (
                "kubectl delete job build-48213 --as=ci",
                Some("kubectl delete job build-* --as=ci"),
            ),
            (
                "kubectl --kubeconfig=/tmp/tmp.Xa8Kd02LmQ/config get pods",
                Some("kubectl --kubeconfig=/tmp/tmp.*/config get pods"),
            ),
            (
                "kubectl annotate ns a run=6f9619ff-8b86-4d11-b42d-00c04fc964ff",
                Some("kubectl annotate ns a run=*-*-*-*-*"),
            ),
            (
                "kubectl --token <redacted:jwt sha256:01234567> get pods",
                Some("kubectl --token * get pods"),
            ),
            (
                "kubectl logs a --since-time=2026-11-27T09:46:31Z",
                Some("kubectl logs a --since-time=*-*-*:*:*"),
            ),
            (
                "--since-time=2026-11-27T09:46:31.123456Z -n ci-1795773203",
                Some("--since-time=*-*-*:*:*.* -n ci-*"),
            ),
            ("a-20261127T094631Z.tar", Some("a-*.tar")),
            ("cp runner-48213:8080/x .", Some("cp runner-*:8080/x .")),
            ("--server=https://h-48213:6443", Some("--server=https://h-*:6443")),
            ("backup-2026-11-27.tar", Some("backup-*-*-*.tar")),
        ] {
            assert_eq!(pattern(text).as_deref(), expected, "{text}");
        }
    }
}
