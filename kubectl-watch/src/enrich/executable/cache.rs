//! What file versions are, as far as that was read lately. Only versions that cannot come back as something else
//! are put here.

use std::collections::HashMap;
use std::sync::Arc;

use super::work::{Read, Searched};
use crate::event::{Content, File};
use crate::identity::Identity;

/// Half of the versions that are kept, at most. An identity takes half a kilobyte, and up to three where its texts
/// are as long as they are kept.
const GENERATION: usize = 1024;

/// What is known of a version.
#[derive(Clone, Debug)]
pub(super) struct Known {
    identity: Arc<Identity>,
    sha256: Option<[u8; 32]>,
    /// How far it was searched for texts.
    pub(super) searched: Option<Searched>,
}

/// Versions in two generations: what is asked for is young again, and when the young are too many, the old go.
#[derive(Debug, Default)]
pub(super) struct Cache {
    young: HashMap<File, Known>,
    old: HashMap<File, Known>,
}

impl Cache {
    pub(super) fn get(&mut self, file: &File) -> Option<&Known> {
        if let Some(known) = self.old.remove(file) {
            self.put(*file, known);
        }
        self.young.get(file)
    }

    /// Adds what was read of a version to what is known of it.
    pub(super) fn insert(&mut self, file: File, read: &Read) {
        let before = self.young.remove(&file).or_else(|| self.old.remove(&file));
        let (sha256, searched) = before
            .as_ref()
            .map_or((None, None), |known| (known.sha256, known.searched));
        // A search may have named what the headers did not.
        let is_less = |known: &Known| known.identity.tool.is_some() && read.identity.tool.is_none();
        let identity = match before {
            Some(known) if is_less(&known) => known.identity,
            _ => Arc::clone(&read.identity),
        };
        let known = Known {
            identity,
            sha256: read.sha256.or(sha256),
            searched: read.searched.or(searched),
        };
        self.put(file, known);
    }

    fn put(&mut self, file: File, known: Known) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(file, known);
    }
}

impl Known {
    pub(super) fn content(&self) -> Content {
        Content {
            identity: Some(Arc::clone(&self.identity)),
            sha256: self.sha256,
            ..Content::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::FileVersion;

    fn file(inode: u64) -> File {
        File {
            version: FileVersion {
                inode,
                ..FileVersion::default()
            },
            ..File::default()
        }
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_asked_for() {
        let mut cache = Cache::default();
        let read = Read::default();
        for inode in 0..10_000 {
            cache.insert(file(inode), &read);
            assert!(cache.get(&file(0)).is_some(), "{inode}");
            assert!(cache.young.len() + cache.old.len() <= 2 * GENERATION);
        }
        assert!(cache.get(&file(5000)).is_none());
        assert!(cache.get(&file(9999)).is_some());
    }

    #[test]
    fn what_is_known_is_not_lost_by_learning_more() {
        let mut cache = Cache::default();
        let searched = Read {
            searched: Some(Searched::All),
            ..Read::default()
        };
        let hashed = Read {
            sha256: Some([7; 32]),
            ..Read::default()
        };
        cache.insert(file(1), &searched);
        cache.insert(file(1), &hashed);
        cache.insert(file(1), &Read::default());
        let known = cache.get(&file(1)).expect("it is there");
        assert!(known.searched == Some(Searched::All) && known.sha256 == Some([7; 32]));
    }
}
