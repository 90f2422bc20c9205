//! Secrets in other languages than a shell's, and what a shell has besides words.

use super::{marked, redacted, text};

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
        ("mongosh -u bob -p {} h", "password"),
        ("etcdctl --user root:{} get x", "password"),
        ("jq -n --arg token {} x", "token"),
        ("aws secretsmanager x --secret-string {}", "secret"),
        ("keytool -storepass {} -list", "password"),
        ("REDISCLI_AUTH={} redis-cli", "password"),
        ("az x --connection-string AccountKey={}", "key"),
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
fn the_padding_of_base64_is_no_assignment() {
    for patch in [
        r#"[{"op":"add", "value": "aAA0+0a/A+aA=", "path": "/data/password"}]"#,
        r#"{"x": "aA=", "token": "aAA0+0a/A+aA="}"#,
    ] {
        let line = format!("env A=b kubectl patch secret x -p '{patch}'");
        let nested = format!("set -e; bash -c '{}'", line.replace('\'', r"'\''"));
        let words = ["kubectl", "set", "env", "deploy/x", "A=b", "-p", patch];
        for args in [&["bash", "-c", &line][..], &["bash", "-c", &nested], &words] {
            let text = redacted(args).join(" ");
            assert!(!text.contains("aAA0+0a"), "{text}");
        }
    }
}
