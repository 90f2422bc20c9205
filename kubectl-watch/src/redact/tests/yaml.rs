//! Secrets in manifests and patches, as YAML or JSON.

use super::{marked, redacted, text};

/// That this comes of each line, as the document of a shell's line, as a text, and behind `-p`.
fn check(cases: &[(&str, String)]) {
    for (given, want) in cases {
        let document = |text: &str| format!("cat <<EOF | kubectl apply -f - --as=x\n{text}\nEOF\nid --as=y");
        assert_eq!(redacted(&["sh", "-c", &document(given)])[2], document(want));
        assert_eq!(String::from_utf8_lossy(&text(given.as_bytes())), *want, "{given}");
        let pod = format!("kind: Pod\n{given}");
        assert_eq!(
            redacted(&["kubectl", "-p", &pod])[2],
            format!("kind: Pod\n{want}")
        );
    }
}

/// That a secret in a text is taken: in an argument, in a text alone and, where a shell can have it so, in a line for one.
fn taken_wherever(given: &str, secret: &str, mark: &str) {
    let (whole, want) = (given.replace("{}", secret), given.replace("{}", mark));
    assert_eq!(redacted(&["kubectl", "-p", &whole])[2], want);
    assert_eq!(String::from_utf8_lossy(&text(whole.as_bytes())), want);
    if !secret.contains('\'') {
        let line = |text: &str| format!("kubectl patch x -p '{text}' --as=x");
        assert_eq!(redacted(&["sh", "-c", &line(&whole)])[2], line(&want));
    }
}

#[test]
fn a_value_of_yaml_is_taken_to_the_end_of_its_line() {
    let p = |secret: &str| marked("password", secret);
    check(&[
        (
            "password: aaa bbb\nuser: c",
            format!("password: {}\nuser: c", p("aaa bbb")),
        ),
        (
            "a:\n  - password: it's b\n    user: c",
            format!("a:\n  - password: {}\n    user: c", p("it's b")),
        ),
        (
            "  password: 'a b'\n  user: c",
            format!("  password: {}\n  user: c", p("a b")),
        ),
        (
            "secret:\n  secretName: a\npassword:\n  bbb\n",
            format!("secret:\n  secretName: a\npassword:\n  {}\n", p("bbb")),
        ),
        (
            "  password: 'it''s b'\n  user: c",
            format!("  password: {}\n  user: c", p("it's b")),
        ),
    ]);
    let line = "kubectl patch secret x -p 'data:\n  password: a b' --as=x";
    let want = format!(
        "kubectl patch secret x -p 'data:\n  password: {}' --as=x",
        p("a b")
    );
    assert_eq!(redacted(&["sh", "-c", line])[2], want);
}

#[test]
fn a_block_of_yaml_is_taken_whole() {
    let p = |secret: &str| marked("password", secret);
    check(&[
        (
            "password: |\n  aaa bbb\n\n    ccc\nuser: c",
            format!("password: |\n  {}\nuser: c", p("aaa bbb\n\nccc")),
        ),
        (
            "- password: >-\n    aaa\n    bbb\n  user: c",
            format!("- password: >-\n    {}\n  user: c", p("aaa bbb")),
        ),
        (
            "data:\n  password: !!binary |2+ # x\n    aaa",
            format!("data:\n  password: !!binary |2+ # x\n    {}", p("aaa")),
        ),
        ("password: |\nuser: c", "password: |\nuser: c".to_owned()),
    ]);
}

