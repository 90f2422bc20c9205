//! What a program is, by its content: half a line of an alert for a person, or a line of its own after it.

use super::circumstances::Known;
use super::{DIM, milliseconds};
use crate::alert::{Executable, Parts, Update};
use crate::shell::plain;

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

/// What became known after an alert: one line.
pub(super) fn update(update: &Update) -> String {
    let document = &update.document;
    let own = &document.kubectl_watch;
    let found = own.executable.as_ref().and_then(content);
    let hash = update.sha256().map(|hash| format!("sha256 {hash}"));
    let circumstances = Known::of_update(update).lines();
    let circumstances = circumstances.map(|(label, text)| format!("{label} {text}"));
    let words: Vec<String> = found.into_iter().chain(hash).chain(circumstances).collect();
    let (time, host) = (milliseconds(&document.timestamp), plain(&document.host.name));
    format!(
        "{DIM}{time}  {host}  {}: {}{DIM:#}\n",
        own.alert.id,
        words.join(", ")
    )
}
