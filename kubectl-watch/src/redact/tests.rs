//! What is taken out, and what stays.

mod kinds;
mod lines;
mod login;
mod long;
mod variable;
mod yaml;

use sha2::{Digest, Sha256};

use super::*;

/// The arguments after redaction.
fn redacted(args: &[&str]) -> Vec<String> {
    let args: Args = args.iter().collect();
    super::args(&args)
        .iter()
        .map(|arg| String::from_utf8_lossy(arg).into_owned())
        .collect()
}

fn marked(kind: &str, secret: &str) -> String {
    let hash = Sha256::digest(secret);
    format!(
        "<redacted:{kind} sha256:{:02x}{:02x}{:02x}{:02x}>",
        hash[0], hash[1], hash[2], hash[3]
    )
}

/// That of each of the arguments the secret alone is taken: these, the kind of it, and what stands for `{}`.
fn taken(cases: &[(&[&str], &str, &str)]) {
    for &(args, kind, secret) in cases {
        let with = |text: &str| args.iter().map(|arg| arg.replace("{}", text)).collect::<Vec<_>>();
        let given = with(secret);
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let mut want = with(&marked(kind, secret));
        if kind == "jwt" && args.len() == 2 {
            // What follows a token without a separator may be part of it.
            want = vec![
                "get".to_owned(),
                format!("x{}/z", marked("jwt", &format!("{secret}y"))),
            ];
        }
        assert_eq!(redacted(&given), want, "{given:?}");
    }
}

#[test]
fn an_argument_of_its_own_is_taken_whole() {
    taken(&[
        (&["--token", "{}"][..], "token", "a b'c\"d"),
        (&["--token={}"], "token", "a b'c\"d;e --as=x"),
        (&["--TOKEN={}"], "token", "abc"),
        (&["-token", "{}"], "token", "abc"),
        (&["--password={}"], "password", "x=y"),
        (&["--docker-password", "{}"], "password", "--as=x"),
        (&["--from-literal=key={}"], "literal", "a b"),
        (&["--from-literal", "key={}"], "literal", "a=b"),
        (&["--env", "NAME={}"], "env", "a b"),
        (&["-e", "NAME={}"], "env", "a b"),
        (&["DB_PASSWORD={}"], "password", "a b"),
        (
            &["config", "set-credentials", "bob", "--auth-provider-arg=id={}"],
            "secret",
            "x y",
        ),
        (&["config", "set", "users.bob.token", "{}"], "token", "a b"),
        (&["--exec-arg=--token={}"], "token", "a b"),
        (&["--exec-arg=--password,{}"], "password", "a b"),
        (&["--exec-arg=login,--password,{}"], "password", "a b"),
        (&["--exec-arg", "--password,{}"], "password", "a b"),
        (&["--from-literal=-k={}"], "literal", "a b"),
        (&["--from-literal", "-k={}"], "literal", "a b"),
        (&["kubectl", "set", "env", "-eFOO={}"], "env", "a b"),
        (&["curl", "-sku", "bob:{}"], "password", "a b"),
        (&["curl", "-skubob:{}"], "password", "ab"),
        (&["--exec-arg=--token", "--exec-arg={}"], "token", "a b"),
        (&["--exec-arg", "--token", "--exec-arg", "{}"], "token", "a b"),
        (&["exec", "pod", "--", "tool", "--secret-key", "{}"], "key", "a b"),
        (&["https://{}@host/path"], "userinfo", "bob:pa#s/w"),
        (&["postgres://{}@host/db"], "userinfo", "bob:pass"),
        (&["HTTPS_PROXY={}@proxy:3128"], "userinfo", "bob:p@s s"),
        (&["https_proxy={}@proxy:3128"], "userinfo", "bob:pass"),
        (&["ALL_PROXY=http://{}@proxy:3128"], "userinfo", "bob:pass"),
        (&["curl", "--proxy", "{}@proxy:3128"], "userinfo", "bob:pass"),
        (&["-H", "Authorization: Bearer {}"], "bearer", "a.b-c"),
        (&["-H", "authorization:  basic {}"], "authorization", "a b"),
        (&["-HAuthorization: Bearer {}"], "bearer", "abc"),
        (&["--header=Authorization: Bearer {}"], "bearer", "abc"),
        (&["-H", "X-Vault-Token: {}"], "token", "s.abc"),
        (&["-H", "Authorization:", "Bearer", "{}"], "bearer", "abc"),
        (&["Bearer", "{}"], "bearer", "abc"),
        (&["curl", "-u", "bob:{}"], "password", "a b"),
        (&["curl", "--user=bob:{}"], "password", "a b"),
        (&["curl", "-ubob:{}"], "password", "ab"),
        (
            &["get", "x{}y/z"],
            "jwt",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln-_",
        ),
        (
            &["--token={}"],
            "jwt",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln-_",
        ),
    ]);
}

