//! Each field of one event, and the numbers of all of them.

use super::*;

mod executable;
use crate::event::{Ancestor, Credentials, EntryKind, Environment, Ids, Lineage, Names, Place, Process};

fn event() -> ProcessEvent {
    ProcessEvent {
        sequence: 7,
        process: Process {
            pid: 42,
            tid: 43,
            name: b"kubectl".to_vec(),
            executable: b"/usr/bin/kubectl".to_vec(),
            args: ["kubectl", "", "--as=x"].iter().collect(),
            ..Process::default()
        },
        parent: Process {
            pid: 4,
            name: b"bash".to_vec(),
            ..Process::default()
        },
        credentials: Credentials {
            user: Ids {
                real: 1000,
                effective: 0,
                saved: u32::MAX,
            },
            group: Ids {
                real: 100,
                effective: 5,
                saved: 6,
            },
            cap_effective: 1 << 21 | 1 << 40 | 1 << 63,
            ..Credentials::default()
        },
        names: Names {
            user: Some("root".into()),
            real_user: Some("bob".into()),
            ..Names::default()
        },
        place: Place {
            tty: Some((136, 0)),
            ns_pid: 9,
            pod_uid: Some("u".into()),
            ..Place::default()
        },
        lineage: Lineage {
            previous: Process {
                name: b"dash".to_vec(),
                ..Process::default()
            },
            ancestors: vec![Ancestor {
                process: Process {
                    pid: 3,
                    ..Process::default()
                },
                ..Ancestor::default()
            }],
            session_leader: Process {
                name: b"bash".to_vec(),
                args: ["-bash"].iter().collect(),
                ..Process::default()
            },
            entry_kind: Some(EntryKind::Sshd),
            ..Lineage::default()
        },
        environment: Environment::from_bytes(b"HOME=/root\0X=1\0"),
        ..ProcessEvent::default()
    }
}

fn values(event: &ProcessEvent, name: &str) -> Vec<String> {
    let field = ProcessSchema
        .field(name)
        .unwrap_or_else(|| panic!("{name} is known"));
    let mut values = Vec::new();
    event.any(field, &mut |value| {
        values.push(match value {
            Value::Str(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        });
        false
    });
    values
}

#[test]
fn each_field_has_its_values() {
    let event = event();
    for (name, expected) in [
        ("process.args", vec!["kubectl", "", "--as=x"]),
        ("process.args_count", vec!["Int(3)"]),
        ("process.command_line", vec!["kubectl  --as=x"]),
        ("process.name", vec!["kubectl"]),
        ("process.pid", vec!["Int(42)"]),
        ("process.thread.id", vec!["Int(43)"]),
        ("process.vpid", vec!["Int(9)"]),
        ("process.parent.name", vec!["bash"]),
        ("process.parent.executable", vec![]),
        ("process.parent.args", vec![]),
        ("process.parent.args_count", vec![]),
        ("process.parent.command_line", vec![]),
        ("user.id", vec!["0"]),
        ("user.name", vec!["root"]),
        ("user.Ext.real.id", vec!["1000"]),
        ("process.real_user.name", vec!["bob"]),
        ("process.saved_user.id", vec!["4294967295"]),
        ("process.saved_user.name", vec![]),
        ("process.group.id", vec!["5"]),
        ("process.real_group.id", vec!["100"]),
        ("process.saved_group.id", vec!["6"]),
        ("process.interactive", vec!["Bool(true)"]),
        ("process.tty.char_device.major", vec!["Int(136)"]),
        ("process.tty.char_device.minor", vec!["Int(0)"]),
        (
            "process.thread.capabilities.effective",
            vec!["CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE", "63"],
        ),
        ("process.thread.capabilities.permitted", vec![]),
        ("orchestrator.resource.id", vec!["u"]),
        ("container.id", vec![]),
        ("event.action", vec!["exec"]),
        ("host.os.type", vec!["linux"]),
        ("process.working_directory", vec![]),
        ("process.entry_leader.entry_meta.type", vec!["sshd"]),
        ("process.entry_leader.name", vec![]),
        ("process.session_leader.args", vec!["-bash"]),
        ("process.previous.name", vec!["dash"]),
        ("process.parent.parent.pid", vec!["Int(3)"]),
        ("process.parent.interactive", vec![]),
        ("process.env_vars", vec!["HOME=/root"]),
    ] {
        assert_eq!(values(&event, name), expected, "{name}");
    }
}

#[test]
fn names_and_numbers_agree() {
    for (index, (known, name)) in KNOWN.iter().enumerate() {
        assert_eq!(*known as usize, index, "{name}");
        let field = ProcessSchema.field(name).expect(name);
        assert_eq!(usize::from(field.0), index);
        assert_eq!(ProcessSchema.name(field), *name);
        assert_ne!(ProcessSchema.knowledge(field), Knowledge::Never, "{name}");
    }
    assert_eq!(ProcessSchema.name(ProcessSchema::NAME), "process.name");
}

#[test]
fn what_others_fill_is_known_and_a_misspelt_name_is_not() {
    for name in [
        "process.hash.md5",
        "process.Ext.token.elevation",
        "process.previous.args",
        "file.path",
    ] {
        let field = ProcessSchema.field(name).expect(name);
        assert_eq!(ProcessSchema.knowledge(field), Knowledge::Never, "{name}");
        assert!(name.starts_with(ProcessSchema.name(field)), "{name}");
    }
    for name in [
        "process.nmae",
        "process",
        "process.hash",
        "event.typ",
        "user.nam",
        "",
    ] {
        assert_eq!(ProcessSchema.field(name), None, "{name}");
    }
}
