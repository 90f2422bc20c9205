//! `kubectl-watch runbook`: what to do about an alert.

use super::simulate;
use crate::{
    cli,
    exit::{ExitCode, Failure},
    past,
    ruleset::RuleSet,
    runbook::Runbook,
};

pub(super) fn execute(runbook: &cli::Runbook) -> Result<ExitCode, Failure> {
    let past = past::read(&runbook.file).map_err(Failure::config)?;
    let (file, alerts) = (runbook.file.display(), past.alerts.len());
    let alert = match (&runbook.id, &past.alerts[..]) {
        (Some(id), _) => past
            .get(id)
            .ok_or_else(|| anyhow::anyhow!("there is no alert {id} among the {alerts} of {file}")),
        (None, [alert]) => Ok(alert),
        (None, _) => Err(anyhow::anyhow!(
            "{file} has {alerts} alerts, and the runbook is about one: say which with --id"
        )),
    };
    let alert = alert.map_err(Failure::config)?;
    let rules = RuleSet::load(&runbook.rules.paths, true).map_err(Failure::config)?;
    let rule = rules.get(alert.rule()).map(|rule| &rule.metadata);
    if rule.is_none() {
        eprintln!(
            "warning: its rule is not at hand, so what that says is missing here; give it with --rules"
        );
    }
    super::print(Runbook { alert, rule }.to_string().as_bytes())?;
    Ok(simulate::faults(&past))
}
