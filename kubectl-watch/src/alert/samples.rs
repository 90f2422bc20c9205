//! What alerts are made from in tests, here and at the sinks.

mod credential;
pub(crate) mod followed;
mod lineage;
mod renamed;
mod surrounded;

use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use credential::{with_kubeconfig, with_kuberc, with_token};
use lineage::lineage;
pub(crate) use renamed::{in_memory, loaded};
pub(crate) use surrounded::surrounded;

use super::{Alert, AlertParts, Boot, Host, Os};
use crate::event::{Credentials, Environment, Gap, Ids, Names, Place, Process as EventProcess, ProcessEvent};
use crate::rule::{Metadata, Reference, Severity, Technique, Threat};
use crate::surroundings::Surroundings;

pub(crate) const JWT: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

/// What an alert is made from, as tests change it.
pub(crate) struct Sample {
    pub(crate) rule: Metadata,
    pub(crate) event: ProcessEvent,
    pub(crate) host: Host,
    pub(crate) matched: Vec<(&'static str, Vec<u8>)>,
    pub(crate) surroundings: Surroundings,
}

impl Sample {
    /// `kubectl get secrets --as=system:admin`, run by bob from bash.
    pub(crate) fn new() -> Self {
        Self {
            rule: rule(),
            event: event(),
            host: host(),
            matched: matched(),
            surroundings: Surroundings::default(),
        }
    }

    pub(crate) fn args(mut self, args: &[&[u8]]) -> Self {
        self.event.process.args = args.iter().collect();
        self
    }

    pub(crate) fn alert(&self) -> Alert {
        let matched = self.matched.iter();
        let matched: Vec<_> = matched.map(|(field, value)| (*field, value.as_slice())).collect();
        Alert::new(&AlertParts {
            rule: &self.rule,
            event: &self.event,
            host: &self.host,
            matched: &matched,
            surroundings: &self.surroundings,
            response: None,
            id: Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001),
            created: time(230),
        })
    }
}

fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_767_225_600_000 + milliseconds).expect("time")
}

fn reference(id: &str, name: &str, path: &str) -> Reference {
    Reference {
        id: id.into(),
        name: name.into(),
        reference: format!("https://attack.mitre.org/{path}/"),
    }
}

fn rule() -> Metadata {
    let token = reference("T1550.001", "Application Access Token", "techniques/T1550/001");
    let material = Technique {
        reference: reference(
            "T1550",
            "Use Alternate Authentication Material",
            "techniques/T1550",
        ),
        subtechnique: vec![token],
    };
    let accounts = Technique {
        reference: reference("T1078", "Valid Accounts", "techniques/T1078"),
        subtechnique: vec![],
    };
    let threat = |tactic, technique| Threat {
        framework: "MITRE ATT&CK".into(),
        tactic,
        technique,
    };
    Metadata {
        id: "3c6685eb-9eaa-43a4-be1b-a7f9f1f5e63d".into(),
        name: "Potential Impersonation Attempt via Kubectl".into(),
        version: 1,
        description: "Kubectl run as somebody else.".into(),
        severity: Severity::Low,
        risk_score: 21,
        author: vec!["Elastic".into()],
        license: Some("Elastic License v2".into()),
        ruleset: Some("elastic/detection-rules".into()),
        tags: vec!["Domain: Kubernetes".into()],
        threat: vec![
            threat(
                reference("TA0005", "Defense Evasion", "tactics/TA0005"),
                vec![material, accounts.clone()],
            ),
            threat(
                reference("TA0006", "Credential Access", "tactics/TA0006"),
                vec![accounts],
            ),
        ],
        ..Metadata::default()
    }
}

