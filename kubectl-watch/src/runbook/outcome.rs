//! Whether a command makes what it names, as far as its flags say so.

/// What comes of a command that makes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// What it names.
    #[default]
    Named,
    /// Nothing: it only shows what it would do (`--dry-run`).
    Nothing,
    /// That cannot be told from its arguments, or the name of it cannot (`--append-hash`).
    Unknown,
}

impl Outcome {
    /// Reads arguments, of which some may be missing: those with secrets, and the last ones unless they are `whole`.
    pub(super) fn of<'a>(command: Option<&str>, args: impl Iterator<Item = &'a [u8]>, whole: bool) -> Self {
        let verb = command.and_then(|it| it.split(' ').next()).unwrap_or_default();
        let (mut is_dry, mut is_hashed, mut is_doubtful) = (false, false, !whole);
        let (mut has_verb, mut previous) = (false, &b""[..]);
        for arg in args {
            // What stands behind it is no flag of kubectl's. Before the command it is one of `minikube kubectl --`.
            if has_verb && arg == b"--" {
                break;
            }
            has_verb |= arg == verb.as_bytes();
            match flag(arg) {
                Some((name, value)) if name == b"dry-run" => {
                    is_dry = !value.is_some_and(|value| value == b"none" || is_false(value));
                    // It may be the value of the one before.
                    is_doubtful |= flag(previous).is_some_and(|(_, value)| value.is_none());
                }
                Some((name, value)) if name == b"append-hash" => is_hashed = !value.is_some_and(is_false),
                _ => {}
            }
            previous = arg;
        }
        match (is_doubtful, is_dry, is_hashed) {
            (false, true, _) => Self::Nothing,
            (false, false, false) => Self::Named,
            _ => Self::Unknown,
        }
    }
}

/// A flag's name, and its value where it has one behind an equals sign. kubectl takes an underscore for a dash.
fn flag(arg: &[u8]) -> Option<(Vec<u8>, Option<&[u8]>)> {
    let flag = arg.strip_prefix(b"-")?;
    let flag = flag.strip_prefix(b"-").unwrap_or(flag);
    let end = flag.iter().position(|&byte| byte == b'=');
    let name = &flag[..end.unwrap_or(flag.len())];
    let name = name.iter().map(|&byte| if byte == b'_' { b'-' } else { byte });
    Some((name.collect(), end.map(|end| &flag[end + 1..])))
}

/// Whether Go reads it as a false one.
fn is_false(value: &[u8]) -> bool {
    matches!(value, b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_makes_nothing_and_a_hash_another_name() {
        for (line, outcome) in [
            ("create deployment web --image=x", Outcome::Named),
            ("create deployment web --dry-run=client -o yaml", Outcome::Nothing),
            ("create deployment web --dry-run=server", Outcome::Nothing),
            ("create deployment web --dry_run", Outcome::Nothing),
            ("create deployment web --dry-run=", Outcome::Nothing),
            ("create deployment web --dry-run false", Outcome::Nothing),
            ("--dry-run=client create deployment web", Outcome::Nothing),
            ("run web --dry-run", Outcome::Nothing),
            ("run web --dry-run=none", Outcome::Named),
            ("run web --dry-run=false", Outcome::Named),
            ("run web --dry-run=client --dry-run=none", Outcome::Named),
            ("run web --dry-run=none --dry-run=client", Outcome::Nothing),
            ("run web --image=x -- sh --dry-run", Outcome::Named),
            ("kubectl -- run web --dry-run", Outcome::Nothing),
            ("create ns web --field-manager --dry-run", Outcome::Unknown),
            ("create ns web --save-config --dry-run=client", Outcome::Unknown),
            ("create cm web --append-hash", Outcome::Unknown),
            ("create cm web --append-hash=false", Outcome::Named),
            ("create cm web --append-hash --dry-run=client", Outcome::Unknown),
            (
                "create cm web --append-hash=true --dry-run=client",
                Outcome::Nothing,
            ),
        ] {
            let command = if line.contains("run web") { "run" } else { "create" };
            let args = || line.split(' ').map(str::as_bytes);
            assert_eq!(Outcome::of(Some(command), args(), true), outcome, "{line}");
            assert_eq!(
                Outcome::of(Some(command), args(), false),
                Outcome::Unknown,
                "{line}"
            );
        }
    }
}
