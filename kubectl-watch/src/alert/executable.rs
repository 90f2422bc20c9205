//! What is said of the file that a process runs, and of what is in it: `kubectl_watch.executable`.

use serde::Serialize;

use super::text::Text;
use crate::event::{Content, File, Loaded, ProcessEvent, Unknown, file_system};
use crate::identity::{Identity, hex};

/// ECS `process.hash`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Hash {
    sha256: String,
}

/// The executable.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Executable {
    #[serde(flatten)]
    pub(crate) content: Parts,
    #[serde(flatten)]
    file: Option<FileFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_after_container_start: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) loaded: Option<LoadedFields>,
}

/// What is in a file.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Parts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tool: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tool_source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    go_version: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) go_path: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    go_module: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    go_module_version: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    go_build_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    build_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packed: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<&'static str>,
}

/// The file itself, as the kernel had it at the exec.
#[derive(Clone, Debug, Serialize)]
struct FileFields {
    file_system: String,
    device: String,
    inode: String,
    size: u64,
    mode: String,
    owner: String,
    group: String,
    links: u32,
    deleted: bool,
    memfd: bool,
    writable_by_others: bool,
}

/// What a loader was told to run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LoadedFields {
    pub(crate) path: Text,
    #[serde(flatten)]
    pub(crate) content: Parts,
}

impl Hash {
    pub(super) fn of(content: &Content) -> Option<Self> {
        content.sha256.map(|hash| Self { sha256: hex(&hash) })
    }
}

impl Executable {
    /// None where nobody knows anything of it.
    pub(super) fn of(event: &ProcessEvent) -> Option<Self> {
        let executable = &event.executable;
        let is_known = event.file.is_some() || *executable != crate::event::Executable::default();
        is_known.then(|| Self {
            content: Parts::of(&executable.content),
            file: event.file.as_ref().map(FileFields::of),
            changed_after_container_start: event.changed_after_container_start(),
            loaded: executable.loaded.as_deref().map(LoadedFields::of),
        })
    }
}

impl Executable {
    /// What is odd about the file, in words.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = &'static str> {
        let file = self.file.as_ref();
        let is = |test: fn(&FileFields) -> bool| file.is_some_and(test);
        let remarks = [
            (self.content.packed.is_some(), "packed"),
            (is(|file| file.memfd), "in memory only"),
            (is(|file| file.deleted), "deleted"),
            (is(|file| file.writable_by_others), "writable by everybody"),
            (
                self.changed_after_container_start == Some(true),
                "newer than its container",
            ),
        ];
        remarks
            .into_iter()
            .filter_map(|(is_so, remark)| is_so.then_some(remark))
    }
}

impl LoadedFields {
    fn of(loaded: &Loaded) -> Self {
        Self {
            path: Text::chosen(&loaded.path),
            content: Parts::of(&loaded.content),
        }
    }
}

impl Parts {
    fn of(content: &Content) -> Self {
        let unknown = content.unknown.map(Unknown::name);
        let Some(identity) = content.identity.as_deref() else {
            return Self {
                unknown,
                ..Self::default()
            };
        };
        let Identity {
            kind,
            // It is shown as what is loaded.
            interpreter: _,
            tool,
            go,
            build_id,
            go_build_id,
            packed,
        } = identity;
        let go = go.as_ref();
        Self {
            tool: tool.map(|tool| tool.name),
            tool_source: tool.map(|tool| tool.named.name()),
            kind: Some(kind.name()),
            go_version: go.and_then(|go| Text::known(&go.version)),
            go_path: go.and_then(|go| Text::known(&go.path)),
            go_module: go.and_then(|go| Text::known(&go.module)),
            go_module_version: go.and_then(|go| Text::known(&go.module_version)),
            go_build_id: go_build_id.as_deref().and_then(Text::known),
            build_id: build_id.clone(),
            packed: *packed,
            unknown,
        }
    }
}

impl FileFields {
    fn of(file: &File) -> Self {
        Self {
            file_system: file_system::shown(file.file_system).into_owned(),
            device: file.device_name(),
            inode: file.version.inode.to_string(),
            size: file.version.size,
            mode: format!("{:04o}", file.permissions()),
            owner: file.owner.to_string(),
            group: file.group.to_string(),
            links: file.links,
            deleted: file.is_deleted(),
            memfd: file.is_nameless,
            writable_by_others: file.is_writable_by_others(),
        }
    }
}