fn event() -> ProcessEvent {
    let process = EventProcess {
        pid: 4242,
        tid: 4242,
        start: time(123),
        start_boot_ns: 123_000_000,
        name: b"kubectl".into(),
        executable: b"/usr/local/bin/kubectl".into(),
        filename: b"/usr/local/bin/kubectl".into(),
        args: ["kubectl", "get", "secrets", "--as=system:admin"]
            .iter()
            .collect(),
        ..EventProcess::default()
    };
    let parent = EventProcess {
        pid: 4000,
        tid: 4000,
        start: time(0),
        start_boot_ns: 1_000_000,
        name: b"bash".into(),
        executable: b"/usr/bin/bash".into(),
        filename: b"/usr/bin/bash".into(),
        args: ["-bash"].iter().collect(),
        ..EventProcess::default()
    };
    ProcessEvent {
        time: time(130),
        sequence: 17,
        process,
        parent,
        credentials: Credentials {
            user: Ids {
                real: 1000,
                effective: 1000,
                saved: 1000,
            },
            group: Ids {
                real: 1000,
                effective: 1000,
                saved: 1000,
            },
            ..Credentials::default()
        },
        names: Names {
            user: Some("bob".into()),
            real_user: Some("bob".into()),
            saved_user: Some("bob".into()),
            group: Some("bob".into()),
            real_group: Some("bob".into()),
            ..Names::default()
        },
        place: Place {
            cgroup_id: 7,
            ns_pid: 4242,
            pid_ns: 4_026_531_836,
            mnt_ns: 4_026_531_841,
            tty: Some((136, 0)),
            ..Place::default()
        },
        lineage: lineage(),
        environment: Environment::from_bytes(
            b"KUBECONFIG=/tmp/stolen\0HTTPS_PROXY=http://eve:hunter22@10.0.0.9\0",
        ),
        ..ProcessEvent::default()
    }
}

fn host() -> Host {
    let boot = "6d1c1a3e-0000-4000-8000-000000000000".into();
    Host {
        name: "node-1".into(),
        hostname: "ip-10-0-0-7".into(),
        id: Some("0123456789abcdef0123456789abcdef".into()),
        architecture: "x86_64".into(),
        boot: Some(Boot { id: boot }),
        os: Os {
            kernel: "6.8.0".into(),
            name: Some("Ubuntu".into()),
            ..Os::default()
        },
        ..Host::default()
    }
}

fn matched() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("process.name", b"kubectl".into()),
        ("process.parent.name", b"bash".into()),
        ("process.args", b"--as=system:admin".into()),
    ]
}

pub(crate) fn plain() -> Sample {
    Sample::new()
}

/// Arguments made to hurt whoever shows them.
pub(crate) fn hostile() -> Sample {
    let mut sample = Sample::new().args(&[
        b"kubectl",
        b"\xff\xfe\\xff",
        b"\x1b[2J\x1b]0;owned\x07",
        b"line\nbreak",
        "\u{202e}nimda\u{200b}".as_bytes(),
        b"--as=it's",
    ]);
    sample.matched[2].1 = b"--as=it's".into();
    sample.event.parent.name = b"\x1b[31mbash".into();
    sample
}

/// The parent had ended before anybody could look.
pub(crate) fn orphan() -> Sample {
    let mut sample = Sample::new();
    sample.event.parent = EventProcess {
        pid: 4000,
        name: b"bash".into(),
        ..EventProcess::default()
    };
    sample.event.gaps = vec![Gap::Parent, Gap::Executable];
    sample
}

/// By sudo, in a pod.
pub(crate) fn in_pod() -> Sample {
    let mut sample = Sample::new();
    sample.rule.severity = Severity::Critical;
    sample.rule.risk_score = 99;
    sample.event.credentials = Credentials {
        user: Ids {
            real: 1000,
            effective: 0,
            saved: 0,
        },
        group: Ids {
            real: 1000,
            effective: 0,
            saved: 0,
        },
        login_uid: Some(1001),
        audit_session: Some(3),
        cap_effective: 1 << 21,
        cap_permitted: 1 << 21 | 1 << 19,
    };
    for name in [
        &mut sample.event.names.user,
        &mut sample.event.names.saved_user,
        &mut sample.event.names.group,
    ] {
        *name = Some("root".into());
    }
    sample.event.names.login_user = Some("alice".into());
    sample.event.place.container_id = Some("ab".repeat(32));
    sample.event.place.pod_uid = Some("0b3c7a52-3a1e-4a0f-9d5c-1f2e3d4c5b6a".into());
    sample.event.place.ns_pid = 12;
    sample.event.place.tty = None;
    sample
}

/// With secrets in both command lines, one of them matched.
pub(crate) fn with_secrets() -> Sample {
    let mut sample = Sample::new().args(&[
        b"kubectl",
        b"--token",
        JWT.as_bytes(),
        b"--password=hunter22",
        b"--server=https://bob:hunter22@10.0.0.1:6443",
        b"get",
        b"pods",
    ]);
    let shell = format!("kubectl --token {JWT} --password=hunter22 get pods");
    sample.event.parent.args = ["bash", "-c", &shell].iter().collect();
    sample.matched = vec![
        ("process.args", JWT.into()),
        ("process.args", b"--password=hunter22".into()),
        ("process.parent.args", shell.clone().into()),
        ("process.command_line", b"whatever it was".into()),
        ("process.parent.command_line", shell.into()),
        ("process.title", b"x --token hunter22".into()),
    ];
    sample
}
