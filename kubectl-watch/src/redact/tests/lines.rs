//! What is taken out of a command line of a shell within one argument or a text.

use std::borrow::Cow;

use super::{marked, pattern, redacted, text};
use crate::redact::line::{self, Token};

/// That this comes of each line, behind `-c` and as a text.
fn check(lines: &[(&str, String)]) {
    for (line, want) in lines {
        let given = redacted(&["bash", "-c", line]);
        assert_eq!(&given[2], want, "{line}");
        let free = String::from_utf8(text(line.as_bytes())).expect("text");
        assert_eq!(&free, want, "as text: {line}");
    }
}

#[test]
fn a_word_is_copied_only_where_its_program_gets_other_bytes() {
    for (line, bytes, is_part) in [
        ("a-b c", "a-b", true),
        ("'a b' c", "a b", true),
        ("\"a $b\" c", "a $b", true),
        ("'a'b c", "ab", false),
        ("'a''b' c", "ab", false),
        ("a\\ b c", "a b", false),
        ("a\"b\"'c'd e", "abcd", false),
        ("$'a' c", "a", true),
        ("$'a\\x62' c", "ab", false),
        ("a$(b) c", "a$(b)", false),
    ] {
        let tokens = line::read(line.as_bytes()).expect("it is one");
        let Some(Token::Word(word)) = tokens.first() else {
            panic!("{line}: {tokens:?}")
        };
        assert_eq!(word.bytes, bytes.as_bytes(), "{line}");
        assert_eq!(matches!(word.bytes, Cow::Borrowed(_)), is_part, "{line}");
    }
}

