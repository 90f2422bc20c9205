//! A kubectl that says nothing of itself, under another name.

use std::sync::Arc;

use super::Sample;
use crate::event::{Content, Executable, File, FileVersion, Loaded, Unknown};
use crate::identity::{Go, Identity, Kind, Named, Tool};

/// Run from memory, and known by its texts.
pub(crate) fn in_memory() -> Sample {
    let mut sample = Sample::new();
    sample.event.process.name = b"memfd:update".into();
    sample.event.process.executable = b"/memfd:update".into();
    sample.event.place.container_start = Some(super::time(0));
    sample.event.file = Some(File {
        is_nameless: true,
        links: 0,
        mode: 0o100_777,
        version: FileVersion {
            device: 1,
            ..file().version
        },
        file_system: 0x0102_1994,
        ..file()
    });
    let go = Go {
        version: b"go1.24.2".into(),
        path: b"example.com/\x1b[2Jhello".into(),
        module: b"example.com".into(),
        module_version: b"(devel)".into(),
    };
    sample.event.executable.content = Content {
        identity: Some(Arc::new(Identity {
            kind: Kind::ElfStatic,
            tool: Some(Tool {
                name: "kubectl",
                named: Named::Strings,
            }),
            go: Some(go),
            build_id: Some("00ff".into()),
            go_build_id: Some(b"a/b/c".into()),
            interpreter: None,
            packed: Some("upx"),
        })),
        sha256: Some([0xab; 32]),
        unknown: None,
        is_open: false,
        is_unsearched: false,
    };
    sample
}

/// Run by its loader, which nobody could read in time.
pub(crate) fn loaded() -> Sample {
    let mut sample = Sample::new();
    sample.event.file = Some(file());
    sample.event.executable = Executable {
        content: Content {
            identity: Some(Arc::new(Identity {
                kind: Kind::Loader,
                ..Identity::default()
            })),
            ..Content::default()
        },
        loaded: Some(Box::new(Loaded {
            path: b"./kubectl".into(),
            content: Content::unknown(Unknown::Slow),
        })),
    };
    sample
}

fn file() -> File {
    File {
        version: FileVersion {
            device: 0xfe << 20 | 1,
            inode: 4711,
            size: 57_346_792,
            changed_ns: 1_767_225_600_050_000_000,
        },
        file_system: 0xef53,
        mode: 0o104_755,
        owner: 0,
        group: 100,
        links: 1,
        is_nameless: false,
        is_settled: true,
    }
}
