//! The text of a rule file.

use kubectl_watch::event::field::ProcessSchema;
use kubectl_watch::explain::Explanation;
use kubectl_watch::rule::Rule;

use crate::{argv, eql, sample};

/// Reads the bytes as a rule file, and uses the rule as the daemon does.
///
/// # Panics
///
/// Where a promise is broken.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Rule::from_toml(text, &ProcessSchema) {
        Ok(rule) => {
            let _shown = Explanation(&rule).to_string();
            eql::judge(&rule.query);
            argv::show(&rule, &sample::plain());
        }
        Err(error) => {
            let _shown = (error.to_string(), error.reason(), error.may_be_skipped());
        }
    }
}
