//! Events that queries are asked about: a usual one, an empty one, and one that an attacker would make.

use kubectl_watch::event::{Args, Credentials, Ids, Names, Place, Process, ProcessEvent};

/// All of them.
pub fn all() -> [ProcessEvent; 3] {
    [plain(), ProcessEvent::default(), hostile()]
}

/// `kubectl get secrets --as=system:admin`, from a shell in a pod.
pub fn plain() -> ProcessEvent {
    ProcessEvent {
        process: process(
            "kubectl",
            "/usr/bin/kubectl",
            &["kubectl", "get", "secrets", "--as=system:admin"],
        ),
        parent: process("bash", "/usr/bin/bash", &["bash", "-c", "kubectl get secrets"]),
        credentials: Credentials {
            user: Ids {
                real: 1000,
                effective: 0,
                saved: 0,
            },
            login_uid: Some(1000),
            audit_session: Some(7),
            cap_effective: 1 << 21,
            cap_permitted: u64::MAX,
            ..Credentials::default()
        },
        names: Names {
            user: Some("root".into()),
            real_user: Some("bob".into()),
            ..Names::default()
        },
        place: Place {
            tty: Some((136, 3)),
            container_id: Some("3f2a9c0d".repeat(8)),
            ..Place::default()
        },
        ..ProcessEvent::default()
    }
}

/// Bytes that are no text, arguments that are empty or alike, and a name of letters that fold.
fn hostile() -> ProcessEvent {
    let mut event = plain();
    event.process.name = b"KubeCtl\xff".to_vec();
    event.process.executable = b"/tmp/\xc3\x28/\x1b[2J*?".to_vec();
    event.process.args =
        Args::from_bytes([&b"\0\0a\0a\0\xff\xfe\0--AS=x\0"[..], &b"ab".repeat(300)].concat());
    event.parent.name = Vec::new();
    event
}

fn process(name: &str, executable: &str, args: &[&str]) -> Process {
    Process {
        pid: 4242,
        tid: 4242,
        name: name.into(),
        comm: name.into(),
        executable: executable.into(),
        filename: executable.into(),
        args: args.iter().collect(),
        ..Process::default()
    }
}
