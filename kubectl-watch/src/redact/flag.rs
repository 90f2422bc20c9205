//! The flags that can be between what `kubectl config set` sets and its value. What looks like another one there is no
//! flag: kubectl refuses it, and it may be the value.

/// Those with a value.
const WITH_VALUE: &[&[u8]] = &[
    b"as",
    b"as-group",
    b"as-uid",
    b"as-user-extra",
    b"cache-dir",
    b"certificate-authority",
    b"client-certificate",
    b"client-key",
    b"cluster",
    b"context",
    b"kubeconfig",
    b"kuberc",
    b"namespace",
    b"password",
    b"profile",
    b"profile-output",
    b"request-timeout",
    b"server",
    b"tls-server-name",
    b"token",
    b"user",
    b"username",
    b"vmodule",
];

/// Those that have one behind an equals sign at most.
const ALONE: &[&[u8]] = &[
    b"disable-compression",
    b"help",
    b"insecure-skip-tls-verify",
    b"match-server-version",
    b"set-raw-bytes",
    b"warnings-as-errors",
];

/// A flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    /// All of it is in its word.
    Whole,
    /// The next word is its value.
    BeforeValue,
    /// What follows is no flag any more.
    Last,
}

impl Flag {
    /// The flag that a word is.
    pub(super) fn of(word: &[u8]) -> Option<Self> {
        let long = match word {
            b"--" => return Some(Self::Last),
            b"-n" | b"-s" | b"-v" | b"--v" => return Some(Self::BeforeValue),
            [b'-', b'v', b'=', level @ ..] | [b'-', b'-', b'v', b'=', level @ ..]
                if level.iter().all(u8::is_ascii_digit) =>
            {
                return Some(Self::Whole);
            }
            [b'-', b'-', long @ ..] => long,
            _ => return None,
        };
        let end = long.iter().position(|&byte| byte == b'=');
        let name = &long[..end.unwrap_or(long.len())];
        let takes_value = WITH_VALUE.contains(&name);
        match end {
            None if takes_value => Some(Self::BeforeValue),
            _ if takes_value || ALONE.contains(&name) => Some(Self::Whole),
            _ => None,
        }
    }
}
