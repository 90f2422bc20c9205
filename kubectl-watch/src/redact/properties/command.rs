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

/// Where a secret can be, by the bytes that it can have there: words, with `{}` in place of the secret, `…` where other
/// flags can be, and `␣` for a space within a word.
const PLACES: &[(Bytes, &[&str])] = &[
    (
        Bytes::Any,
        &[
            "kubectl … --token {} get … pods --as=x",
            "kubectl … --token={} get … pods",
            "kubectl get pods … --token={}",
            "kubectl --password={} --username bob get",
            "kubectl --username=bob --password {} get …",
            "kubectl create secret docker-registry … r --docker-password={}",
            "kubectl create secret docker-registry r --docker-password {} …",
            "kubectl create secret generic x … --from-literal=k={} …",
            "kubectl create secret generic x --from-literal k={} …",
            "kubectl create secret generic x --from-literal=a=b --from-literal=k={}",
            "kubectl run x … --env A={} --image=i",
            "kubectl run x --env=A={} … --image i",
            "kubectl set env deploy/x … -e A={}",
            "kubectl set env deploy/x -eA={} …",
            "kubectl config set-credentials bob … --token={}",
            "kubectl config set-credentials … bob --token {}",
            "kubectl config set-credentials bob … --password {} …",
            "kubectl config set-credentials bob --auth-provider-arg=client-secret={}",
            "kubectl config set-credentials bob --auth-provider-arg id-token={} …",
            "kubectl config set-credentials bob --exec-env=A={} …",
            "kubectl config set-credentials bob --exec-arg=--token={}",
            "kubectl config set-credentials bob --exec-arg=--token --exec-arg={}",
            "kubectl config set-credentials bob --exec-arg --token --exec-arg {}",
            "kubectl config set … users.bob.token … {}",
            "kubectl … config set users.a@b.password {} …",
            "kubectl config … set users.bob.token -- {}",
            "kubectl exec x … -- tool --api-key {}",
            "kubectl exec x -- tool … --secret-key={}",
            "env DB_PASSWORD={} kubectl get …",
            "curl -sku bob:{} https://host",
            "curl -s --user bob:{} https://host",
            "curl --user=bob:{} https://host",
            "kubectl config set-credentials bob --exec-arg=login,--password,{}",
            "kubectl create secret generic x --from-literal=-k={}",
            "helm install x … --set db.password={}",
            "helm upgrade … --set=a=b,db.password={}",
            "login --client-secret {} …",
            "env X=y TOKEN={} kubectl … get",
            "kubectl … set env deploy/x A=b A={} …",
            "sshpass -p {} ssh h",
            "docker login … -p {} h",
            "redis-cli -h x -a {} ping",
            "aws configure set aws_secret_access_key {}",
            "env a={} kubectl … --token=$a get …",
            "env a={} sh -c kubectl␣--token␣\"${a}\"",
        ],
    ),
    (
        Bytes::Address,
        &[
            "kubectl … -s https://bob:{}@host/x get",
            "kubectl … --server=https://bob:{}@host get",
            "git clone https://bob:{}@host/x.git",
            "git clone https://{}@host/x.git",
            "psql postgres://bob:{}@host:5432/db",
            "env HTTPS_PROXY=bob:{}@proxy:3128 kubectl …",
        ],
    ),
    (
        Bytes::Header,
        &[
            "curl -H Authorization:␣Bearer␣{} https://host",
            "curl -HAuthorization:␣Bearer␣{} https://host",
            "curl --header=Authorization:␣Basic␣{} https://host",
            "curl -H X-Vault-Token:␣{} https://host",
            "curl -H x-api-key:{} https://host",
            "kubectl get … --raw /x?access_token={}&y=1",
            "curl -H Cookie:␣a={};␣b=c https://host",
        ],
    ),
    (
        Bytes::Json,
        &[
            r#"kubectl patch secret x … -p {"data":{"token":"{}"}}"#,
            r#"kubectl patch secret x --patch={"data":␣{"a":␣"b",␣"password":␣"{}"}}"#,
            r#"curl -d {"args":["--token","{}"]} https://host"#,
            r#"curl -d {"user":␣"bob",␣"password":␣"{}"} https://host"#,
            r#"curl -d {"user":␣"bob",␣"p\u0061ssw\u006frd":␣"{}"} https://host"#,
            r#"python3 -c requests.get(u,␣auth=("bob",␣"{}"))"#,
            r#"kubectl patch deploy x … -p {"env":[{"value":"{}","name":"DB_PASSWORD"}]}"#,
            r#"kubectl patch secret x --type=json -p [{"op":"add",␣"value":␣"{}",␣"path":␣"/data/password"}]"#,
        ],
    ),
    (Bytes::Jwt, &["tool a/{}/b x", "kubectl … get {}"]),
];

/// Flags without a secret.
const FLAGS: &[&str] = &[
    "-n prod",
    "-nprod",
    "--namespace=prod",
    "--kubeconfig /x",
    "--kubeconfig=/x",
    "--context c",
    "-v=6",
    "-v 6",
    "--insecure-skip-tls-verify",
    "--as=x",
    "--request-timeout 5s",
];

/// A command with a secret in it.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    line: &'static str,
    flags: Vec<&'static str>,
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
        for word in self.line.split(' ') {
            let word = word.replace('␣', " ");
            match self.value {
                _ if word == "…" => {
                    let flag = flags.next().into_iter().flat_map(|flag| flag.split(' '));
                    words.extend(flag.map(shell::Word::of));
                }
                Some(value) if word.contains("{}") => words.push(value.word(&word, secret, &mut quotes)),
                _ => words.push(shell::Word::of(&word.replace("{}", secret))),
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
            "[!-~][ -~]{8,23}",
            "--?[a-z]x[a-z]{1,3}[a-z=-]{6,20}",
            "[a-z@$=,:-]{8,24}",
            "[a-z'\"\\\\`$()][a-z'\"\\\\` $()]{7,23}",
            "[aé☃][aé☃ ]{7,23}",
            "[A-Za-z0-9+/][A-Za-z0-9+/\\n]{7,40}",
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
        let all: Vec<_> = PLACES
            .iter()
            .flat_map(|(bytes, lines)| lines.iter().map(|line| (*bytes, *line)))
            .collect();
        let (bytes, line) = *index.get(&all);
        (Just(line), Just(bytes), secret(bytes))
    });
    (
        place,
        vec(select(FLAGS), 0..4),
        prop::option::weighted(0.3, shell::value()),
        shell::wraps(),
        vec(shell::quotes(), 1..6),
    )
        .prop_map(|((line, bytes, secret), flags, value, mut wraps, quotes)| {
            let value = value.filter(|_| bytes == Bytes::Any);
            // Only a shell reads what is written for one.
            if value.is_some() && !wraps.first().is_some_and(Wrap::is_shell) {
                wraps.insert(0, Wrap::BASH);
            }
            Command {
                line,
                flags,
                value,
                wraps,
                quotes,
                secret,
            }
        })
}
