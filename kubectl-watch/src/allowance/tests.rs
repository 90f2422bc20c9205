mod narrow;

use super::*;
use crate::alert::samples::{Sample, in_memory};
use crate::event::{Environment, Gap, Source, Witness};
use crate::past::Past;
use crate::simulation::judge;
use crate::surroundings::Surroundings;

/// An alert in whose environment no secret was redacted: of one nobody can say what the document has not.
fn sample() -> Sample {
    without_secret(Sample::new())
}

fn without_secret(mut sample: Sample) -> Sample {
    sample.event.environment = Environment::from_bytes(b"KUBECONFIG=/tmp/stolen\0HOME=/home/bob");
    sample
}

/// What is made of an alert, but for these fields.
fn allow_without(sample: &Sample, without: &[&str]) -> (String, Exception, PastAlert) {
    let alert = past(sample);
    let wording = Wording {
        name: None,
        reason: Some("it's \"fine\"".into()),
        owner: "me".into(),
        expires: "2999-01-01".into(),
        without: without.iter().map(|&field| field.to_owned()).collect(),
    };
    let made = wording
        .exception(&alert)
        .unwrap_or_else(|error| panic!("{error}"));
    (made.text, made.exception, alert)
}

fn allow(sample: &Sample) -> (String, Exception, PastAlert) {
    allow_without(sample, &[])
}

fn past(sample: &Sample) -> PastAlert {
    Past::from_text(&sample.alert().to_json_line()).alerts.remove(0)
}

fn copy(sample: &Sample) -> Sample {
    Sample {
        rule: sample.rule.clone(),
        event: sample.event.clone(),
        host: sample.host.clone(),
        matched: Vec::new(),
        surroundings: Surroundings::default(),
    }
}

#[test]
fn it_silences_its_alert_and_nothing_that_differs_in_what_counts() {
    let mut script = sample();
    script.event.parent.name = b"back'up.sh".to_vec();
    script.event.parent.args = ["bash", "/opt/back'up.sh"].iter().collect();
    let hostile = sample().args(&[
        b"kubectl",
        b"--as=a'''\n\x1b\"\\",
        b"--as-group=g",
        b"--token=abc",
    ]);
    for sample in [sample(), without_secret(in_memory()), script, hostile] {
        let (text, exception, alert) = allow(&sample);
        assert_eq!(judge(&exception, &alert), Some(true), "{text}");
        assert!(exception.doubts.is_empty(), "{text}");
        assert!(!text.contains("process.name =="), "{text}");
        let changes: [fn(&mut Sample); 3] = [
            |sample| {
                sample.event.names.user = Some("mallory".into());
                sample.event.credentials.user.effective = 4711;
            },
            |sample| sample.event.parent.executable = b"/tmp/x".to_vec(),
            |sample| sample.event.process.args = ["kubectl", "--as=system:masters"].iter().collect(),
        ];
        for change in changes {
            let mut other = copy(&sample);
            change(&mut other);
            assert_eq!(judge(&exception, &past(&other)), Some(false), "{text}");
        }
    }
}

#[test]
fn of_an_origin_it_goes_by_what_the_kernel_says_alone() {
    for (by, is_asked) in [(Witness::Socket, true), (Witness::Environment, false)] {
        let mut sample = sample();
        sample.event.circumstances.source = Some(Source {
            address: [192, 0, 2, 7].into(),
            port: 50_122,
            by,
        });
        let (text, exception, alert) = allow(&sample);
        assert_eq!(text.contains("source.ip =="), is_asked, "{text}");
        assert_eq!(judge(&exception, &alert), Some(true), "{text}");
    }
}

#[test]
fn it_says_what_it_goes_by_and_what_is_missing() {
    let (text, exception, _) = allow(&sample());
    assert_eq!(
        (exception.reason.as_str(), exception.owner.as_str()),
        ("it's \"fine\"", "me")
    );
    for words in [
        "# From alert 01970000-0000-7000-8000-000000000001 of 2026-01-01T00:00:00.13Z.\n",
        "# Its content is not in the alert",
        "# Everybody has the program that started it",
        "  // as whom it acts\n  user.target.name == \"system:admin\"",
        "  // what started it\n  process.parent.executable == \"/usr/bin/bash\"",
    ] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
    let nobody = "{\"@timestamp\":\"2026-01-01T00:00:00Z\",\"event\":{\"kind\":\"alert\",\"action\":\"exec\",\"id\":\"i\"},\
                  \"rule\":{\"id\":\"r\"},\"process\":{}}";
    let alert = Past::from_text(nobody.as_bytes()).alerts.remove(0);
    let wording = Wording {
        name: None,
        reason: None,
        owner: "me".into(),
        expires: "2999-01-01".into(),
        without: Vec::new(),
    };
    assert!(matches!(
        wording.exception(&alert),
        Err(AllowError::TooLittle("user"))
    ));
}

#[test]
fn a_field_with_a_secret_in_it_is_no_part_of_it_and_that_is_said() {
    type Change = fn(&mut Sample);
    const PATH: &[u8] = b"/tmp/ghp_0123456789abcdef0123/x";
    let cases: [(&str, Change); 6] = [
        ("process.executable", |it| {
            it.event.process.executable = PATH.to_vec();
        }),
        ("process.parent.executable", |it| {
            it.event.parent.executable = PATH.to_vec();
        }),
        ("process.parent.name", |it| {
            it.event.parent.name = PATH[5..].to_vec();
        }),
        ("user.target.name", |it| {
            it.event.process.args = [&b"kubectl"[..], b"get", b"pods", b"--as", PATH].iter().collect();
        }),
        ("kubectl_watch.request.kubeconfig", |it| {
            it.event.process.args = [&b"kubectl"[..], b"get", b"pods", b"--kubeconfig", PATH]
                .iter()
                .collect();
        }),
        ("process.env_vars", |it| {
            it.event.environment = Environment::from_bytes(&[b"KUBECONFIG=", PATH].concat());
            it.event.gaps = vec![Gap::Kubeconfig];
        }),
    ];
    for (field, change) in cases {
        let mut sample = sample();
        sample.event.gaps = Vec::new();
        change(&mut sample);
        let (text, exception, alert) = allow(&sample);
        let said = format!("# Broader than it could be, as a secret was redacted in it: {field}\n");
        assert!(text.contains(&said), "{field}: {text}");
        assert!(!text.contains("<redacted"), "{field}: {text}");
        let is_of_variable = field == "process.env_vars";
        assert_eq!(
            judge(&exception, &alert),
            if is_of_variable { None } else { Some(true) },
            "{text}"
        );
        let mut other = copy(&sample);
        other.event.names.user = Some("mallory".into());
        assert_eq!(judge(&exception, &past(&other)), Some(false), "{text}");
    }
    let (text, exception, alert) = allow(&sample());
    assert!(!text.contains("a secret was redacted in it"), "{text}");
    assert_eq!(judge(&exception, &alert), Some(true));
}
