//! Tokens, certificates and kubeconfigs, made by their own tools and made to hurt.

mod hidden;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use proptest::prelude::*;

use super::kubeconfig::{Auth, Config, Pending};
use super::*;
use crate::kubectl::Request;

/// Made by openssl, for `kubernetes-admin` of the groups `system:masters` and `ops`.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBzjCCAXWgAwIBAgIIESIzRFVmd4gwCgYIKoZIzj0EAwIwQjEXMBUGA1UECgwO\n\
c3lzdGVtOm1hc3RlcnMxDDAKBgNVBAoMA29wczEZMBcGA1UEAwwQa3ViZXJuZXRl\n\
cy1hZG1pbjAgFw0yNjExMjYyMDQyNTJaGA8yMTI2MTEwMjIwNDI1MlowQjEXMBUG\n\
A1UECgwOc3lzdGVtOm1hc3RlcnMxDDAKBgNVBAoMA29wczEZMBcGA1UEAwwQa3Vi\n\
ZXJuZXRlcy1hZG1pbjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNLN0vRQoVx5\n\
OH3R1WFL4kRpLKU+mqGe0ZydRJ+PriAlZ0pMKzkR5YvceXgAJIYBZCZD//EFsXYT\n\
8EHmr7BrBTqjUzBRMB0GA1UdDgQWBBT6ZdMvlGIBIUs9xQHwCL4gqaqxFDAfBgNV\n\
HSMEGDAWgBT6ZdMvlGIBIUs9xQHwCL4gqaqxFDAPBgNVHRMBAf8EBTADAQH/MAoG\n\
CCqGSM49BAMCA0cAMEQCICU2MNDPPpcN5swYK46zc/e/aYHpw3gzvB7ioDBndVaQ\n\
AiABNFReUSIHmTzEOpyCNcVdOlfk6u+BMrxcAkLC4bOXqw==\n\
-----END CERTIFICATE-----\n\
";
const FINGERPRINT: &str = "1e4a4ecb3511fdb2235610fceebe375b30280212aec96e96dce2f2e5f27f76a6";

fn jwt(payload: &str) -> String {
    let [header, payload, signature] = [
        r#"{"alg":"RS256","kid":"x"}"#,
        payload,
        "a signature that is a secret",
    ]
    .map(|part| Base64UrlUnpadded::encode_string(part.as_bytes()));
    format!("{header}.{payload}.{signature}")
}

#[expect(clippy::unnecessary_wraps, reason = "it is what is compared")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_token_of_a_pod_says_which() {
    let token = jwt(r#"{
        "aud": ["https://kubernetes.default.svc"], "exp": 1795000000, "iat": 1763464000, "jti": "7d5c",
        "iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:prod:robot",
        "kubernetes.io": {
            "namespace": "prod", "serviceaccount": {"name": "robot", "uid": "1111"},
            "pod": {"name": "web-0", "uid": "2222"}, "node": {"name": "node-1", "uid": "3333"}, "warnafter": 7
        }
    }"#);
    let token = Token::of(token.as_bytes());
    assert!(token.mark.starts_with(b"<redacted:jwt sha256:"));
    let claims = token.claims.expect("it has some");
    let object = |name: &str, uid: &str| {
        Some(token::Object {
            name: some(name),
            uid: some(uid),
        })
    };
    assert_eq!(claims.subject, some("system:serviceaccount:prod:robot"));
    assert_eq!(claims.issuer, some("https://kubernetes.default.svc"));
    assert_eq!(claims.audiences, ["https://kubernetes.default.svc"]);
    assert_eq!(
        claims.expires.map(jiff::Timestamp::as_second),
        Some(1_795_000_000)
    );
    assert_eq!(claims.namespace, some("prod"));
    assert_eq!(claims.service_account, object("robot", "1111"));
    assert_eq!(
        (claims.pod.clone(), claims.node.clone()),
        (object("web-0", "2222"), object("node-1", "3333"))
    );
    assert_eq!(claims.credential_id(), some("JTI=7d5c"));
}

#[test]
fn a_token_of_before_says_which_service_account() {
    let token = jwt(
        r#"{"iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:a:b",
        "kubernetes.io/serviceaccount/namespace": "a", "kubernetes.io/serviceaccount/service-account.name": "b",
        "kubernetes.io/serviceaccount/service-account.uid": "4"}"#,
    );
    let claims = Claims::of(token.as_bytes()).expect("it has some");
    assert_eq!(claims.namespace, some("a"));
    assert_eq!(claims.service_account.and_then(|it| it.uid), some("4"));
    assert_eq!((claims.expires, claims.id), (None, None));
}