#[test]
fn a_value_of_yaml_is_taken_over_the_lines_that_go_on() {
    let p = |secret: &str| marked("password", secret);
    check(&[
        (
            "password: aaa bbb\n  ccc ddd\n\n  it's\nuser: c",
            format!("password: {}\nuser: c", p("aaa bbb ccc ddd it's")),
        ),
        (
            "- password:\n    aaa bbb\n    ccc: ddd\n  user: c",
            "- password:\n    aaa bbb\n    ccc: ddd\n  user: c"
                .replace("aaa bbb\n    ccc: ddd", &p("aaa bbb ccc: ddd")),
        ),
        (
            "- name: DB_PASSWORD\n  value: aaa\n    bbb\n- name: x\n  value: c",
            format!(
                "- name: DB_PASSWORD\n  value: {}\n- name: x\n  value: c",
                p("aaa bbb")
            ),
        ),
    ]);
}

#[test]
fn a_value_of_yaml_in_brackets_is_taken_to_its_end() {
    let p = |secret: &str| marked("password", secret);
    for (given, secret) in [
        ("data: {password: {}}", "aaabbb"),
        ("data: {user: x, password: {}, b: c d}", "it's a b"),
        ("data: {\n  password: {},\n  user: x\n}", "a b"),
        ("data: {\n  password: {}\n}", "a b\n  c"),
        ("a: [{\"password\": {}}, {user: x}]", "a b"),
        ("{name: DB_PASSWORD, value: {}}", "a b"),
    ] {
        taken_wherever(given, secret, &p(secret));
    }
}

