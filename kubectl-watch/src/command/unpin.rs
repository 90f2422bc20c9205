//! `kubectl-watch unpin`: end the programs that `run --pin` left in the kernel.

use crate::{
    cli::Unpin,
    exit::{ExitCode, Failure},
    source::kernel::{self, SourceError},
};

pub(super) fn execute(unpin: &Unpin) -> Result<ExitCode, Failure> {
    let folder = &unpin.folder;
    let removed = kernel::unpin(folder).map_err(SourceError::from)?;
    let said = match removed {
        0 => format!("nothing is pinned in {}\n", folder.display()),
        removed => format!("removed {removed} from {}\n", folder.display()),
    };
    super::print(said.as_bytes())?;
    Ok(ExitCode::Success)
}
