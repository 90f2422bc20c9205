//! What one watch leaves for the next: when it was last seen, and whether it was told to end. From it follows for
//! how long nobody watched.
//!
//! One small file in a folder that one daemon at a time holds. While the watch lasts the file is touched, so its
//! time is when the watch was last seen, however it ended.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use rustix::fs::{FlockOperation, Timespec, Timestamps, UTIME_NOW, flock, futimens};
use serde::{Deserialize, Serialize};

use crate::alert::notice::{Since, WatchGap};

/// Where it is kept if nobody says: gone after a boot, and there only for who may write to it.
pub const DEFAULT: &str = "/run/kubectl-watch";
const FILE: &str = "watch.json";
const NEW_FILE: &str = "watch.json.new";
/// Bytes of the file that are read; it has a few hundred.
const MAX_FILE: u64 = 64 * 1024;
/// A file of a later version may mean something else.
const FORMAT: u32 = 1;

/// A folder that this daemon holds.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    file: File,
    note: Note,
    /// Locked for as long as it is open.
    _lock: File,
}

/// What is known of the watch before this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Which start of the kernel it ran under.
    pub boot_id: String,
    /// When it was last seen.
    pub seen: Timestamp,
    /// Whether it was told to end.
    pub told: bool,
}

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another daemon has it.
    #[error("{} is held by another kubectl-watch", .0.display())]
    Held(PathBuf),
    /// The folder cannot be used.
    #[error("cannot keep state in {}: {error}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Note {
    format: u32,
    version: String,
    boot_id: String,
    pid: u32,
    started: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Timestamp>,
}

impl State {
    /// Takes the folder, says what the watch before this one left in it, and notes that this one has begun.
    pub fn begin(folder: &Path, boot_id: &str) -> Result<(Self, Option<Earlier>), StateError> {
        let refused = |error| StateError::Io {
            path: folder.to_owned(),
            error,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(refused)?;
        let lock = File::open(folder).map_err(refused)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(StateError::Held(folder.to_owned())),
            Err(error) => return Err(refused(error.into())),
        }
        let earlier = match read(&folder.join(FILE)) {
            Ok(earlier) => earlier,
            Err(error) => {
                tracing::warn!(%error, folder = %folder.display(), "what an earlier watch left cannot be read");
                None
            }
        };
        let note = Note {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            boot_id: boot_id.to_owned(),
            pid: std::process::id(),
            started: Timestamp::now(),
            ended: None,
        };
        let file = write(folder, &note).map_err(refused)?;
        let this = Self {
            folder: folder.to_owned(),
            file,
            note,
            _lock: lock,
        };
        Ok((this, earlier))
    }

    /// Notes that the watch still lasts.
    pub fn touch(&self) -> io::Result<()> {
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_NOW,
        };
        Ok(futimens(
            &self.file,
            &Timestamps {
                last_access: now,
                last_modification: now,
            },
        )?)
    }

    /// Notes that the watch was told to end.
    pub fn end(mut self, now: Timestamp) -> io::Result<()> {
        self.note.ended = Some(now);
        write(&self.folder, &self.note)?.sync_all()
    }
}

/// The time without a watch until now. None where the clock says that there was none.
#[must_use]
pub fn gap(earlier: Option<&Earlier>, boot_id: &str, booted: Timestamp, now: Timestamp) -> Option<WatchGap> {
    let (from, since) = match earlier {
        None => (booted, Since::Boot),
        Some(Earlier { seen, told, .. }) if earlier.is_some_and(|it| it.boot_id != boot_id) => {
            (*seen, Since::Rebooted { told: *told })
        }
        Some(Earlier { seen, told: true, .. }) => (*seen, Since::Stopped),
        Some(Earlier {
            seen, told: false, ..
        }) => (*seen, Since::Broken),
    };
    (from < now).then_some(WatchGap { from, to: now, since })
}

fn read(path: &Path) -> io::Result<Option<Earlier>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let meta = file.metadata()?;
    let touched = SignedDuration::new(meta.mtime(), i32::try_from(meta.mtime_nsec()).unwrap_or_default());
    let mut text = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut text)?;
    let note: Note = serde_json::from_slice(&text)?;
    if note.format != FORMAT {
        return Err(io::Error::other(format!("its format is {}", note.format)));
    }
    Ok(Some(Earlier {
        boot_id: note.boot_id,
        seen: match note.ended {
            Some(ended) => ended,
            None => Timestamp::from_duration(touched).map_err(io::Error::other)?,
        },
        told: note.ended.is_some(),
    }))
}

/// Replaces the file at once: whoever reads it has the old one or the new one.
fn write(folder: &Path, note: &Note) -> io::Result<File> {
    let new = folder.join(NEW_FILE);
    // Whatever lies there is nobody's: a link would lead elsewhere.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(&serde_json::to_vec(note)?)?;
    fs::rename(&new, folder.join(FILE))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn one_watch_tells_the_next_how_it_ended() {
        let folder = tempfile::tempdir().expect("folder");
        let folder = folder.path().join("a/b");
        let (first, earlier) = State::begin(&folder, "boot-1").expect("state");
        assert_eq!(earlier, None);
        assert!(
            matches!(State::begin(&folder, "boot-1"), Err(StateError::Held(_))),
            "one at a time"
        );
        first.touch().expect("touched");
        let before = Timestamp::now();
        drop(first);

        let (second, earlier) = State::begin(&folder, "boot-1").expect("state");
        let earlier = earlier.expect("there was one");
        assert!(!earlier.told && earlier.boot_id == "boot-1");
        // A file's time is that of the kernel's last tick.
        assert!(
            before.duration_since(earlier.seen) < SignedDuration::from_secs(1),
            "{earlier:?}"
        );
        second.end(time(5)).expect("noted");

        let (_third, earlier) = State::begin(&folder, "boot-2").expect("state");
        let (seen, told) = (time(5), true);
        assert_eq!(
            earlier,
            Some(Earlier {
                boot_id: "boot-1".into(),
                seen,
                told
            })
        );
        let names: Vec<_> = fs::read_dir(&folder).expect("folder").collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }

    #[test]
    fn what_cannot_be_read_is_as_if_it_were_not_there() {
        let folder = tempfile::tempdir().expect("folder");
        for junk in ["", "{", "{\"format\":2}", "[]"] {
            fs::write(folder.path().join(FILE), junk).expect("file");
            let (_state, earlier) = State::begin(folder.path(), "x").expect("state");
            assert_eq!(earlier, None, "{junk}");
        }
        let file = folder.path().join(FILE);
        assert!(matches!(State::begin(&file, "x"), Err(StateError::Io { .. })));
    }

    #[test]
    fn a_gap_says_how_it_began() {
        let earlier = |boot_id: &str, told| Earlier {
            boot_id: boot_id.into(),
            seen: time(20),
            told,
        };
        for (earlier, from, since) in [
            (None, 10, Since::Boot),
            (Some(earlier("now", true)), 20, Since::Stopped),
            (Some(earlier("now", false)), 20, Since::Broken),
            (Some(earlier("before", true)), 20, Since::Rebooted { told: true }),
            (
                Some(earlier("before", false)),
                20,
                Since::Rebooted { told: false },
            ),
        ] {
            let (from, to) = (time(from), time(30));
            assert_eq!(
                gap(earlier.as_ref(), "now", time(10), to),
                Some(WatchGap { from, to, since })
            );
            assert_eq!(
                gap(earlier.as_ref(), "now", time(30), time(20)),
                None,
                "the clock was set"
            );
        }
    }
}
