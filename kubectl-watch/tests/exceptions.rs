//! The commands about exceptions as a user meets them: every exit code, every message that tells how to go on.

use std::{fs, process::Output};

use assert_cmd::Command;

/// What an alert has at least.
const ALERT: &str = r#"{"@timestamp":"2026-01-01T00:00:00Z","event":{"kind":"alert","action":"exec","id":"a1"},"rule":{"id":"3c6685eb-9eaa-43a4-be1b-a7f9f1f5e63d","name":"N\u001b"},"process":{"name":"kubectl","args":["kubectl","--as=x"],"parent":{"name":"bash","executable":"/usr/bin/bash"}},"user":{"id":"7","name":"ci"}}"#;

const EXCEPTION: &str = "[[exception]]\nname = 'n'\nreason = 'r'\nowner = 'o'\nexpires = 2999-01-01\n\
                         condition = 'CONDITION'\n";

fn kubectl_watch(args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("kubectl-watch").expect("cargo builds it for this test");
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .args(args)
        .env_remove("SUDO_USER")
        .output()
        .expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("it is text");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn check_tells_what_is_wrong_with_exceptions() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("x.toml");
    let file = path.to_str().expect("it is text");
    for (condition, strict, code, words) in [
        ("user.name == \"ci\"", true, 0, "exceptions: 1"),
        (
            "process.args == \"--as=ci\"",
            false,
            0,
            "x.toml: n: line 6, column 14: every intruder can meet it: whoever runs a program chooses process.args; add who",
        ),
        (
            "process.args == \"--as=ci\"",
            true,
            78,
            "every intruder can meet it",
        ),
        (
            "process.executable == \"/usr/bin/kubectl\"",
            false,
            78,
            "x.toml: n: line 6, column 14: it holds for the usual program as anybody runs it",
        ),
        ("true", false, 78, "it would silence everything"),
        (
            "user.nam == 1",
            false,
            78,
            "there is no field `user.nam`; `user.name` is one",
        ),
    ] {
        fs::write(&path, EXCEPTION.replace("CONDITION", condition)).expect("it can be written");
        let args = if strict {
            &["check", "--strict", "-x", file][..]
        } else {
            &["check", "-x", file]
        };
        let (found, out, err) = kubectl_watch(args);
        assert_eq!(found, Some(code), "{condition}: {out}{err}");
        assert!(format!("{out}{err}").contains(words), "{condition}: {out}{err}");
    }
}

#[test]
fn allow_and_simulate_tell_how_to_go_on() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("it can be written");
        path.to_str().expect("it is text").to_owned()
    };
    let alert = write("alert.json", ALERT);
    let (code, text, said) = kubectl_watch(&["allow", "--from-alert", &alert, "--owner", "me"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("--alerts FILE"), "{said}");
    let exception = write("x.toml", &text);
    let past = write(
        "past.ndjson",
        &format!("{ALERT}\n{}\n", ALERT.replace("\"ci\"", "\"bob\"")),
    );
    let (code, report, said) = kubectl_watch(&["simulate", "--alerts", &past, "-x", &exception]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        report.contains("1 of 2 alerts would be no alerts any more") && !report.contains('\x1b'),
        "{report}"
    );

    for (args, words) in [
        (
            vec!["allow", "--from-alert", "nowhere"],
            "say where that is with --alerts FILE",
        ),
        (
            vec!["allow", "--from-alert", "nowhere", "--alerts", &past],
            "there is no alert nowhere among the 2",
        ),
        (
            vec!["allow", "--from-alert", &past],
            "has 2 alerts, and the exception is made from one",
        ),
        (
            vec!["allow", "--from-alert", &alert, "--expires", "soon"],
            "write a date, as in 2027-06-30",
        ),
        (
            vec!["allow", "--from-alert", &alert, "--without", "user.id"],
            "does not go by user.id, so it cannot be left out; it goes by user.name, ",
        ),
        (vec!["simulate", "--alerts", "/nowhere"], "cannot read /nowhere"),
        (
            vec!["simulate", "--alerts", &exception],
            "no line of it is a document of kubectl-watch",
        ),
    ] {
        let (code, _, said) = kubectl_watch(&args);
        assert_eq!(code, Some(78), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
}

#[test]
fn simulate_says_what_suppression_would_do_and_its_numbers_add_up() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("it can be written");
        path.to_str().expect("it is text").to_owned()
    };
    let alert = |id: &str, second: &str, user: &str| {
        let alert = ALERT
            .replace("\"a1\"", &format!("{id:?}"))
            .replace("\"7\",\"name\":\"ci\"", &format!("{user:?},\"name\":{user:?}"));
        alert.replace("00:00:00Z", &format!("00:00:{second}Z"))
    };
    let unknown = alert("a7", "08", "ci").replace("\"rule\":{\"id\":\"", "\"rule\":{\"id\":\"no-");
    let summary =
        r#"{"event":{"kind":"event","action":"alert-repeated"},"kubectl_watch":{"suppression":{"count":5}}}"#;
    // In whatever order they are in the file.
    let alerts = [
        alert("a6", "40", "ci"),
        alert("a1", "00", "ci"),
        alert("a2", "09", "ci"),
        alert("a3", "04", "ci"),
        alert("a4", "05", "bob"),
        alert("a5", "06", "eve"),
        unknown,
        summary.to_owned(),
    ];
    let past = write("past.ndjson", &alerts.join("\n"));
    let exception = EXCEPTION.replace("CONDITION", "user.name == \"bob\"");
    let exception = write("x.toml", &exception);
    let args = ["simulate", "--alerts", &past, "-x", &exception, "--suppress=30s"];
    let (code, report, said) = kubectl_watch(&args);
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "matches that the summaries among them stand for, and that are not tried: 5\n",
        "      7       3       2        1       0  2026-01-01T00:00:00Z 2026-01-01T00:00:40Z",
        "       2  2026-01-01T00:00:04Z 2026-01-01T00:00:09Z  a1",
        "\nalerts 7 = matched 6 + not matched any more 1 + unsure 0\n",
        "\nmatched 6 = alerted 3 + summarised 2 + excepted 1\n",
        "\n2 of 7 alerts would be no alerts any more, and 2 counted in summaries\n",
        "excepted by n",
        "its rule is not among those given",
    ] {
        assert!(report.contains(words), "no {words:?}: {report}");
    }
    let (_, report, _) = kubectl_watch(&args[..5]);
    assert!(
        report.contains("\nmatched 6 = alerted 5 + summarised 0 + excepted 1\n"),
        "{report}"
    );
    let (code, _, said) = kubectl_watch(&["simulate", "--alerts", &past, "--suppress=48h"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("a day at most"), "{said}");
}
