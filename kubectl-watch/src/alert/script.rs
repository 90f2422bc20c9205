//! Which script ran the process: `kubectl_watch.script`.

use serde::Serialize;

use super::text::Text;
use crate::event::{NoScript, Script};

/// The script, and the file that it is in.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ScriptFields {
    process: Interpreter,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) writable_by_others: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<&'static str>,
}

/// The process that runs it.
#[derive(Clone, Debug, Serialize)]
struct Interpreter {
    pid: u32,
}

impl ScriptFields {
    pub(super) fn of(script: &Script) -> Self {
        let facts = script.facts.as_ref();
        Self {
            process: Interpreter { pid: script.pid },
            path: Text::known(&script.path),
            sha256: facts.and_then(|it| it.sha256.clone()),
            size: facts.map(|it| it.size),
            uid: facts.map(|it| it.owner.to_string()),
            owner: facts.and_then(|it| it.owner_name.clone()),
            mode: facts.map(|it| format!("{:04o}", it.mode)),
            inode: facts.map(|it| it.inode.to_string()),
            writable_by_others: script.is_writable_by_others(),
            unknown: script.unknown.map(NoScript::name),
        }
    }
}
