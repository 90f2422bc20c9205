//! What a program is, by its content: half a line for a person.

use super::quote::plain;
use crate::alert::{Executable, Parts};

/// None where there is nothing that its path does not say.
pub(super) fn content(executable: &Executable) -> Option<String> {
    let mut words = Vec::new();
    words.extend(tool(&executable.content));
    if let Some(loaded) = &executable.loaded {
        words.push(format!("loads {}", plain(&loaded.path.shown())));
        words.extend(tool(&loaded.content));
    }
    words.extend(executable.remarks().map(str::to_owned));
    (!words.is_empty()).then(|| words.join(", "))
}

fn tool(parts: &Parts) -> Option<String> {
    if let Some(unknown) = parts.unknown {
        return Some(format!("not known: {unknown}"));
    }
    let tool = parts.tool?;
    let path = parts
        .go_path
        .as_ref()
        .map(|path| format!(" ({})", plain(&path.shown())));
    Some(format!("{tool}{}", path.unwrap_or_default()))
}
