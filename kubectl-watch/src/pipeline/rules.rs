//! The rules that the pipeline runs by, and what the kernel must send for them.

use crate::{
    config::Config,
    exit::Failure,
    ruleset::{self, RuleSet},
    source::kernel::Watch,
};

/// Reads the rules, and says which of them are not used and what looks like a mistake.
pub(super) fn load(config: &Config) -> Result<RuleSet, Failure> {
    let rules = RuleSet::load(&config.rules, config.rules.is_empty()).map_err(Failure::config)?;
    for skipped in rules.skipped() {
        tracing::info!("{skipped}");
    }
    for warning in rules.warnings() {
        tracing::warn!("{warning}");
    }
    let (skipped, warnings) = (rules.skipped().len(), rules.warnings().len());
    if config.strict && skipped + warnings > 0 {
        let error = anyhow::anyhow!(
            "{skipped} rules cannot run here and {warnings} have warnings, and --strict is given"
        );
        return Err(Failure::config(error));
    }
    for order in &config.respond.orders {
        if rules.rules().iter().all(|rule| rule.metadata.id != order.rule) {
            return Err(Failure::config(anyhow::anyhow!(
                "--respond names the rule {:?}, and there is none of this id; `kubectl-watch check` lists those that run",
                order.rule
            )));
        }
    }
    if rules.rules().is_empty() {
        return Err(Failure::config(anyhow::anyhow!("there is no rule to run")));
    }
    if skipped > 0 {
        tracing::warn!(
            skipped,
            "some rules cannot run here; `kubectl-watch check` says why"
        );
    }
    Ok(rules)
}

/// What the kernel must send for these rules.
pub(super) fn watch(rules: &RuleSet) -> Watch {
    let (names, content) = match rules.watch() {
        ruleset::Watch::Some { names, content } => (Some(names.into_iter().collect()), content),
        ruleset::Watch::All { because } => {
            tracing::warn!(
                ?because,
                "every exec is watched, because these rules can be about any name"
            );
            (None, false)
        }
    };
    Watch { names, content }
}
