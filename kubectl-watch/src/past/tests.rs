use super::*;
use crate::alert::samples::{self, Sample};
use crate::eql::{Query, Schema as _};
use crate::facts::{FactSchema, Facts, Node};

fn past(sample: &Sample) -> PastAlert {
    let past = Past::from_text(&sample.alert().to_json_line());
    assert_eq!((past.faults.len(), past.others.len()), (0, 0), "{past:?}");
    past.alerts.into_iter().next().expect("it is an alert")
}

/// The parent has more arguments than an alert shows, and the leaders more than are read.
fn below_a_long_command_line() -> Sample {
    let mut sample = Sample::new();
    let long: crate::event::Args = std::iter::repeat_n("word", 2000).collect();
    sample.event.lineage.session_leader.args = long.clone().cut();
    sample.event.parent.args = long;
    sample
}

#[test]
fn arguments_that_an_alert_does_not_show_cannot_be_told() {
    let alert = past(&below_a_long_command_line());
    let is_known = |name: &str| alert.is_known(FactSchema.field(name).expect("it is known"));
    for (of, is_counted) in [("process.parent", true), ("process.session_leader", false)] {
        assert!(
            !is_known(&format!("{of}.args")) && !is_known(&format!("{of}.command_line")),
            "{of}"
        );
        assert_eq!(is_known(&format!("{of}.args_count")), is_counted, "{of}");
    }
    assert!(is_known("process.args") && is_known("process.group_leader.args"));
}

/// Every field that a document says it knows has the values that its event had.
#[test]
fn a_document_answers_as_its_event_did() {
    let samples: [fn() -> Sample; 8] = [
        Sample::new,
        samples::in_pod,
        samples::with_token,
        samples::with_kubeconfig,
        samples::with_kuberc,
        samples::in_memory,
        || Sample::new().args(&[b"kubectl", b"get", b"--as=\xff\\x41", b"--as-group=g"]),
        below_a_long_command_line,
    ];
    for sample in samples.map(|sample| Box::new(sample())) {
        let alert = past(&sample);
        let node = Node {
            name: sample.host.name.clone(),
            hostname: sample.host.hostname.clone(),
            id: sample.host.id.clone(),
            ..Node::default()
        };
        let facts = Facts::of(&sample.event, &node);
        for name in FactSchema.filled() {
            let field = FactSchema.field(name).expect("it is known");
            let values = |event: &dyn crate::eql::Event| {
                let mut values = Vec::new();
                event.any(field, &mut |value| {
                    values.push(match value {
                        crate::eql::Value::Str(text) => text.to_vec(),
                        crate::eql::Value::Int(number) => number.to_string().into_bytes(),
                        other => format!("{other:?}").into_bytes(),
                    });
                    false
                });
                values
            };
            // These are the same for every event, and documents say something else of themselves.
            let is_constant = name.starts_with("event.");
            if alert.is_known(field) && !is_constant {
                assert_eq!(
                    values(&alert)
                        .iter()
                        .map(|it| String::from_utf8_lossy(it).into_owned())
                        .collect::<Vec<_>>(),
                    values(&facts)
                        .iter()
                        .map(|it| String::from_utf8_lossy(it).into_owned())
                        .collect::<Vec<_>>(),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn what_a_mark_hides_cannot_be_told() {
    let alert = past(&Sample::new().args(&[b"kubectl", b"get", b"--token=abc", b"--token", b"def"]));
    let judge = |condition: &str| {
        let query = Query::parse(&format!("any where {condition}"), &FactSchema).expect(condition);
        query.judge(&alert, &|field| alert.is_known(field))
    };
    for (condition, expected) in [
        ("process.args : \"--token*\"", Some(true)),
        ("process.args == \"--token=abc\"", None),
        ("not process.args == \"--token=abc\"", None),
        (
            "process.args == \"--token=abc\" or process.name == \"kubectl\"",
            Some(true),
        ),
        (
            "process.args == \"--token=abc\" and process.name == \"k\"",
            Some(false),
        ),
        ("process.hash.sha256 == \"00\"", None),
        ("process.parent.interactive == true", None),
        ("container.id == null", Some(true)),
    ] {
        assert_eq!(judge(condition), expected, "{condition}");
    }
}

#[test]
fn nothing_in_a_file_is_passed_over_in_silence() {
    let line = Sample::new().alert().to_json_line();
    let id = Sample::new().alert().id().to_owned();
    let update = format!(
        "{{\"event\":{{\"action\":\"executable-identified\"}},\"process\":{{\"hash\":{{\"sha256\":\"ab\"}}}},\
         \"kubectl_watch\":{{\"alert\":{{\"id\":\"{id}\"}}}}}}\n"
    );
    let circumstances = update
        .replace("executable-identified", "circumstances-found")
        .replace(
            "\"process\":{",
            "\"source\":{\"ip\":\"192.0.2.7\"},\"orchestrator\":7,\"process\":{",
        );
    let mut text = line.clone();
    text.extend_from_slice(b"{\"torn\n\n{}\n{\"event\":{\"action\":\"watch-stop\"}}\n");
    text.extend_from_slice(b"2026-01-01T00:00:00Z  INFO watching rules=1\nkubectl-watch: a failure\n");
    text.extend_from_slice(
        b"{\"timestamp\":\"2026-01-01T00:00:00Z\",\"level\":\"INFO\",\"message\":\"watching\"}\n",
    );
    text.extend_from_slice(update.as_bytes());
    text.extend_from_slice(circumstances.as_bytes());
    let past = Past::from_text(&text);
    assert_eq!(past.alerts.len(), 1);
    assert_eq!(
        past.get(&id).and_then(|alert| alert.text("process.hash.sha256")),
        Some("ab")
    );
    let said: Vec<_> = past
        .others
        .iter()
        .map(|(what, count)| (what.as_str(), *count))
        .collect();
    assert_eq!(
        said,
        [
            ("circumstances-found", 1),
            ("executable-identified", 1),
            ("watch-stop", 1)
        ]
    );
    assert_eq!(past.alerts[0].text("source.ip"), Some("192.0.2.7"));
    assert_eq!((past.faults.len(), past.passed_over), (2, 3), "{past:?}");
    assert_eq!(
        past.faults[0],
        "line 2: it is no JSON: EOF while parsing a string, at column 6"
    );
    assert!(
        past.faults[1].starts_with("line 4: it is JSON, and no document"),
        "{:?}",
        past.faults
    );
}

#[test]
fn a_file_with_no_document_at_all_is_a_mistake() {
    let past = Past::from_text(b"[[exception]]\nname = 'n'\n");
    assert_eq!(past.faults, ["no line of it is a document of kubectl-watch"]);
    assert!(Past::from_text(b"\n").faults.is_empty());
}
