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
