//! `kubectl-watch explain`: what a rule looks for, and what to do when it finds it.

use std::path::Path;

use crate::{
    cli::Explain,
    exit::{ExitCode, Failure},
    explain::Explanation,
    ruleset::RuleSet,
};

pub(super) fn execute(explain: &Explain) -> Result<ExitCode, Failure> {
    let wanted = &explain.rule;
    // Whoever has a file in hand may name it, and need not look up its id first.
    let is_file = Path::new(wanted).is_file();
    let paths = if is_file {
        vec![wanted.into()]
    } else {
        explain.rules.paths.clone()
    };
    let rules = RuleSet::load(&paths, paths.is_empty()).map_err(Failure::config)?;
    let found = if is_file {
        rules.rules().first()
    } else {
        rules.get(wanted)
    };
    let Some(rule) = found else {
        let skipped = rules
            .skipped()
            .iter()
            .map(|skipped| format!("\n  skipped: {skipped}"));
        let known = rules
            .rules()
            .iter()
            .map(|rule| format!("\n  {}  {}", rule.metadata.id, rule.metadata.name));
        let there_are: String = known.chain(skipped).collect();
        return Err(Failure::config(anyhow::anyhow!(
            "no rule has the id or the name `{wanted}`; there are:{there_are}"
        )));
    };
    super::print(Explanation(rule).to_string().as_bytes())?;
    Ok(ExitCode::Success)
}
