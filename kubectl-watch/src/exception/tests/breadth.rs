//! What is refused because it is too broad, and what is doubted.

use super::*;

#[test]
fn what_would_silence_everything_is_refused() {
    for condition in [
        "true",
        "not false",
        "host.os.type == \"linux\"",
        "process.name != \"bash\"",
        "not (user.name == \"root\")",
        "container.id == null",
        "process.name : \"*\"",
        "process.executable like \"/*\"",
        "process.name != null",
        "process.pid > 0",
        "process.pid < 5000000",
        "length(process.name) > 0",
        "process.name regex \".*\"",
        "process.name : \"*\" and process.pid > 0",
        "process.interactive == true or process.interactive == false",
        "user.name == \"ci\" or true",
        "user.name == \"ci\" or process.name : \"**\"",
        "labels.environment == \"development\"",
        "host.name == \"worker-3\" and process.name != \"bash\"",
        "not (labels.environment == \"production\")",
    ] {
        let said = refusal(&with(condition));
        assert!(said.contains("silence everything"), "{condition}: {said}");
    }
    for text in [
        HEAD.to_owned(),
        format!("{HEAD}[exception.match]\n"),
        format!("{HEAD}[exception.match]\n\"user.name\" = \"*\"\n"),
    ] {
        assert!(refusal(&text).contains("silence everything"), "{text}");
    }
    for entries in [
        "",
        r#"{"field":"process.name","operator":"included","type":"exists"}"#,
        r#"{"field":"user.name","operator":"excluded","type":"match","value":"root"}"#,
        r#"{"field":"process.name","operator":"included","type":"wildcard","value":"*"}"#,
    ] {
        let error = Exception::from_json(&item(entries))
            .expect_err(entries)
            .to_string();
        assert!(error.contains("silence everything"), "{entries}: {error}");
    }
}

#[test]
fn what_would_silence_a_rule_for_everybody_is_refused() {
    for condition in [
        "process.name == \"kubectl\"",
        "process.executable == \"/usr/bin/kubectl\"",
        "process.executable like \"*/kubectl\"",
        "endsWith(process.executable, \"kubectl\")",
        "kubectl_watch.executable.tool == \"kubectl\"",
        "kubectl_watch.executable.tool != null and process.parent.name != \"runner\"",
        "process.parent.executable == \"/usr/bin/bash\"",
        "process.parent.executable in (\"/bin/sh\", \"/usr/bin/dash\")",
        "process.parent.executable like (\"/usr/lib/systemd/*\", \"/usr/bin/python3.11\")",
        "process.parent.name == \"sh\" and process.parent.parent.name == \"sshd\"",
        "process.parent.executable == \"/usr/bin/sudo\" and user.name != \"mallory\"",
        "process.args like \"--as=*\"",
        "process.args like \"--as*\" and labels.environment == \"development\"",
        "process.executable == \"/usr/bin/kubectl\" and container.id != null",
        "process.executable == \"/usr/bin/kubectl\" and container.id == null",
        "user.name == \"ci\" or process.executable == \"/usr/bin/kubectl\"",
        "process.args == \"kubectl\"",
        "process.args : \"--as*\"",
        "process.command_line : \"*--as*\"",
        "process.command_line : \"kubectl *\"",
        "stringContains(process.command_line, \"--as\")",
        "process.entry_leader.entry_meta.type == \"init\"",
        "process.entry_leader.entry_meta.type == \"container\"",
        "process.entry_leader.entry_meta.type in (\"sshd\", \"terminal\")",
        "process.entry_leader.entry_meta.type == \"init\" and process.executable == \"/usr/bin/kubectl\"",
        "process.entry_leader.entry_meta.type != \"sshd\" and process.executable == \"/usr/bin/kubectl\"",
        "process.parent.pid == 1",
        "process.parent.parent.pid < 2",
        "process.thread.capabilities.effective == \"CAP_SYS_ADMIN\"",
        "process.thread.capabilities.permitted : \"CAP_*\"",
        "cidrMatch(source.ip, \"0.0.0.0/0\")",
        "cidrMatch(source.ip, \"0.0.0.0/1\", \"128.0.0.0/1\")",
        "cidrMatch(source.ip, \"::/0\") and process.executable == \"/usr/bin/kubectl\"",
    ] {
        let said = refusal(&with(condition));
        assert!(said.contains("it would silence"), "{condition}: {said}");
        assert!(said.starts_with("n: line 7, column 1: "), "{condition}: {said}");
    }
    let narrow = "cidrMatch(source.ip, \"10.1.0.0/16\") and process.executable == \"/usr/bin/kubectl\"";
    assert!(one(&with(narrow)).doubts.is_empty());
}

#[test]
fn what_an_intruder_can_meet_is_doubted() {
    for (condition, is_doubted) in [
        (
            "process.args == \"--as=a\" and process.parent.name == \"deploy.sh\"",
            true,
        ),
        ("user.name == \"ci\" or process.args == \"--as=a\"", true),
        ("process.args == \"x\" and user.name != \"root\"", true),
        ("process.hash.sha256 == \"00\"", true),
        ("kubectl_watch.kubeconfig.file.sha256 == \"00\"", true),
        ("kubectl_watch.credential.x509.sha256 == \"00\"", true),
        (
            "kubectl_watch.credential.token.sub == \"system:serviceaccount:a:b\"",
            true,
        ),
        ("user.id == \"0\"", true),
        ("process.real_user.name in (\"root\", \"ci\")", true),
        (
            "user.name == \"root\" and process.parent.executable == \"/usr/bin/bash\" and process.args == \"get\"",
            true,
        ),
        (
            "process.hash.sha256 == \"00\" and process.parent.executable == \"/bin/sh\"",
            true,
        ),
        (
            "labels.environment == \"development\" and process.args == \"--as=a\"",
            true,
        ),
        (
            "process.entry_leader.entry_meta.type == \"container\" and process.args == \"--as=a\"",
            true,
        ),
        ("process.parent.pid == 1 and user.name == \"root\"", true),
        (
            "process.parent.pid == 1 and user.name == \"ci\" and process.command_line : \"kubectl *\"",
            false,
        ),
        ("process.args == \"--as=a\" and user.name == \"ci\"", false),
        ("process.hash.sha256 == \"00\" and user.name == \"ci\"", false),
        ("user.id == \"0\" and container.id == \"c\"", false),
        (
            "user.id == \"0\" and process.parent.executable == \"/opt/runner/run\"",
            false,
        ),
        ("kubectl_watch.script.sha256 == \"00\"", false),
    ] {
        let doubts = one(&with(condition)).doubts;
        assert_eq!(!doubts.is_empty(), is_doubted, "{condition}: {doubts:?}");
    }
    let doubts = one(&with("user.id == \"0\" and process.args == \"get\"")).doubts;
    let words = "line 7, column 1: every intruder can meet it: whoever runs a program chooses process.args, and everybody \
                 can have that user.id; add who (user.name)";
    assert!(doubts[0].starts_with(words), "{doubts:?}");
}