#[test]
fn what_is_no_token_says_nothing() {
    let large = format!(r#"{{"sub": "{}"}}"#, "x".repeat(70_000));
    let deep = format!(r#"{{"sub": {}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
    for token in [
        "",
        "abc",
        "a.b.c",
        "..",
        "eyJ.eyJ.eyJ",
        &jwt("[]"),
        &jwt("{"),
        &jwt(&large),
        &jwt(&deep),
        &format!("{}.x", jwt("{}")),
    ] {
        assert_eq!(Claims::of(token.as_bytes()), None, "{token:.40}");
    }
    let odd =
        jwt(r#"{"sub": 7, "aud": {"a": 1}, "exp": 1e300, "iat": "soon", "jti": "", "kubernetes.io": []}"#);
    assert_eq!(Claims::of(odd.as_bytes()), Some(Claims::default()));
    let long = jwt(&format!(r#"{{"sub": "{}", "aud": "one"}}"#, "ö".repeat(2000)));
    let claims = Claims::of(long.as_bytes()).expect("it is one");
    assert_eq!(claims.subject.map(|it| it.len()), Some(1024));
    assert_eq!(claims.audiences, ["one"]);
}

#[test]
fn a_certificate_names_user_and_groups() {
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for pem in [CERTIFICATE.to_owned(), format!("{key}{CERTIFICATE}{CERTIFICATE}")] {
        let certificate = Certificate::of_pem(pem.as_bytes()).expect("it is one");
        assert_eq!(certificate.common_name, some("kubernetes-admin"));
        assert_eq!(certificate.organisations, ["system:masters", "ops"]);
        assert_eq!(certificate.issuer, some("kubernetes-admin"));
        assert_eq!(certificate.serial, "1122334455667788");
        assert_eq!(certificate.credential_id(), format!("X509SHA256={FINGERPRINT}"));
        let times =
            [certificate.not_before, certificate.not_after].map(|time| time.map(|time| time.to_string()));
        assert_eq!(times, ["2026-11-26T20:42:52Z", "2126-11-02T20:42:52Z"].map(some));
    }
    for pem in [
        "",
        key,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        assert_eq!(Certificate::of_pem(pem.as_bytes()), None, "{pem}");
    }
}

/// A kubeconfig of two clusters, and users of every kind.
fn config() -> Config {
    let data = Base64::encode_string(CERTIFICATE.as_bytes());
    let text = format!(
        r#"
apiVersion: v1
kind: Config
current-context: prod
preferences: {{}}
clusters:
- name: one
  cluster: {{server: "https://one:6443", certificate-authority-data: QUJD}}
- name: two
  cluster:
    server: https://eve:hunter22hunter22@two:6443
contexts:
- {{name: prod, context: {{cluster: one, user: cert, namespace: shop}}}}
- name: test
  context: {{cluster: two, user: token}}
users:
- name: cert
  user: {{client-certificate-data: {data}, client-key-data: c2VjcmV0c2VjcmV0}}
- name: token
  user:
    token: hunter22hunter22
    as: system:admin
    as-uid: "0"
    as-groups: [system:masters]
    as-user-extra: {{scopes: [view]}}
- name: file
  user: {{tokenFile: secrets/token, client-certificate: /etc/cert.pem}}
- name: exec
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: login, args: [--password, hunter22hunter22, get]}}
- name: other
  user: {{username: bob, password: hunter22hunter22, auth-provider: {{name: oidc, config: {{a: b}}}}}}
"#
    );
    Config::of(text.as_bytes(), b"/home/bob/.kube").expect("it is one")
}

fn effective(line: &[&str]) -> (Kubeconfig, Pending) {
    let request = Request::of(&std::iter::once(&"kubectl").chain(line).collect());
    let (kubeconfig, pending) = Kubeconfig::effective(&config(), &request);
    assert!(!format!("{kubeconfig:?}").contains("hunter22"), "{kubeconfig:?}");
    (kubeconfig, pending)
}

#[test]
fn a_context_names_server_and_user() {
    let (kubeconfig, pending) = effective(&["get", "pods"]);
    assert_eq!(kubeconfig.context, some("prod"));
    assert_eq!(kubeconfig.server, some("https://one:6443"));
    assert_eq!(
        (kubeconfig.user, kubeconfig.namespace),
        (some("cert"), some("shop"))
    );
    assert_eq!(kubeconfig.auth, [Auth::ClientCertificate]);
    let certificate = kubeconfig.certificate.expect("it is inside");
    assert_eq!(certificate.common_name, some("kubernetes-admin"));
    assert_eq!(pending, Pending::default());
}

#[test]
fn flags_override_what_a_context_names() {
    let (kubeconfig, _) = effective(&["--context=test", "get", "pods", "-n", "x"]);
    assert_eq!(
        (kubeconfig.cluster.as_deref(), kubeconfig.namespace.as_deref()),
        (Some("two"), Some("x"))
    );
    assert!(
        kubeconfig
            .server
            .expect("there is one")
            .starts_with("https://<redacted:userinfo")
    );
    assert_eq!(kubeconfig.auth, [Auth::Token]);
    assert!(
        kubeconfig
            .token
            .is_some_and(|token| token.claims.is_none() && token.mark.starts_with(b"<redacted:token"))
    );
    let impersonated = kubeconfig.impersonated;
    assert_eq!(
        (impersonated.user.as_deref(), impersonated.uid.as_deref()),
        (Some("system:admin"), Some("0"))
    );
    assert_eq!(
        (impersonated.groups, impersonated.extra),
        (vec!["system:masters".to_owned()], vec!["scopes".to_owned()])
    );

    let (kubeconfig, pending) = effective(&["--user", "file", "--cluster=two", "--server=https://three"]);
    assert_eq!(kubeconfig.server, some("https://three"));
    assert_eq!(kubeconfig.auth, [Auth::TokenFile, Auth::ClientCertificate]);
    assert_eq!(
        pending.token_file.as_deref(),
        Some(&b"/home/bob/.kube/secrets/token"[..])
    );
    assert_eq!(pending.certificate_file.as_deref(), Some(&b"/etc/cert.pem"[..]));

    let (kubeconfig, _) = effective(&["--user", "exec"]);
    assert_eq!(kubeconfig.auth, [Auth::Exec]);
    assert!(
        kubeconfig
            .exec
            .command_line()
            .starts_with(b"login --password <redacted:password")
    );
    let (kubeconfig, _) = effective(&["--user", "other"]);
    assert_eq!(kubeconfig.auth, [Auth::AuthProvider, Auth::Basic]);
    assert_eq!(
        (kubeconfig.auth_provider, kubeconfig.username),
        (some("oidc"), some("bob"))
    );

    let (kubeconfig, _) = effective(&["--context=none"]);
    assert_eq!(
        (kubeconfig.context, kubeconfig.server, kubeconfig.user),
        (some("none"), None, None)
    );
}

#[test]
fn of_several_files_the_first_that_says_it_counts() {
    let mut first = Config::of(
        b"{clusters: [{name: one, cluster: {server: 'https://first'}}], users: null}",
        b"/",
    )
    .expect("JSON");
    first.add(config());
    let (kubeconfig, _) = Kubeconfig::effective(&first, &Request::default());
    assert_eq!(
        (kubeconfig.server, kubeconfig.user),
        (some("https://first"), some("cert"))
    );
}

#[test]
fn the_first_document_of_a_file_counts() {
    for text in [
        "current-context: a\n---\ncurrent-context: b\n",
        "# one\n--- # two\ncurrent-context: a\n---\n- [\n",
        "%YAML 1.2\n---\ncurrent-context: a\n--- {x: y}\n",
        "current-context: a\n# ---\nx: ---\n",
    ] {
        let config = Config::of(text.as_bytes(), b"/").expect(text);
        let (kubeconfig, _) = Kubeconfig::effective(&config, &Request::default());
        assert_eq!(kubeconfig.context, some("a"), "{text}");
    }
}

#[test]
fn what_no_tool_writes_is_refused() {
    let bomb: String = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, i| {
        let last = i - 1;
        format!("{text}a{i}: &a{i} [*a{last}, *a{last}, *a{last}, *a{last}]\n")
    });
    let deep = format!("users: {}", "[".repeat(100_000));
    let many = format!("users: [{}]", "{name: x},".repeat(100_000));
    for text in [
        &bomb[..],
        &deep,
        &many,
        "clusters: 7",
        "\u{0}",
        "users: [{name: [}",
    ] {
        assert!(Config::of(text.as_bytes(), b"/").is_none(), "{text:.60}");
    }
    assert!(Config::of(b"\xff\xfe", b"/").is_none());
    assert!(Config::of(b" \n", b"/").is_some());
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        Claims::of(&bytes);
        Certificate::of_pem(&bytes);
        Config::of(&bytes, b"/");
    }

    #[test]
    fn any_payload_is_read_to_its_end(payload in "[ -~]{0,200}") {
        Claims::of(jwt(&payload).as_bytes());
    }
}
