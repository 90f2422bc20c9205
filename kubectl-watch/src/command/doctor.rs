//! `kubectl-watch doctor`: what this node offers and lacks.

use std::io;

use crate::{
    cli::Doctor,
    doctor::{gather, report},
    exit::{ExitCode, Failure},
    source::kernel::{self, KernelSource, SourceError},
};

pub(super) fn execute(doctor: &Doctor) -> Result<ExitCode, Failure> {
    let options = kernel::Options {
        btf: doctor.node.btf.clone(),
        log: kernel::KernelLog::Off,
        pins: None,
        follow: false,
    };
    let runtime = super::runtime()?;
    let _inside = runtime.enter();
    // Nothing shows better whether the kernel takes the programs than giving it them.
    let probe = || match KernelSource::open(&options) {
        Ok(_) => Ok(()),
        Err(SourceError::NotAllowed { error, .. }) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    };
    let report = report(&gather::gather(
        &options.btf,
        doctor.node.host_root.as_deref(),
        probe,
    ));
    match report.write(&mut anstream::stdout()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::runtime(error)),
        _ => Ok(report.exit_code()),
    }
}
