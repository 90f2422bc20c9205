//! How an event answers for the file that its process runs, and for what is in it.

use std::io::Write as _;

use super::known::Known;
use super::visit::{Visit, number, text};
use crate::eql::Value;
use crate::event::{Content, File, ProcessEvent, file_system};
use crate::identity::{Go, Identity, hex};

/// Shows each value of a field about the executable.
pub(super) fn any(event: &ProcessEvent, field: Known, visit: Visit<'_>) -> bool {
    use Known as K;
    let executable = &event.executable;
    let content = &executable.content;
    match field {
        // What a loader was told to run is what runs.
        K::ExecutableTool => executable.contents().any(|content| tool(content, visit)),
        K::ExecutableToolSource => executable.contents().any(|content| tool_source(content, visit)),
        K::ExecutableLoadedPath => executable
            .loaded
            .as_ref()
            .is_some_and(|loaded| text(&loaded.path, visit)),
        K::ExecutableLoadedTool => executable
            .loaded
            .as_ref()
            .is_some_and(|loaded| tool(&loaded.content, visit)),
        K::ExecutableUnknown => content.unknown.is_some_and(|unknown| word(unknown.name(), visit)),
        K::ProcessHashSha256 => content.sha256.is_some_and(|hash| word(&hex(&hash), visit)),
        _ => {
            let identity = content.identity.as_ref();
            identity.is_some_and(|identity| of_identity(identity, field, visit))
                || event.file.is_some_and(|file| of_file(event, &file, field, visit))
        }
    }
}

fn of_identity(identity: &Identity, field: Known, visit: Visit<'_>) -> bool {
    use Known as K;
    let go = |part: fn(&Go) -> &[u8], visit: Visit<'_>| {
        identity.go.as_ref().is_some_and(|go| text(part(go), visit))
    };
    match field {
        K::ExecutableKind => word(identity.kind.name(), visit),
        K::ExecutablePacked => identity.packed.is_some_and(|packer| word(packer, visit)),
        K::ExecutableBuildId => identity.build_id.as_ref().is_some_and(|id| word(id, visit)),
        K::ExecutableGoPath => go(|go| &go.path, visit),
        K::ExecutableGoModule => go(|go| &go.module, visit),
        K::ExecutableGoVersion => go(|go| &go.version, visit),
        _ => false,
    }
}

fn of_file(event: &ProcessEvent, file: &File, field: Known, visit: Visit<'_>) -> bool {
    use Known as K;
    match field {
        K::ExecutableSize => number(file.version.size, visit),
        K::ExecutableInode => number(file.version.inode, visit),
        K::ExecutableLinks => number(file.links, visit),
        K::ExecutableOwner => word(&file.owner.to_string(), visit),
        K::ExecutableDevice => word(&file.device_name(), visit),
        K::ExecutableMode => mode(file, visit),
        K::ExecutableDeleted => visit(Value::Bool(file.is_deleted())),
        K::ExecutableMemfd => visit(Value::Bool(file.is_nameless)),
        K::ExecutableWritableByOthers => visit(Value::Bool(file.is_writable_by_others())),
        K::ExecutableFileSystem => word(&file_system::shown(file.file_system), visit),
        K::ExecutableChangedAfterContainerStart => {
            let changed = event.changed_after_container_start();
            changed.is_some_and(|changed| visit(Value::Bool(changed)))
        }
        _ => false,
    }
}

fn tool(content: &Content, visit: Visit<'_>) -> bool {
    let tool = content.identity.as_ref().and_then(|identity| identity.tool);
    tool.is_some_and(|tool| word(tool.name, visit))
}

fn tool_source(content: &Content, visit: Visit<'_>) -> bool {
    let tool = content.identity.as_ref().and_then(|identity| identity.tool);
    tool.is_some_and(|tool| word(tool.named.name(), visit))
}

fn word(word: &str, visit: Visit<'_>) -> bool {
    visit(Value::Str(word.as_bytes()))
}

/// Permissions as four octal digits, which is how ECS writes them.
fn mode(file: &File, visit: Visit<'_>) -> bool {
    let mut digits = [0; 4];
    let written = write!(&mut digits[..], "{:04o}", file.permissions());
    written.is_ok() && visit(Value::Str(&digits))
}