#[test]
fn a_secret_in_a_command_line_is_taken_as_its_shell_reads_it() {
    let t = |secret: &str| marked("token", secret);
    check(&[
        (
            "kubectl --token=abc get pods --as=x",
            format!("kubectl --token={} get pods --as=x", t("abc")),
        ),
        (
            "kubectl --token abc get pods",
            format!("kubectl --token {} get pods", t("abc")),
        ),
        (
            "kubectl --token='a b' get",
            format!("kubectl --token={} get", t("a b")),
        ),
        (
            "kubectl --token \"a b\"c get",
            format!("kubectl --token {} get", t("a bc")),
        ),
        (
            "kubectl --token=a\\ b get",
            format!("kubectl --token={} get", t("a b")),
        ),
        (
            "kubectl \\\n  --token \\\n  abc \\\n get",
            format!("kubectl \\\n  --token \\\n  {} \\\n get", t("abc")),
        ),
        (
            "kubectl '--token=a b' get",
            format!("kubectl '--token={}' get", t("a b")),
        ),
        (
            "sh -c 'kubectl --token=\"a b\" get'",
            format!("sh -c 'kubectl --token={} get'", t("a b")),
        ),
        (
            r#"sh -c "sh -c \"kubectl --token='a b' get --as=x\"""#,
            format!(r#"sh -c "sh -c \"kubectl --token={} get --as=x\"""#, t("a b")),
        ),
        (
            r#"sh -c "sh -c \"kubectl --token=\\\"a b\\\" get --as=x\"""#,
            format!(r#"sh -c "sh -c \"kubectl --token={} get --as=x\"""#, t("a b")),
        ),
        (
            "HTTPS_PROXY=bob:a;b@proxy:3128 kubectl --as=x",
            format!(
                "HTTPS_PROXY={}@proxy:3128 kubectl --as=x",
                marked("userinfo", "bob:a;b")
            ),
        ),
        (
            "TOKEN=abc kubectl --as=x",
            format!("TOKEN={} kubectl --as=x", t("abc")),
        ),
        (
            "a;kubectl --token=abc;b",
            format!("a;kubectl --token={};b", t("abc")),
        ),
        (
            "curl -H 'Authorization: Bearer a.b' https://h --as=x",
            format!(
                "curl -H 'Authorization: Bearer {}' https://h --as=x",
                marked("bearer", "a.b")
            ),
        ),
        (
            "curl -u 'bob:a b' https://h",
            format!("curl -u bob:{} https://h", marked("password", "a b")),
        ),
        (
            "kubectl create secret generic x --from-literal=k='a b' -n y",
            format!(
                "kubectl create secret generic x --from-literal=k={} -n y",
                marked("literal", "a b")
            ),
        ),
        (
            r#"kubectl patch x -p '{"data": {"password": "a, b", "as": "x"}}'"#,
            format!(
                r#"kubectl patch x -p '{{"data": {{"password": {}, "as": "x"}}}}'"#,
                marked("password", "a, b")
            ),
        ),
        (
            r#"5" {"args":["--token","a b","--as=x"]}"#,
            format!(r#"5" {{"args":["--token",{},"--as=x"]}}"#, t("a b")),
        ),
        (
            "see https://h/?access_token=abc&x=1",
            format!("see https://h/?access_token={}&x=1", t("abc")),
        ),
    ]);
}

#[test]
fn the_secret_of_config_set_is_found_among_flags() {
    let t = |secret: &str| marked("token", secret);
    check(&[
        (
            "kubectl config set users.admin@k8s.token abc; b",
            format!("kubectl config set users.admin@k8s.token {}; b", t("abc")),
        ),
        (
            "kubectl config set --kubeconfig /x users.a@b.token abc --as=x",
            format!(
                "kubectl config set --kubeconfig /x users.a@b.token {} --as=x",
                t("abc")
            ),
        ),
        (
            "kubectl config set users.bob.token --kubeconfig=/x 'a b'\nid --as=x",
            format!(
                "kubectl config set users.bob.token --kubeconfig=/x {}\nid --as=x",
                t("a b")
            ),
        ),
        (
            "kubectl config set users.bob.token --kubeconfig /x abc --as=x",
            format!(
                "kubectl config set users.bob.token --kubeconfig /x {} --as=x",
                t("abc")
            ),
        ),
    ]);
}

#[test]
fn a_command_whose_output_is_a_value_is_part_of_it() {
    let t = |secret: &str| marked("token", secret);
    check(&[
        (
            "kubectl --token=$(echo abc | base64 -d) get --as=x",
            format!("kubectl --token={} get --as=x", t("$(echo abc | base64 -d)")),
        ),
        (
            "kubectl --token $(echo $(echo abc; (id)) | cut -d ')' -f 1) get",
            format!(
                "kubectl --token {} get",
                t("$(echo $(echo abc; (id)) | cut -d ')' -f 1)")
            ),
        ),
        (
            "kubectl --token=\"$(echo \"a b\" | rev)\" get --as=x",
            format!("kubectl --token={} get --as=x", t("$(echo \"a b\" | rev)")),
        ),
        (
            "kubectl \"--token=$(echo \"a b\" | rev)\" get --as=x",
            format!("kubectl \"--token={}\" get --as=x", t("$(echo \"a b\" | rev)")),
        ),
        (
            "sh -c 'kubectl --token=$(echo a b' --as=x",
            format!("sh -c 'kubectl --token={}' --as=x", t("$(echo a b")),
        ),
        (
            "kubectl --token='$(a' --as=x",
            format!("kubectl --token={} --as=x", t("$(a")),
        ),
        (
            "kubectl --token=\"`echo \"a\" \"b c\"`\" get --as=x",
            format!("kubectl --token={} get --as=x", t("`echo \"a\" \"b c\"`")),
        ),
        (
            "kubectl --token $(case $x in a|b) echo \"c d\";; esac) get --as=x",
            format!(
                "kubectl --token {} get --as=x",
                t("$(case $x in a|b) echo \"c d\";; esac)")
            ),
        ),
        (
            "x=\"$(kubectl --token=\"a b\" get)\" kubectl --as=y",
            format!("x=\"$(kubectl --token={} get)\" kubectl --as=y", t("a b")),
        ),
        (
            "kubectl --token=`echo abc | rev` get",
            format!("kubectl --token={} get", t("`echo abc | rev`")),
        ),
        (
            "kubectl run x --env=A=$(echo a b) --as=x",
            format!("kubectl run x --env=A={} --as=x", marked("env", "$(echo a b)")),
        ),
        (
            "kubectl create secret generic x --from-literal=k=$(echo a b) -n y",
            format!(
                "kubectl create secret generic x --from-literal=k={} -n y",
                marked("literal", "$(echo a b)")
            ),
        ),
        (
            "login --password <(echo a b) --as=x",
            format!("login --password {} --as=x", marked("password", "<(echo a b)")),
        ),
        (
            "kubectl run x --env $(echo a b) --as=x",
            format!("kubectl run x --env {} --as=x", marked("env", "$(echo a b)")),
        ),
    ]);
}

/// Seven letters are no secret in the pattern of a rule, and those that a shell would take for quotes are letters too.
#[test]
fn a_string_of_json_is_taken_with_the_quotes_in_it() {
    for secret in ["A#Aa`AaA", "it's 'a'"] {
        let json = format!("--patch={{\"a\": {{\"b\": \"c\", \"password\": \"{secret}\"}}}}");
        let want = json.replace(&format!("\"{secret}\""), &marked("password", secret));
        assert_eq!(redacted(&[&json])[0], want);
        assert_eq!(pattern(&json), want);
    }
}

#[test]
fn a_line_without_a_secret_stays() {
    for line in [
        "kubectl get pods -o jsonpath='{.items[*].metadata.name}' | xargs -n1 kubectl --as=x delete pod",
        "for i in $(kubectl get ns -o name); do kubectl --as=system:admin get secrets -n \"${i#*/}\"; done",
        "kubectl get secret x -o json | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"data\"])'",
        "kubectl get po | awk '{print $1 \"\\t\" $2}' > \"/tmp/a b\" 2>&1 &",
        "cat <<'EOF' | kubectl apply -f -\nkind: Pod\nmetadata: {name: \"it's\"}\nEOF\nid",
        "x=`kubectl --as=x get \\`echo pods\\``; case $x in a|b) id;; (*) echo \"$(date +'%F %T')\";; esac # it's",
        "sh -c \"bash -c \\\"kubectl get pods --as='a b'\\\"\"",
        "kubectl run x --image=i --overrides='{\"spec\":{\"containers\":[{\"command\":[\"sh\",\"-c\",\"id; ls \\\"a b\\\"\"]}]}}'",
        "diff <(kubectl get po -o yaml) <(kubectl get po --as=x -o yaml) && echo $'it\\'s'",
    ] {
        assert_eq!(redacted(&["bash", "-c", line])[2], line);
        assert_eq!(text(line.as_bytes()), line.as_bytes(), "{line}");
    }
}