#[test]
fn the_value_of_config_set_is_found_among_flags() {
    taken(&[
        (
            &["config", "set", "users.admin@k8s.token", "{}"][..],
            "token",
            "a b",
        ),
        (
            &["config", "set", "users.a/b:c@d.password", "{}"],
            "password",
            "-ab",
        ),
        (
            &["config", "set", "--kubeconfig", "/x", "users.bob.token", "{}"],
            "token",
            "a b",
        ),
        (
            &["config", "set", "--kubeconfig=/x", "users.a@b.token", "{}"],
            "token",
            "a b",
        ),
        (
            &["config", "set", "--set-raw-bytes", "users.a@b.token", "{}"],
            "token",
            "a b",
        ),
        (
            &["config", "set", "users.bob.token", "--kubeconfig=/x", "{}"],
            "token",
            "a b",
        ),
        (
            &["config", "set", "users.bob.token", "-v=6", "--", "{}"],
            "token",
            "-ab",
        ),
        (&["config", "set", "users.bob.token", "{}"], "token", "--ab-c=d"),
        (
            &["config", "set", "users.bob.token", "--", "{}"],
            "token",
            "--as=x",
        ),
        (
            &["config", "set", "users.bob.token", "--context", "x", "-v=6", "{}"],
            "token",
            "-ab",
        ),
        (
            &["config", "set", "users.bob.token", "--set-raw-bytes", "{}"],
            "token",
            "a b",
        ),
    ]);
}

#[test]
fn what_is_no_secret_stays() {
    let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0";
    for args in [
        &[
            "kubectl",
            "get",
            "secrets",
            "--as=system:admin",
            "--as-group=system:masters",
            "--as-uid",
            "7",
        ][..],
        &[
            "kubectl",
            "--token-file",
            "/x",
            "--kubeconfig=/root/.kube/config",
            "--client-key=/k.pem",
        ],
        &["kubectl", "create", "token", "default", "-n", "kube-system"],
        &[
            "kubectl",
            "--as=system:serviceaccount:kube-system:token-cleaner",
            "--as=system:token:x",
        ],
        &[
            "kubectl",
            "--user=system:admin",
            "--username=bob",
            "--server=https://[::1]:6443/api",
        ],
        &[
            "kubectl",
            "get",
            "pod",
            "-o=jsonpath={.items[*].data.token}",
            "https://10.0.0.1:6443",
        ],
        &["PWD=/root", "--token=", "--password", "", "x", jwt],
        &["automountServiceAccountToken: false"],
        &[
            "sh",
            "-c",
            "echo a;``b\\",
            "\"$(id)\"\\\\ `x`",
            "C:\\\\x\\\\y z 'a b'",
        ],
        &[
            "see",
            "--token, --password, x",
            "tool",
            "-e",
            "--as=x",
            "-sku",
            "a:b",
        ],
        &[
            "HTTP_PROXY=proxy:3128",
            "NO_PROXY=a:1,b",
            "HTTPS_PROXY=http://proxy:3128",
        ],
        &["kube-proxy", "--feature-proxy=x@y"],
        &["kubectl", "set", "image", "deploy/x", "a.token", "b"],
    ] {
        assert_eq!(redacted(args), args);
    }
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let args: Args = [&b"\xff\x80"[..], b"--token=\xfe", b"\x1b[31m\n"]
        .iter()
        .collect();
    let out = super::args(&args);
    let out: Vec<&[u8]> = out.iter().collect();
    assert_eq!(out[0], b"\xff\x80");
    assert!(out[1].starts_with(b"--token=<redacted:token sha256:"));
    assert_eq!(out[2], b"\x1b[31m\n");
    assert!(super::args(&Args::default()).is_empty());
}
