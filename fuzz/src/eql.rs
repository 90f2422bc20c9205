//! The text of a query: read, printed, read again, and asked about events.

use kubectl_watch::eql::{Names, Query};
use kubectl_watch::event::ProcessEvent;
use kubectl_watch::event::field::ProcessSchema;

use crate::sample;

/// Reads the bytes as a query; refuses what is no text, as whoever reads a file does.
///
/// # Panics
///
/// Where a promise is broken.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Query::parse(text, &ProcessSchema) {
        Ok(query) => judge(&query),
        Err(error) => {
            assert!(error.offset <= text.len(), "an error is in the query");
            let _shown = error.to_string();
        }
    }
}

/// Asks a query all that the daemon asks.
pub(crate) fn judge(query: &Query) {
    let _shown = query.to_string();
    let printed = query.tree().to_string();
    let again = Query::parse(&printed, &ProcessSchema);
    let again = again.unwrap_or_else(|error| panic!("{printed} is not read again: {error}"));
    assert!(
        again.condition() == query.condition(),
        "{printed} is another query"
    );
    let _why = query.impossible();
    for event in sample::all() {
        let matches = query.matches(&event);
        let reasons = query.reasons(&event);
        assert!(reasons.len() <= 32, "reasons are bounded");
        if matches {
            assert!(query.impossible().is_none(), "{printed} matches and cannot");
            assert!(
                may_be_named(query, &event),
                "the kernel would hold back what {printed} finds"
            );
        }
    }
}

/// Whether the names that make the kernel's filter let this event pass.
fn may_be_named(query: &Query, event: &ProcessEvent) -> bool {
    match query.names(ProcessSchema::NAME) {
        Names::Exact(names) => names.contains(&event.process.name.to_ascii_lowercase()),
        // The kernel sends everything.
        Names::All | Names::Globs(..) => true,
        Names::None => false,
    }
}
