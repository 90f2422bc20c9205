//! The exceptions as they are read: what in them is doubtful, what delays a response, and which have ended.

use jiff::Timestamp;

use crate::{config::Config, exceptionset::ExceptionSet, exit::Failure, facts::FactSchema, ruleset::RuleSet};

/// Reads the exceptions, and says what in them looks like a mistake.
pub(super) fn load(config: &Config, rules: &RuleSet) -> Result<ExceptionSet, Failure> {
    let set = ExceptionSet::load(&config.exceptions).map_err(Failure::config)?;
    for what in set.passed_over() {
        tracing::info!("{what}");
    }
    for counted in set.exceptions() {
        let exception = &counted.exception;
        let mut late = exception
            .condition
            .fields()
            .filter(|(field, _)| FactSchema.is_late(*field));
        let is_ordered = config
            .respond
            .orders
            .iter()
            .any(|order| exception.is_about(&order.rule));
        if let Some((_, field)) = late.next().filter(|_| is_ordered) {
            tracing::warn!(
                exception = exception.name,
                field,
                "this exception asks for what is found out late: whom it could let pass is responded to only then"
            );
        }
    }
    let warnings = set.warnings(rules);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    if config.strict && !warnings.is_empty() {
        let error = anyhow::anyhow!(
            "exceptions have {} warnings, and --strict is given",
            warnings.len()
        );
        return Err(Failure::config(error));
    }
    Ok(set)
}

/// Says which exceptions have ended, each once.
pub(super) fn say_over(exceptions: &mut ExceptionSet, now: Timestamp) {
    for counted in exceptions.newly_over(now) {
        let exception = &counted.exception;
        tracing::warn!(
            exception = exception.name,
            owner = exception.owner,
            expired = %exception.expires,
            path = %counted.path.display(),
            "this exception has expired, and what it was for is an alert again"
        );
    }
}
