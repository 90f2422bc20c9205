//! Programs with flags of one letter that have a secret, and those that take variables as arguments.

use std::ops::BitOrAssign;

use super::Kind;
use super::name::Meaning;

/// Those that may read what is read now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Programs(u8);

impl Programs {
    /// No program of these.
    pub(super) const NONE: Self = Self(0);
    /// `kubectl set env`, whose arguments are variables.
    pub(super) const ENV: Self = Self(1);
    /// curl, and who is like it, whose `-u` has a password in it.
    pub(super) const CURL: Self = Self(1 << 1);
    /// Those whose `login` has a password behind `-p`, and that.
    const REGISTRY: Self = Self(1 << 2);
    const LOGIN: Self = Self(1 << 3);
    /// Those with a password behind `-p` in any case.
    const SSHPASS: Self = Self(1 << 4);
    const REDIS: Self = Self(1 << 5);
    const MYSQL: Self = Self(1 << 6);

    /// Whether one may be it.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Notes a word.
    pub(super) fn note(&mut self, word: &[u8]) {
        *self |= match word {
            b"curl" | b"etcdctl" => Self::CURL,
            b"docker" | b"podman" | b"nerdctl" | b"buildah" | b"skopeo" | b"registry" | b"az" | b"oc" => {
                Self::REGISTRY
            }
            b"login" if self.has(Self::REGISTRY) => Self::LOGIN,
            b"sshpass" | b"mongo" | b"mongosh" | b"mongodump" | b"mongorestore" => Self::SSHPASS,
            b"redis-cli" => Self::REDIS,
            b"mysql" | b"mysqldump" | b"mysqladmin" | b"mariadb" => Self::MYSQL,
            _ => Self::NONE,
        };
    }

    /// What the value of a flag is that is a word of its own.
    pub(super) fn meaning(self, word: &[u8]) -> Option<Meaning> {
        let flag = match word {
            b"-b" if self.has(Self::CURL) => return Some(Meaning::Pair(Kind::Cookie)),
            b"-p" => Self(Self::LOGIN.0 | Self::SSHPASS.0),
            b"-a" => Self::REDIS,
            _ => return None,
        };
        self.has(flag).then_some(Meaning::Secret(Kind::Password))
    }

    /// Where the value of a flag begins that is in the same word.
    pub(super) fn joined(self, word: &[u8]) -> Option<usize> {
        let flag = match word {
            [b'-', b'p', _, ..] => Self(Self::LOGIN.0 | Self::SSHPASS.0 | Self::MYSQL.0),
            [b'-', b'a', _, ..] => Self::REDIS,
            _ => return None,
        };
        self.has(flag).then_some("-p".len())
    }
}

impl BitOrAssign for Programs {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
