//! Secrets in other languages than a shell's, and what a shell has besides words.

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
        let (whole, want) = (given.replace("{}", secret), given.replace("{}", &p(secret)));
        assert_eq!(redacted(&["kubectl", "-p", &whole])[2], want);
        assert_eq!(String::from_utf8_lossy(&text(whole.as_bytes())), want);
        if !secret.contains('\'') {
            let line = |text: &str| format!("kubectl patch x -p '{text}' --as=x");
            assert_eq!(redacted(&["sh", "-c", &line(&whole)])[2], line(&want));
        }
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
        let (whole, want) = (
            given.replace("{}", secret),
            given.replace("{}", &p(secret.trim_matches('"'))),
        );
        assert_eq!(redacted(&["kubectl", "-p", &whole])[2], want);
        assert_eq!(String::from_utf8_lossy(&text(whole.as_bytes())), want);
        if !secret.contains('\'') {
            let line = |text: &str| format!("kubectl patch x -p '{text}' --as=x");
            assert_eq!(redacted(&["sh", "-c", &line(&whole)])[2], line(&want));
        }
    }
}

#[test]
fn what_a_parameter_is_compared_with_stays_if_it_is_no_secret() {
    for line in [
        "[ \"$token\" = x ] || kubectl --as=x",
        "[ $token = x ] || kubectl --as=x",
        "[ \"$TOKEN\" = \"$OTHER_ONE\" ] && kubectl --as=x",
        "[[ $TOKEN == '' ]]",
    ] {
        assert_eq!(redacted(&["sh", "-c", line])[2], line);
    }
    let line = |value: &str| format!("[ \"$PASSWORD\" = {value} ] || exit");
    let want = line(&marked("password", "hunter22"));
    assert_eq!(redacted(&["sh", "-c", &line("hunter22")])[2], want);
}

#[test]
fn what_a_shell_adds_to_a_variable_is_taken() {
    let t = |secret: &str| marked("token", secret);
    for (line, want) in [
        ("TOKEN+=abc; id --as=x", format!("TOKEN+={}; id --as=x", t("abc"))),
        ("TOKEN[0]=abc id", format!("TOKEN[0]={} id", t("abc"))),
        ("TOKEN[i]+='a b' id", format!("TOKEN[i]+={} id", t("a b"))),
        (
            "a=([token]=abc [b]=c) id",
            format!("a=([token]={} [b]=c) id", t("abc")),
        ),
        ("a=([token]='a(b c') id", format!("a=([token]={}) id", t("a(b c"))),
        ("a[token]=abc id", format!("a[token]={} id", t("abc"))),
        (
            "curl --oauth2-bearer abc https://h",
            format!("curl --oauth2-bearer {} https://h", marked("bearer", "abc")),
        ),
        (
            "SSHPASS=abc sshpass -e ssh h",
            format!("SSHPASS={} sshpass -e ssh h", marked("password", "abc")),
        ),
    ] {
        assert_eq!(redacted(&["sh", "-c", line])[2], want);
    }
    assert_eq!(redacted(&["TOKEN+=a b"])[0], format!("TOKEN+={}", t("a b")));
}

