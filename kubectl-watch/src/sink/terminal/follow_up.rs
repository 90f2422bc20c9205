//! What was done about an alerted process, and what it did next, for a person: how it ended, and where it connected.

use std::fmt::Write as _;

use super::{DIM, line, milliseconds};
use crate::alert::{FollowUp, ResponseFields};
use crate::shell::plain;

/// Connections that are shown.
const MAX_CONNECTIONS: usize = 10;

/// `kill: done`
pub(super) fn response(response: &ResponseFields) -> String {
    let reason = response
        .reason
        .as_ref()
        .map(|reason| format!(", because {reason}"));
    format!(
        "{}: {}{}",
        response.action,
        response.outcome.replace('_', " "),
        reason.unwrap_or_default()
    )
}

/// The block of a follow-up, with an empty line behind it.
pub(super) fn block(follow_up: &FollowUp) -> String {
    let document = &follow_up.document;
    let own = &document.kubectl_watch.follow_up;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{DIM}{}  {}  what became of {}{DIM:#}",
        milliseconds(&document.timestamp),
        plain(&document.host.name),
        document.kubectl_watch.alert.id,
    );
    let name = document
        .process
        .name
        .as_ref()
        .map_or_else(|| "it".to_owned(), |name| plain(&name.shown()));
    line(
        &mut out,
        "ended",
        &format!("{name}, pid {}: {}", document.process.pid, end(follow_up)),
    );
    for (index, connection) in own.connections.iter().take(MAX_CONNECTIONS).enumerate() {
        let ip = &connection.destination.ip;
        let ip = if ip.contains(':') {
            format!("[{ip}]")
        } else {
            ip.clone()
        };
        let outcome = connection.outcome.unwrap_or("answer not known").replace('_', " ");
        let what = if connection.is_api_server == Some(true) {
            "  the API server it names"
        } else {
            ""
        };
        let text = format!("{ip}:{}  {outcome}{what}", connection.destination.port);
        line(&mut out, if index == 0 { "to" } else { "" }, &text);
    }
    let hidden = own
        .connections_count
        .saturating_sub(own.connections.len().min(MAX_CONNECTIONS) as u64);
    match (own.connections_count, hidden) {
        (0, _) => line(&mut out, "to", "nowhere that was seen"),
        (_, 0) => {}
        (_, hidden) => line(&mut out, "", &format!("{DIM}… ({hidden} more){DIM:#}")),
    }
    if own.processes.forked > 0 {
        line(&mut out, "forked", &own.processes.forked.to_string());
    }
    out.push('\n');
    out
}

fn end(follow_up: &FollowUp) -> String {
    let document = &follow_up.document;
    let own = &document.kubectl_watch.follow_up;
    let how = match (&own.signal, document.process.exit_code, own.closed_by) {
        (Some(signal), ..) => format!("killed by {}", signal.name.unwrap_or("a signal")),
        (None, Some(code), _) => format!("exit code {code}"),
        (None, None, "ended_before") => "before it could be followed".to_owned(),
        (None, None, "time_limit") => "not yet; it is followed no longer".to_owned(),
        (None, None, "daemon_stopped") => "not yet; the watch ended".to_owned(),
        (None, None, _) => "how is not known".to_owned(),
    };
    let after = document.event.duration.map(|nanoseconds| {
        let milliseconds = nanoseconds / 1_000_000;
        format!(", after {}.{:03} s", milliseconds / 1000, milliseconds % 1000)
    });
    how + &after.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::samples::followed;

    #[test]
    fn it_is_read_at_a_glance() {
        let blocks: String = [followed::ended(), followed::killed(), followed::missed()]
            .iter()
            .map(block)
            .collect();
        insta::assert_snapshot!("follow_up", anstream::adapter::strip_str(&blocks));
    }
}
