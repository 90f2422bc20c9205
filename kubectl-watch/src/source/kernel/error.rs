//! Why there are no events: what the kernel refused, and at which step.

use std::io;

use aya::{maps::MapError, programs::ProgramError};
use thiserror::Error;

use super::OffsetsError;

/// Why there are no events.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The kernel's types are not known.
    #[error(transparent)]
    Offsets(#[from] OffsetsError),
    /// The kernel refused a step for want of rights.
    #[error(
        "the kernel does not allow {step}: {error}\nIt needs root, or the capabilities BPF and PERFMON; in a \
         container also a seccomp profile that allows bpf(2)"
    )]
    NotAllowed {
        /// Which step.
        step: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// The kernel refused a step for another reason.
    #[error("the kernel cannot take {step}: {error}")]
    Refused {
        /// Which step.
        step: &'static str,
        /// What aya says.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kernel lets no program read its memory.
    #[error(
        "the kernel lets no program read its memory, as under lockdown=confidentiality before Linux 6.2: {0}\nRun a newer \
         kernel, or start this one without that; lockdown=integrity does no harm"
    )]
    Locked(Box<dyn std::error::Error + Send + Sync>),
    /// The programs cannot be pinned.
    #[error(transparent)]
    Pins(#[from] super::PinsError),
    /// Waiting for the kernel failed.
    #[error("cannot wait for the kernel: {0}")]
    Wait(#[from] io::Error),
}

/// The object is built from the same contract, so this is a build gone wrong.
pub(super) fn absent(part: &'static str) -> SourceError {
    SourceError::Refused {
        step: part,
        error: "the kernel object has no such part".into(),
    }
}

/// What the verifier says where a kernel does not give the helpers that read its memory, under any of their names.
/// Since Linux 5.5 it is for this reason only. The second is how older kernels say it.
const NO_READING: [&str; 2] = ["cannot use helper bpf_probe_read", "unknown func bpf_probe_read"];

fn is_locked(verifier_log: &str) -> bool {
    NO_READING.iter().any(|words| verifier_log.contains(words))
}

/// Why a program was not loaded.
pub(super) fn not_loaded(error: ProgramError) -> SourceError {
    match &error {
        ProgramError::LoadError { verifier_log, .. } if is_locked(&verifier_log.to_string()) => {
            SourceError::Locked(Box::new(error))
        }
        _ => refused("the program", error),
    }
}

/// Tells a want of rights from other refusals by the system's own error, however deep it is wrapped.
pub(super) fn refused(
    step: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> SourceError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(this) = cause {
        if let Some(system) = this.downcast_ref::<io::Error>()
            // EACCES is the verifier's: the program itself is at fault.
            && system.raw_os_error() == Some(libc::EPERM)
        {
            return SourceError::NotAllowed {
                step,
                error: io::Error::from_raw_os_error(libc::EPERM),
            };
        }
        cause = this.source();
    }
    SourceError::Refused {
        step,
        error: Box::new(error),
    }
}

impl From<MapError> for SourceError {
    fn from(error: MapError) -> Self {
        refused("a map", error)
    }
}
