//! The fields about the file that runs.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::event::{Content, Executable, File, FileVersion, Loaded, Unknown};
use crate::identity::{Go, Identity, Kind, Named, Tool};

fn content(tool: &'static str, named: Named) -> Content {
    Content {
        identity: Some(Arc::new(Identity {
            kind: Kind::Loader,
            tool: Some(Tool { name: tool, named }),
            go: Some(Go {
                version: b"go1.24.2".to_vec(),
                path: b"k8s.io/kubernetes/cmd/kubectl".to_vec(),
                ..Go::default()
            }),
            build_id: Some("00ff".into()),
            packed: Some("upx"),
            ..Identity::default()
        })),
        sha256: Some([0xab; 32]),
        unknown: None,
        is_open: false,
        is_unsearched: false,
    }
}

#[test]
fn the_file_and_what_is_in_it_have_their_values() {
    let start = Timestamp::from_second(100).expect("a time");
    let event = ProcessEvent {
        file: Some(File {
            version: FileVersion {
                device: 0xfe << 20 | 1,
                inode: 4711,
                size: 57_000_000,
                changed_ns: 100_000_000_001,
            },
            file_system: 0x0102_1994,
            mode: 0o104_757,
            owner: 1000,
            links: 0,
            ..File::default()
        }),
        executable: Executable {
            content: content("k3s", Named::BuildInfo),
            loaded: Some(Box::new(Loaded {
                path: b"./x".to_vec(),
                content: content("kubectl", Named::Strings),
            })),
        },
        place: Place {
            container_start: Some(start),
            ..Place::default()
        },
        ..ProcessEvent::default()
    };
    for (name, expected) in [
        // What a loader was told to run counts too.
        ("tool", &["k3s", "kubectl"][..]),
        ("tool_source", &["build_info", "strings"]),
        ("kind", &["loader"]),
        ("packed", &["upx"]),
        ("build_id", &["00ff"]),
        ("go_version", &["go1.24.2"]),
        ("go_path", &["k8s.io/kubernetes/cmd/kubectl"]),
        ("go_module", &[]),
        ("unknown", &[]),
        ("loaded.path", &["./x"]),
        ("loaded.tool", &["kubectl"]),
        ("size", &["Int(57000000)"]),
        ("inode", &["Int(4711)"]),
        ("device", &["254:1"]),
        ("owner", &["1000"]),
        ("links", &["Int(0)"]),
        ("mode", &["4757"]),
        ("file_system", &["tmpfs"]),
        ("deleted", &["Bool(true)"]),
        ("memfd", &["Bool(false)"]),
        ("writable_by_others", &["Bool(true)"]),
        ("changed_after_container_start", &["Bool(true)"]),
    ] {
        assert_eq!(
            values(&event, &format!("kubectl_watch.executable.{name}")),
            expected,
            "{name}"
        );
    }
    assert_eq!(values(&event, "process.hash.sha256"), ["ab".repeat(32)]);
}

#[test]
fn what_is_not_known_has_no_value() {
    let mut event = ProcessEvent::default();
    for name in ProcessSchema
        .filled()
        .filter(|name| name.starts_with("kubectl_watch.executable."))
    {
        assert!(values(&event, name).is_empty(), "{name}");
    }
    event.executable.content = Content::unknown(Unknown::Gone);
    assert_eq!(values(&event, "kubectl_watch.executable.unknown"), ["gone"]);
}
