//! The names of users and groups, from the node's own files and not from those of the container that the daemon
//! runs in. The files are read by hand: name services would run somebody's code, and ask the network.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::process::ProcessFolder;
use super::root::{HostRoot, Stamp};
use crate::event::{Credentials, Names, ProcessEvent};

/// Bytes of a file that are read; 100,000 users take about a tenth of it.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Bytes of a `/proc/PID/status`, whose groups can be 65,536.
const MAX_STATUS: usize = 16 * 1024;
/// Groups of a process that are kept.
const MAX_GROUPS: usize = 64;
/// How long it is not looked whether a file has changed, unless a number has no name in it.
const FRESH: SignedDuration = SignedDuration::from_millis(100);

/// Names by number, as fresh as the files.
#[derive(Debug, Default)]
pub(super) struct Users {
    users: Table,
    groups: Table,
}

/// One file.
#[derive(Debug, Default)]
struct Table {
    names: HashMap<u32, String>,
    stamp: Option<Stamp>,
    /// When it was last looked whether that is still the file.
    looked: Option<Timestamp>,
}

impl Users {
    /// Nothing is read before it is needed.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Fills in the names of an event's ids.
    pub(super) fn fill(&mut self, root: &HostRoot, event: &mut ProcessEvent) {
        event.names = self.names(root, &event.credentials, event.time);
    }

    /// The names of some ids. An id without a name stays without.
    pub(super) fn names(&mut self, root: &HostRoot, credentials: &Credentials, now: Timestamp) -> Names {
        let Credentials {
            user,
            group,
            login_uid,
            ..
        } = credentials;
        self.users.refresh(
            (root, "/etc/passwd", now),
            &[
                user.effective,
                user.real,
                user.saved,
                login_uid.unwrap_or(user.real),
            ],
        );
        self.groups
            .refresh((root, "/etc/group", now), &[group.effective, group.real]);
        Names {
            user: self.users.name(user.effective),
            real_user: self.users.name(user.real),
            saved_user: self.users.name(user.saved),
            login_user: login_uid.and_then(|id| self.users.name(id)),
            group: self.groups.name(group.effective),
            real_group: self.groups.name(group.real),
        }
    }
}

impl Users {
    /// What the node calls a user.
    pub(super) fn name(&mut self, root: &HostRoot, id: u32, now: Timestamp) -> Option<String> {
        self.users.refresh((root, "/etc/passwd", now), &[id]);
        self.users.name(id)
    }

    /// The groups of a process beside its own, with their names, while it lives.
    pub(super) fn groups(&mut self, root: &HostRoot, event: &ProcessEvent) -> Vec<(u32, Option<String>)> {
        let status = ProcessFolder::open(&event.process).and_then(|folder| folder.read("status", MAX_STATUS));
        let Some(status) = status else { return Vec::new() };
        let ids = supplementary(&status);
        self.groups.refresh((root, "/etc/group", event.time), &ids);
        ids.into_iter().map(|id| (id, self.groups.name(id))).collect()
    }
}

impl Table {
    fn name(&self, id: u32) -> Option<String> {
        self.names.get(&id).cloned()
    }

    /// Reads the file again if it is not the one that was read. A file that cannot be read has no names, and is
    /// tried again.
    fn refresh(&mut self, (root, path, now): (&HostRoot, &str, Timestamp), ids: &[u32]) {
        let is_fresh = self
            .looked
            .is_some_and(|looked| now.duration_since(looked).abs() < FRESH);
        if is_fresh && ids.iter().all(|id| self.names.contains_key(id)) {
            return;
        }
        let names = match root.stamp(path) {
            Ok(stamp) if self.stamp == Some(stamp) => {
                self.looked = Some(now);
                return;
            }
            Ok(stamp) => root.read(path, MAX_FILE).map_or_else(
                |error| {
                    tracing::warn!(path, %error, "names are missing from alerts");
                    (HashMap::new(), Some(stamp))
                },
                |(bytes, stamp)| (parse(&bytes), Some(stamp)),
            ),
            Err(_) => (HashMap::new(), None),
        };
        (self.names, self.stamp) = names;
        self.looked = Some(now);
    }
}

