//! Commands with a secret in them, as somebody could write them: every place that is covered, among other flags, in
//! any quotes, in shells within shells.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::shell::{self, Quotes, Wrap};
use crate::event::Args;

/// Bytes that a secret can have, by where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bytes {
    /// Any that can be seen, and spaces.
    Any,
    /// Those of a password in an address.
    Address,
    /// Those of a token in a header.
    Header,
    /// Those that are themselves in a string of JSON.
    Json,
    /// Those of a JSON web token.
    Jwt,
}

/// Where a secret can be: words, with `{}` in its place and `…` where other flags can be.
type Place = (&'static [&'static str], Bytes);

const PLACES: &[Place] = &[
    (
        &["kubectl", "…", "--token", "{}", "get", "…", "pods", "--as=x"],
        Bytes::Any,
    ),
    (&["kubectl", "…", "--token={}", "get", "…", "pods"], Bytes::Any),
    (&["kubectl", "get", "pods", "…", "--token={}"], Bytes::Any),
    (
        &["kubectl", "--password={}", "--username", "bob", "get"],
        Bytes::Any,
    ),
    (
        &["kubectl", "--username=bob", "--password", "{}", "get", "…"],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "create",
            "secret",
            "docker-registry",
            "…",
            "r",
            "--docker-password={}",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "create",
            "secret",
            "docker-registry",
            "r",
            "--docker-password",
            "{}",
            "…",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "create",
            "secret",
            "generic",
            "x",
            "…",
            "--from-literal=k={}",
            "…",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "create",
            "secret",
            "generic",
            "x",
            "--from-literal",
            "k={}",
            "…",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "create",
            "secret",
            "generic",
            "x",
            "--from-literal=a=b",
            "--from-literal=k={}",
        ],
        Bytes::Any,
    ),
    (
        &["kubectl", "run", "x", "…", "--env", "A={}", "--image=i"],
        Bytes::Any,
    ),
    (
        &["kubectl", "run", "x", "--env=A={}", "…", "--image", "i"],
        Bytes::Any,
    ),
    (
        &["kubectl", "set", "env", "deploy/x", "…", "-e", "A={}"],
        Bytes::Any,
    ),
    (&["kubectl", "set", "env", "deploy/x", "-eA={}", "…"], Bytes::Any),
    (
        &["kubectl", "config", "set-credentials", "bob", "…", "--token={}"],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "…",
            "bob",
            "--token",
            "{}",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "…",
            "--password",
            "{}",
            "…",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--auth-provider-arg=client-secret={}",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--auth-provider-arg",
            "id-token={}",
            "…",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--exec-env=A={}",
            "…",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--exec-arg=--token={}",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--exec-arg=--token",
            "--exec-arg={}",
        ],
        Bytes::Any,
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--exec-arg",
            "--token",
            "--exec-arg",
            "{}",
        ],
        Bytes::Any,
    ),
    (
        &["kubectl", "config", "set", "…", "users.bob.token", "…", "{}"],
        Bytes::Any,
    ),
    (
        &["kubectl", "…", "config", "set", "users.a@b.password", "{}", "…"],
        Bytes::Any,
    ),
    (
        &["kubectl", "config", "…", "set", "users.bob.token", "--", "{}"],
        Bytes::Any,
    ),
    (
        &["kubectl", "exec", "x", "…", "--", "tool", "--api-key", "{}"],
        Bytes::Any,
    ),
    (
        &["kubectl", "exec", "x", "--", "tool", "…", "--secret-key={}"],
        Bytes::Any,
    ),
    (&["env", "DB_PASSWORD={}", "kubectl", "get", "…"], Bytes::Any),
    (&["curl", "-sku", "bob:{}", "https://host"], Bytes::Any),
    (&["curl", "-s", "--user", "bob:{}", "https://host"], Bytes::Any),
    (&["curl", "--user=bob:{}", "https://host"], Bytes::Any),
    (
        &["kubectl", "…", "-s", "https://bob:{}@host/x", "get"],
        Bytes::Address,
    ),
    (
        &["kubectl", "…", "--server=https://bob:{}@host", "get"],
        Bytes::Address,
    ),
    (&["git", "clone", "https://bob:{}@host/x.git"], Bytes::Address),
    (
        &["env", "HTTPS_PROXY=bob:{}@proxy:3128", "kubectl", "…"],
        Bytes::Address,
    ),
    (
        &["curl", "-H", "Authorization: Bearer {}", "https://host"],
        Bytes::Header,
    ),
    (
        &["curl", "-HAuthorization: Bearer {}", "https://host"],
        Bytes::Header,
    ),
    (
        &["curl", "--header=Authorization: Basic {}", "https://host"],
        Bytes::Header,
    ),
    (
        &["curl", "-H", "X-Vault-Token: {}", "https://host"],
        Bytes::Header,
    ),
    (
        &["curl", "-H", "Cookie: a={}; b=c", "https://host"],
        Bytes::Header,
    ),
    (
        &[
            "kubectl",
            "patch",
            "secret",
            "x",
            "…",
            "-p",
            "{\"data\":{\"token\":\"{}\"}}",
        ],
        Bytes::Json,
    ),
    (
        &[
            "curl",
            "-d",
            "{\"user\": \"bob\", \"password\": \"{}\"}",
            "https://host",
        ],
        Bytes::Json,
    ),
    (&["tool", "a/{}/b", "x"], Bytes::Jwt),
    (&["kubectl", "…", "get", "{}"], Bytes::Jwt),
];

