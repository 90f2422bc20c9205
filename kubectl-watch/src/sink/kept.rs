//! The last alerts that a terminal showed, as JSON in a file: a block says too little to make an exception of, so there
//! `kubectl-watch allow` finds them by id.
//!
//! What an alert hides is hidden there, too, and nobody but root may read it. Bounded: the older half goes where it is
//! full.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::alert::Message;
use crate::shell::quoted;
use crate::state;

/// What it is called, in the folder of what one watch leaves for the next.
const FILE: &str = "alerts.ndjson";
/// Bytes that it has at most: some thousand alerts.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The file.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    file: File,
    bytes: u64,
    max: u64,
}

/// Where they are kept if nobody says.
#[must_use]
pub fn usual() -> PathBuf {
    Path::new(state::DEFAULT).join(FILE)
}

impl Kept {
    /// Opens it in a folder, or makes it. What is in it stays.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Self::with(folder, MAX_BYTES)
    }

    fn with(folder: &Path, max: u64) -> io::Result<Self> {
        // The command is run later, from some other folder.
        let path = std::path::absolute(folder)?.join(FILE);
        // A link would lead elsewhere, and nobody may make this wait.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(flags.cast_signed())
            .open(&path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut bytes = meta.len();
        // What was torn must not become the beginning of the next.
        if bytes > 0 {
            file.write_all(b"\n")?;
            bytes += 1;
        }
        Ok(Self {
            path,
            file,
            bytes,
            max,
        })
    }

    /// Adds a document; false where it is too large to be kept.
    pub fn add(&mut self, message: &Message) -> io::Result<bool> {
        let mut line = Vec::new();
        message.write_json_line(&mut line);
        let more = line.len() as u64;
        if more > self.max / 2 {
            return Ok(false);
        }
        if self.bytes + more > self.max {
            self.halve()?;
        }
        if let Err(error) = self.file.write_all(&line) {
            self.file.set_len(self.bytes)?;
            return Err(error);
        }
        self.bytes += more;
        Ok(true)
    }

    /// The command that makes an exception of an alert which is here.
    pub fn command(&self, id: &str) -> String {
        let command = format!("kubectl-watch allow --from-alert {id}");
        if self.path == usual() {
            return command;
        }
        format!("{command} --alerts {}", quoted(self.path.as_os_str().as_bytes()))
    }

    /// Forgets the older half.
    fn halve(&mut self) -> io::Result<()> {
        let mut newer = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.bytes.saturating_sub(self.max / 2)))?;
        self.file.read_to_end(&mut newer)?;
        let whole = newer
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        self.file.set_len(0)?;
        self.bytes = 0;
        self.file.write_all(&newer[whole..])?;
        self.bytes = (newer.len() - whole) as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::alert::samples::Sample;
    use crate::past;

    #[test]
    fn the_last_alerts_are_found_by_their_id() {
        let folder = tempfile::tempdir().expect("folder");
        let message = Message::from(Sample::new().alert());
        let (mut line, path) = (Vec::new(), folder.path().join(FILE));
        message.write_json_line(&mut line);
        let max = 5 * line.len() as u64;
        for _ in 0..3 {
            let mut kept = Kept::with(folder.path(), max).expect("it opens");
            for _ in 0..4 {
                assert!(kept.add(&message).expect("there is room"));
                let past = past::read(&path).expect("it is there");
                assert!(past.faults.is_empty(), "{:?}", past.faults);
                assert!((1..=5).contains(&past.alerts.len()));
                assert!(fs::metadata(&path).expect("it is there").len() <= max);
            }
        }
        let mut small = Kept::with(folder.path(), line.len() as u64).expect("it opens");
        assert!(
            !small.add(&message).expect("nothing is written"),
            "it is too large"
        );
        let command = small.command("a1");
        assert_eq!(
            command,
            format!("kubectl-watch allow --from-alert a1 --alerts {}", path.display())
        );
    }

    #[test]
    fn the_command_holds_in_any_folder() {
        let here = std::env::current_dir().expect("it is there");
        let folder = tempfile::tempdir_in(&here).expect("folder");
        let relative = folder.path().strip_prefix(&here).expect("it is in it");
        let kept = Kept::open(relative).expect("it opens");
        let path = folder.path().join(FILE);
        let command = format!("kubectl-watch allow --from-alert a1 --alerts {}", path.display());
        assert_eq!(kept.command("a1"), command);
    }

    #[test]
    fn what_was_torn_spoils_nothing_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join(FILE);
        fs::write(&path, "{\"torn").expect("file");
        let message = Message::from(Sample::new().alert());
        let mut kept = Kept::open(folder.path()).expect("it opens");
        assert!(kept.add(&message).expect("there is room"));
        let past = past::read(&path).expect("it is there");
        assert_eq!((past.alerts.len(), past.faults.len()), (1, 1));

        fs::rename(&path, folder.path().join("elsewhere")).expect("it is ours");
        std::os::unix::fs::symlink("elsewhere", &path).expect("it is ours");
        assert!(Kept::open(folder.path()).is_err());
    }
}