/// The names in a file whose lines are `name:password:id:…`. Other lines are skipped; of two names for an id
/// the first counts, as it does for `getpwuid`.
pub(super) fn parse(bytes: &[u8]) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let mut fields = line.split(|&byte| byte == b':');
        let (Some(name), Some(id)) = (fields.next(), fields.nth(1)) else {
            continue;
        };
        // `+name` and `-name` are orders to a name service.
        if name.is_empty() || b"#+-".contains(&name[0]) {
            continue;
        }
        if let (Ok(name), Some(id)) = (std::str::from_utf8(name), number(id)) {
            names.entry(id).or_insert_with(|| name.to_owned());
        }
    }
    names
}

/// The groups in a `/proc/PID/status`, without the last where the file was cut in it.
pub(super) fn supplementary(status: &[u8]) -> Vec<u32> {
    let mut lines = status.split_inclusive(|&byte| byte == b'\n');
    let Some(line) = lines.find_map(|line| line.strip_prefix(b"Groups:")) else {
        return Vec::new();
    };
    let words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter_map(number);
    words.take(MAX_GROUPS).collect()
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::event::Ids;

    #[test]
    fn junk_is_skipped_and_the_first_name_counts() {
        let names = parse(
            b"root:x:0:0:root:/root:/bin/sh\n# no:x:1\n+nis:x:2:\n:x:3:\nbad\xff:x:4:\nfew\n\nbob:x:1000:1000\nrob:x:1000\nbig:x:4294967296:\nneg:x:-1:\nlast:x:7",
        );
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort();
        assert_eq!(
            names,
            [
                (0, "root".to_owned()),
                (7, "last".to_owned()),
                (1000, "bob".to_owned())
            ]
        );
    }

    #[test]
    fn a_file_that_changed_is_read_again() {
        let folder = tempfile::tempdir().expect("folder");
        let etc = folder.path().join("etc");
        fs::create_dir(&etc).expect("etc");
        // As on a node whose file is a link from its root, which must not lead out to ours.
        std::os::unix::fs::symlink("/etc/real", etc.join("passwd")).expect("link");
        fs::write(etc.join("real"), "bob:x:1000:\n").expect("passwd");
        let root = HostRoot::open(Some(folder.path())).expect("root");
        let mut users = Users::new();
        let mut event = ProcessEvent::default();
        event.credentials.user = Ids {
            real: 1000,
            effective: 0,
            saved: 0,
        };
        event.credentials.login_uid = Some(1000);
        users.fill(&root, &mut event);
        assert_eq!(event.names.real_user.as_deref(), Some("bob"));
        assert_eq!(event.names.login_user.as_deref(), Some("bob"));
        assert_eq!(
            (event.names.user.as_deref(), event.names.group.as_deref()),
            (None, None)
        );

        fs::write(etc.join("new"), "rob:x:1000:\nroot:x:0:\n").expect("passwd");
        fs::rename(etc.join("new"), etc.join("real")).expect("replace");
        fs::write(etc.join("group"), "wheel:x:0:bob\n").expect("group");
        // Not looked at in the same moment, but for a name that is missing.
        event.credentials.user.effective = 1000;
        event.credentials.user.saved = 1000;
        users.fill(&root, &mut event);
        assert_eq!(event.names.real_user.as_deref(), Some("bob"));
        event.credentials.user.effective = 0;
        users.fill(&root, &mut event);
        assert_eq!(event.names.real_user.as_deref(), Some("rob"));
        assert_eq!(event.names.user.as_deref(), Some("root"));
        assert_eq!(event.names.group.as_deref(), Some("wheel"));

        fs::remove_file(etc.join("real")).expect("remove");
        event.time += FRESH;
        users.fill(&root, &mut event);
        assert_eq!(event.names.real_user, None);
    }

    #[test]
    fn groups_are_read_as_far_as_they_are_whole() {
        for (status, groups) in [
            (
                &b"Name:\tx\nGroups:\t4 27 1000 \nNStgid:\t7\n"[..],
                &[4, 27, 1000][..],
            ),
            (b"Groups:\t \n", &[]),
            (b"Groups:\n", &[]),
            (b"Groups:\t4 2", &[4, 2]),
            (b"", &[]),
        ] {
            assert_eq!(supplementary(status), groups);
        }
    }

    proptest! {
        #[test]
        fn any_file_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&bytes);
        }
    }
}
