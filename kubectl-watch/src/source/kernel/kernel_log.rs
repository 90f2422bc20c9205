//! What the kernel program says of itself, for the developer's eye: aya-log into our own log.

use aya::Ebpf;
use aya_log::{EbpfLogger, Level};

use super::{SourceError, readable::readable};

/// How much the kernel program says. What it does not say costs nothing: the verifier removes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelLog {
    /// Nothing.
    #[default]
    Off,
    /// What it loses.
    Warn,
    /// Each watched exec, too.
    Debug,
}

impl KernelLog {
    /// The number that the kernel program compares with.
    pub(super) const fn level(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::Warn => Level::Warn as u8,
            Self::Debug => Level::Debug as u8,
        }
    }

    /// Hands each line on to our own log, as long as the runtime runs.
    pub(super) fn forward(ebpf: &mut Ebpf) -> Result<(), SourceError> {
        let logger = EbpfLogger::init(ebpf).map_err(|error| SourceError::Refused {
            step: "its log",
            error: Box::new(error),
        })?;
        let mut logger = readable(logger)?;
        tokio::spawn(async move {
            loop {
                match logger.readable_mut().await {
                    Ok(mut ready) => {
                        ready.get_inner_mut().flush();
                        ready.clear_ready();
                    }
                    Err(error) => {
                        tracing::error!(%error, "the kernel program's log cannot be read any more");
                        break;
                    }
                }
            }
        });
        Ok(())
    }
}
