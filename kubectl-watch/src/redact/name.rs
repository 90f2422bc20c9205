//! What a name says of the value beside it: `--docker-password`, `DB_TOKEN`, `X-Api-Key`, `users.bob.token`.
//!
//! A name is judged by how it ends, so that `--token-file`, which has a path, is not taken for `--token`.

use super::Kind;

/// What the value of a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A secret.
    Secret(Kind),
    /// A key, an equals sign and a secret.
    Pair(Kind),
    /// A key, an equals sign and the path of a file, whatever the key is called.
    File,
    /// A header that may begin with the name of a scheme.
    Header(Kind),
    /// A user, a colon and a password, if the program is curl.
    UserPassword,
    /// The address of a proxy, which may have a user and a password before its `@` without being a URL.
    Proxy,
}

/// Endings that say it whatever is before them, so that `accessToken` is found as well.
const ENDINGS: &[(&[u8], Kind)] = &[
    (b"token", Kind::Token),
    (b"password", Kind::Password),
    (b"passwd", Kind::Password),
    (b"passphrase", Kind::Password),
    (b"sshpass", Kind::Password),
    (b"storepass", Kind::Password),
    (b"keypass", Kind::Password),
    (b"rediscli-auth", Kind::Password),
    (b"secret", Kind::Secret),
    (b"secret-string", Kind::Secret),
    (b"apikey", Kind::Key),
    (b"api-key", Kind::Key),
    (b"access-key", Kind::Key),
    (b"accesskey", Kind::Key),
    (b"account-key", Kind::Key),
    (b"accountkey", Kind::Key),
    (b"auth-key", Kind::Key),
    (b"secret-key", Kind::Key),
    (b"secretkey", Kind::Key),
    (b"key-data", Kind::Key),
    (b"keydata", Kind::Key),
];

/// Endings that say it as a word of their own only: `PASS`, `DB_PWD`, but not `bypass`.
const WORDS: &[&[u8]] = &[b"pass", b"pwd", b"pw"];

/// Names whose value names a Kubernetes secret instead of being one, and the shell's working directory.
const HARMLESS: &[&[u8]] = &[b"pull-secret", b"pullsecret"];

/// As much of a name's end as is looked at.
const TAIL: usize = 32;

/// What the value of a name is; the name without leading dashes, in any case.
pub(super) fn meaning(name: &[u8]) -> Option<Meaning> {
    let mut buffer = [0; TAIL];
    let tail = &name[name.len().saturating_sub(TAIL)..];
    let lower = &mut buffer[..tail.len()];
    for (to, from) in lower.iter_mut().zip(tail) {
        *to = if *from == b'_' {
            b'-'
        } else {
            from.to_ascii_lowercase()
        };
    }
    let lower = &*lower;
    match lower {
        b"from-literal" => return Some(Meaning::Pair(Kind::Literal)),
        b"from-file" => return Some(Meaning::File),
        b"env" | b"e" | b"exec-env" => return Some(Meaning::Pair(Kind::Env)),
        b"auth-provider-arg" => return Some(Meaning::Pair(Kind::Secret)),
        b"u" | b"user" | b"proxy-user" => return Some(Meaning::UserPassword),
        b"bearer" | b"oauth2-bearer" => return Some(Meaning::Secret(Kind::Bearer)),
        _ => {}
    }
    if lower == b"proxy" || lower.ends_with(b"-proxy") {
        return Some(Meaning::Proxy);
    }
    if lower.ends_with(b"authorization") {
        return Some(Meaning::Header(Kind::Authorization));
    }
    if lower.ends_with(b"cookie") {
        return Some(Meaning::Header(Kind::Cookie));
    }
    if HARMLESS.iter().any(|ending| lower.ends_with(ending)) || lower == b"pwd" {
        return None;
    }
    let ending = ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending));
    if let Some(&(_, kind)) = ending {
        return Some(Meaning::Secret(kind));
    }
    WORDS
        .iter()
        .any(|word| {
            lower
                .strip_suffix(*word)
                .is_some_and(|before| matches!(before.last(), None | Some(b'-' | b'.')))
        })
        .then_some(Meaning::Secret(Kind::Password))
}

/// The kind of secret that follows an authentication scheme; none where the word is not one.
pub(super) fn scheme(word: &[u8]) -> Option<Kind> {
    const OTHERS: &[&[u8]] = &[
        b"basic",
        b"token",
        b"digest",
        b"negotiate",
        b"ntlm",
        b"apikey",
        b"aws4-hmac-sha256",
    ];
    if word.eq_ignore_ascii_case(b"bearer") {
        return Some(Kind::Bearer);
    }
    OTHERS
        .iter()
        .any(|other| word.eq_ignore_ascii_case(other))
        .then_some(Kind::Authorization)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_judged_by_its_end() {
        for (name, meaning) in [
            ("token", Some(Meaning::Secret(Kind::Token))),
            ("TOKEN", Some(Meaning::Secret(Kind::Token))),
            ("accessToken", Some(Meaning::Secret(Kind::Token))),
            ("docker-password", Some(Meaning::Secret(Kind::Password))),
            ("MYSQL_PWD", Some(Meaning::Secret(Kind::Password))),
            ("users.bob.client-key-data", Some(Meaning::Secret(Kind::Key))),
            ("AWS_SECRET_ACCESS_KEY", Some(Meaning::Secret(Kind::Key))),
            ("from-literal", Some(Meaning::Pair(Kind::Literal))),
            ("from-file", Some(Meaning::File)),
            ("oauth2-bearer", Some(Meaning::Secret(Kind::Bearer))),
            ("SSHPASS", Some(Meaning::Secret(Kind::Password))),
            ("HAuthorization", Some(Meaning::Header(Kind::Authorization))),
            ("HTTPS_PROXY", Some(Meaning::Proxy)),
            ("all_proxy", Some(Meaning::Proxy)),
            ("token-file", None),
            ("client-key", None),
            ("as", None),
            ("as-uid", None),
            ("username", None),
            ("image-pull-secret", None),
            ("PWD", None),
            ("OLDPWD", None),
            ("bypass", None),
            ("", None),
        ] {
            assert_eq!(super::meaning(name.as_bytes()), meaning, "{name}");
        }
    }
}
