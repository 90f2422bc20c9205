//! `kubectl-watch run`: watch until told to end.

use crate::{
    cli::Run,
    config::Config,
    exit::{ExitCode, Failure},
    log,
    pipeline::Pipeline,
    redact, salt,
};

pub(super) fn execute(run: Run) -> Result<ExitCode, Failure> {
    log::start(&run.log)?;
    if let Some(path) = &run.redact_salt {
        redact::salt(salt::read(path).map_err(Failure::config)?);
    }
    let config = Config::new(run);
    super::runtime()?.block_on(async {
        Box::pin(Pipeline::start(config)?.run()).await?;
        Ok(ExitCode::Success)
    })
}