#[test]
fn the_value_before_its_name_is_taken() {
    let p = |secret: &str| marked("password", secret);
    check(&[
        (
            "- value: a b\n  name: DB_PASSWORD\n- value: c d\n  name: x",
            format!(
                "- value: {}\n  name: DB_PASSWORD\n- value: c d\n  name: x",
                p("a b")
            ),
        ),
        (
            "- name: x\n  value: c d\n- name: DB_PASSWORD\n  x: y\n  value: a b",
            format!(
                "- name: x\n  value: c d\n- name: DB_PASSWORD\n  x: y\n  value: {}",
                p("a b")
            ),
        ),
        (
            "metadata:\n  name: token\nvalue: 1000",
            "metadata:\n  name: token\nvalue: 1000".to_owned(),
        ),
    ]);
    for (given, secret) in [
        ("{value: {}, name: DB_PASSWORD}", "a b"),
        ("[{value: {}, name: DB_PASSWORD}, {value: a, name: b}]", "it's a"),
        (
            r#"[{"value":{},"name":"DB_PASSWORD"},{"value":"c","name":"d"}]"#,
            r#""a {b""#,
        ),
        (
            r#"[{"op": "add", "value": {}, "path": "/data/password"}]"#,
            r#""a b""#,
        ),
        (
            r#"[{"value": {}, "op": "add", "path": "/data/db-password"}]"#,
            r#""a b""#,
        ),
        (
            r#"[{"path": "/data/password", "op": "add", "value": {}}]"#,
            r#""a b""#,
        ),
        (r#"{"Value": {}, "Key": "PASSWORD"}"#, r#""a b""#),
    ] {
        taken_wherever(given, secret, &p(secret.trim_matches('"')));
    }
}

#[test]
fn the_value_beside_a_name_is_taken() {
    let p = |secret: &str| marked("password", secret);
    check(&[
        (
            "- name: DB_PASSWORD\n  value: a b\n- name: x\n  value: c d",
            format!(
                "- name: DB_PASSWORD\n  value: {}\n- name: x\n  value: c d",
                p("a b")
            ),
        ),
        (
            "- name: \"DB_PASSWORD\"\n  value: 'a b'\n- name: x",
            format!("- name: \"DB_PASSWORD\"\n  value: {}\n- name: x", p("a b")),
        ),
    ]);
    for (json, want) in [
        (
            r#"[{"name":"DB_PASSWORD","value":"a b"},{"name":"x","value":"c d"}]"#,
            format!(
                r#"[{{"name":"DB_PASSWORD","value":{}}},{{"name":"x","value":"c d"}}]"#,
                p("a b")
            ),
        ),
        (
            r#"[{"op": "add", "path": "/data/password", "value": "a b"}]"#,
            format!(
                r#"[{{"op": "add", "path": "/data/password", "value": {}}}]"#,
                p("a b")
            ),
        ),
        (
            r#"{"auths":{"h":{"auth":"YTpiYw==","email":"x"}}}"#,
            format!(
                r#"{{"auths":{{"h":{{"auth":{},"email":"x"}}}}}}"#,
                marked("authorization", "YTpiYw==")
            ),
        ),
        (
            r#"{"auth":{"x":"y"},"value":"z"}"#,
            r#"{"auth":{"x":"y"},"value":"z"}"#.to_owned(),
        ),
    ] {
        assert_eq!(redacted(&["kubectl", "-p", json])[2], want);
        let line = |json: &str| format!("kubectl patch x -p '{json}' --as=x");
        assert_eq!(redacted(&["sh", "-c", &line(json)])[2], line(&want));
    }
}

#[test]
fn the_data_of_a_secret_is_taken_whatever_it_is_called() {
    let s = |secret: &str| marked("secret", secret);
    check(&[
        (
            "kind: Secret\ndata:\n  tls.key: YTpi\n  b: YTpj\ntype: x",
            format!(
                "kind: Secret\ndata:\n  tls.key: {}\n  b: {}\ntype: x",
                s("YTpi"),
                s("YTpj")
            ),
        ),
        (
            "apiVersion: v1\ndata:\n  a: |\n    b\n    c\nkind: Secret",
            format!("apiVersion: v1\ndata:\n  a: |\n    {}\nkind: Secret", s("b\nc")),
        ),
        (
            "stringData: {a: b c, d: e}\ntype: x",
            format!("stringData: {{a: {}, d: {}}}\ntype: x", s("b c"), s("e")),
        ),
        (
            "kind: ConfigMap\ndata:\n  a: b\n",
            "kind: ConfigMap\ndata:\n  a: b\n".to_owned(),
        ),
    ]);
    for json in [
        r#"[{"op":"replace","path":"/data/foo","value":{}}]"#,
        r#"[{"value": {}, "op":"add", "path": "/stringData/foo"}]"#,
    ] {
        let (given, want) = (json.replace("{}", "\"YTpi\""), json.replace("{}", &s("YTpi")));
        assert_eq!(redacted(&["kubectl", "patch", "secret", "x", &given])[4], want);
        let line = |patch: &str| format!("kubectl patch secret x --type=json -p='{patch}' --as=x");
        assert_eq!(redacted(&["sh", "-c", &line(&given)])[2], line(&want));
    }
    let patch = |value: &str, other: &str| format!(r#"{{"data":{{"a":{value},"b": {other}}},"c":"d"}}"#);
    let given = patch(r#""YTpi""#, r#""e}f""#);
    let want = patch(&s("YTpi"), &s("e}f"));
    assert_eq!(
        redacted(&["kubectl", "patch", "secret", "x", "-p", &given])[5],
        want
    );
    assert_eq!(redacted(&["kubectl", "patch", "secret/x", "-p", &given])[4], want);
    let line = |patch: &str| format!("kubectl patch secrets x -p '{patch}' --as=x");
    assert_eq!(redacted(&["sh", "-c", &line(&given)])[2], line(&want));
    assert_eq!(redacted(&["kubectl", "patch", "cm", "x", "-p", &given])[5], given);
}

#[test]
fn a_private_key_is_taken_by_its_first_line() {
    let k = marked("key", "MIIEow+\nabcdefgh==");
    check(&[(
        "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEow+\nabcdefgh==\n-----END RSA PRIVATE KEY-----\nb",
        format!("a\n-----BEGIN RSA PRIVATE KEY-----\n{k}\n-----END RSA PRIVATE KEY-----\nb"),
    )]);
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIEow+\n-----END CERTIFICATE-----";
    assert_eq!(text(certificate.as_bytes()), certificate.as_bytes());
}
