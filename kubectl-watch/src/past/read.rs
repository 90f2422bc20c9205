//! A file of past alerts, or standard input, to its text.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Past;

/// Bytes of a file of alerts: some hundred thousand of them. All are kept, as an update can stand far behind.
pub const MAX_BYTES: u64 = 1 << 30;

/// Why a file of alerts cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system says no.
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// It is too large.
    #[error("{} has more than {MAX_BYTES} bytes: give a part of it, as by `split --line-bytes=500M`", .0.display())]
    TooLarge(PathBuf),
}

/// Reads a file of alerts; `-` is standard input.
pub fn read(path: &Path) -> Result<Past, ReadError> {
    let refused = |error| ReadError::Io {
        path: path.to_owned(),
        error,
    };
    let file: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(refused)?)
    };
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut text).map_err(refused)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge(path.to_owned()));
    }
    Ok(Past::from_text(&text))
}