/// Flags without a secret.
const FLAGS: &[&[&str]] = &[
    &["-n", "prod"],
    &["-nprod"],
    &["--namespace=prod"],
    &["--kubeconfig", "/x"],
    &["--kubeconfig=/x"],
    &["--context", "c"],
    &["-v=6"],
    &["-v", "6"],
    &["--insecure-skip-tls-verify"],
    &["--as=x"],
    &["--request-timeout", "5s"],
];

/// A command with a secret in it.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    words: &'static [&'static str],
    flags: Vec<&'static [&'static str]>,
    value: Option<shell::Value>,
    wraps: Vec<Wrap>,
    quotes: Vec<Quotes>,
    pub(crate) secret: String,
}

impl Command {
    /// The arguments, with this in place of the secret.
    pub(crate) fn args(&self, secret: &str) -> Args {
        let mut flags = self.flags.iter();
        let mut quotes = self.quotes.iter().copied().cycle();
        let mut words = Vec::new();
        for word in self.words {
            match (*word, self.value) {
                ("…", _) => words.extend(
                    flags
                        .next()
                        .into_iter()
                        .copied()
                        .flatten()
                        .map(|flag| shell::Word::of(flag)),
                ),
                (word, Some(value)) if word.contains("{}") => {
                    words.push(value.word(word, secret, &mut quotes))
                }
                (word, _) => words.push(shell::Word::of(&word.replace("{}", secret))),
            }
        }
        let words = self
            .wraps
            .iter()
            .fold(words, |words, wrap| wrap.around(words, &mut quotes));
        words.into_iter().map(shell::Word::argument).collect()
    }
}

fn secret(bytes: Bytes) -> BoxedStrategy<String> {
    match bytes {
        Bytes::Any => prop_oneof![
            "[A-Za-z0-9+/]{12,40}={0,2}",
            "[A-Za-z0-9]{8}",
            "[!-~]{8}",
            "[!-~]{9,24}",
            "[ -~]{9,24}",
            "--?[a-z]x[a-z]{1,3}[a-z=-]{6,20}",
            "[a-z@$=,:-]{8,24}",
            "[a-z'\"\\\\` $()]{8,24}",
            "[aé☃ ]{8,24}",
        ]
        .boxed(),
        Bytes::Address => "[a-zA-Z0-9._~!$&'()*+,;=%-]{8,24}".boxed(),
        Bytes::Header => "[A-Za-z0-9._~+/-]{8,24}={0,2}".boxed(),
        Bytes::Json => prop_oneof!["[A-Za-z0-9+/]{12,40}={0,2}", "[ -!#-\\[\\]-~]{8,24}"].boxed(),
        Bytes::Jwt => "eyJ[A-Za-z0-9_-]{9,20}\\.eyJ[A-Za-z0-9_-]{9,20}\\.[A-Za-z0-9_-]{9,20}".boxed(),
    }
}

/// Any command.
pub(crate) fn command() -> impl Strategy<Value = Command> {
    let place = any::<Index>().prop_flat_map(|index| {
        let (words, bytes) = *index.get(PLACES);
        (Just(words), Just(bytes), secret(bytes))
    });
    (
        place,
        vec(select(FLAGS), 0..4),
        prop::option::weighted(0.3, shell::value()),
        shell::wraps(),
        vec(shell::quotes(), 1..6),
    )
        .prop_map(|((words, bytes, secret), flags, value, mut wraps, quotes)| {
            let value = value.filter(|_| bytes == Bytes::Any);
            // Only a shell reads what is written for one.
            if value.is_some() && !wraps.first().is_some_and(Wrap::is_shell) {
                wraps.insert(0, Wrap::BASH);
            }
            Command {
                words,
                flags,
                value,
                wraps,
                quotes,
                secret,
            }
        })
}