#[test]
fn a_value_that_python_assigns_is_taken() {
    let t = marked("token", "a b");
    for (code, want) in [
        (
            "import os; token = 'a b'; print(1)",
            format!("import os; token = {t}; print(1)"),
        ),
        (
            "os.environ[\"TOKEN\"]=\"a b\"; print(1)",
            format!("os.environ[\"TOKEN\"]={t}; print(1)"),
        ),
        (
            "os.environ['TOKEN'] = 'a b'; print(1)",
            format!("os.environ['TOKEN'] = {t}; print(1)"),
        ),
    ] {
        assert_eq!(redacted(&["python3", "-c", code])[2], want);
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
fn the_path_of_a_file_stays() {
    for args in [
        &["kubectl", "--from-file=password=/etc/db/password", "--as=x"][..],
        &["kubectl", "--from-file", "token=/etc/a b", "--as=x"],
        &["kubectl", "--from-file=/etc/db/password"],
        &[
            "sh",
            "-c",
            "kubectl --from-file=password='/etc/a b' --from-file token=/t --as=x",
        ],
        &[
            "sh",
            "-c",
            "kubectl --from-file 'token=/t' --from-file='token=/a b' --as=x",
        ],
    ] {
        assert_eq!(redacted(args), args);
    }
    let args = [
        "kubectl",
        "--from-file=password=/p",
        "--from-literal=password=abc",
    ];
    assert_eq!(
        redacted(&args)[2],
        format!("--from-literal=password={}", marked("literal", "abc"))
    );
}

#[test]
fn what_is_behind_curl_is_none_of_it() {
    let bob = format!("bob:{}", marked("password", "abc"));
    for end in ["; ", " | ", " && ", " & ", "\n"] {
        let line =
            |user: &str| format!("curl -s -u {user} 'https://h/?a; b'{end}kubectl --user=system:admin get");
        assert_eq!(redacted(&["sh", "-c", &line("bob:abc")])[2], line(&bob));
        assert_eq!(text(line("bob:abc").as_bytes()), line(&bob).as_bytes());
    }
    for line in [
        "curl 'a; b' -u {}",
        "curl https://h/?a=b&c=d -u {}",
        "curl -s \\\n -u {}",
        "curl -d \"it's; a\" -u {}",
    ] {
        let given = line.replace("{}", "bob:abc");
        assert_eq!(redacted(&["sh", "-c", &given])[2], line.replace("{}", &bob));
    }
    let args = ["curl", "https://h/?a=b& c; d", "-u", "bob:abc"];
    assert_eq!(redacted(&args)[3], bob);
}

#[test]
fn flags_of_one_letter_are_known_by_their_program() {
    let p = |kind: &str| marked(kind, "hunter22");
    for (line, kind) in [
        ("sshpass -p {} ssh h", "password"),
        ("sshpass -p{} ssh h", "password"),
        ("docker login -u bob -p {} h", "password"),
        ("az login --service-principal -u a -p {}", "password"),
        ("redis-cli -h x -a {} ping", "password"),
        ("mysql -u root -p{} db", "password"),
        ("curl -b session={} https://h", "cookie"),
        ("kubectl set env deploy/x A={} --as=x", "env"),
        ("kubectl set env -n y deploy/x A=b A={}", "env"),
        ("aws configure set aws_secret_access_key {}", "key"),
        ("read -r TOKEN <<< {}", "token"),
    ] {
        let (whole, want) = (line.replace("{}", "hunter22"), line.replace("{}", &p(kind)));
        let want = want.replace("A=b", &format!("A={}", marked("env", "b")));
        assert_eq!(String::from_utf8_lossy(&text(whole.as_bytes())), want);
        assert_eq!(redacted(&["sh", "-c", &whole])[2], want);
        let inner = format!("kubectl exec x -- sh -c '{whole}'");
        assert_eq!(
            redacted(&["sh", "-c", &inner])[2],
            inner
                .replace("hunter22", &p(kind))
                .replace("A=b", &format!("A={}", marked("env", "b")))
        );
        if !line.contains("<<<") {
            let words: Vec<&str> = whole.split(' ').collect();
            assert_eq!(redacted(&words).join(" "), want);
        }
    }
    for line in [
        "kubectl logs login -p --as=admin",
        "kubectl patch deploy login -p x",
        "docker run -p 80:80 x",
        "mysql -p db",
        "curl -b cookies.txt https://h",
        "env A=b kubectl set image deploy/x a=b",
        "kubectl set env deploy/x --list; A=b kubectl get pods",
    ] {
        assert_eq!(redacted(&["sh", "-c", line])[2], line);
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
