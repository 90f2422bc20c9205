//! What a process's `stat` and `status` in `/proc` say of it, whatever it calls itself.

use crate::event::Ids;

/// What is needed of `/proc/PID/stat`, see `proc(5)`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) comm: Vec<u8>,
    pub(super) parent: u32,
    tty: u32,
    pub(super) start_ticks: u64,
}

impl Stat {
    /// The name may hold anything, so it ends at the last parenthesis.
    pub(super) fn parse(stat: &[u8]) -> Option<Self> {
        let open = stat.iter().position(|&byte| byte == b'(')?;
        let close = stat.iter().rposition(|&byte| byte == b')')?;
        let rest = std::str::from_utf8(stat.get(close + 1..)?).ok()?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        Some(Self {
            comm: stat.get(open + 1..close)?.to_vec(),
            parent: fields.get(1)?.parse().ok()?,
            // The kernel prints it with a sign.
            tty: fields.get(4)?.parse::<i32>().ok()?.cast_unsigned(),
            start_ticks: fields.get(19)?.parse().ok()?,
        })
    }

    /// Whether a process that has the parent's number is its parent, by what it said of itself afterwards.
    pub(super) const fn is_child(&self, parent: &Self, after: &Self) -> bool {
        after.parent == self.parent && parent.start_ticks <= self.start_ticks
    }

    /// Major and minor number, as the kernel packs them for user space (`new_encode_dev`).
    pub(super) const fn tty(&self) -> Option<(u32, u32)> {
        let major = self.tty >> 8 & 0xfff;
        let minor = self.tty & 0xff | self.tty >> 12 & 0xfff00;
        if major == 0 { None } else { Some((major, minor)) }
    }
}

/// A `/proc/PID/status`.
pub(super) struct Status<'a>(pub(super) &'a str);

impl Status<'_> {
    fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        let line = self
            .0
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().split_whitespace()
    }

    pub(super) fn numbers(&self, name: &str) -> Vec<u32> {
        self.words(name).filter_map(|word| word.parse().ok()).collect()
    }

    pub(super) fn ids(&self, name: &str) -> Ids {
        match self.numbers(name)[..] {
            [real, effective, saved, ..] => Ids {
                real,
                effective,
                saved,
            },
            _ => Ids::default(),
        }
    }

    pub(super) fn bits(&self, name: &str) -> u64 {
        let word = self.words(name).next().unwrap_or_default();
        u64::from_str_radix(word, 16).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_proc_are_read_whatever_a_process_calls_itself() {
        let stat = Stat::parse(b"7 (a) S 9 (b) S 3 4 5 34817 7 8 9 10 11 12 13 14 15 16 17 18 19 20 4711 20")
            .expect("whole");
        assert_eq!(stat.comm, b"a) S 9 (b");
        assert_eq!(
            (stat.parent, stat.tty(), stat.start_ticks),
            (3, Some((136, 1)), 4711)
        );
        for junk in [&b""[..], b"7", b"7 (a", b"7 )a( S 1", b"7 (a) S 1 2"] {
            assert_eq!(Stat::parse(junk), None);
        }
        let status =
            Status("Name:\tUid:\t9\nUid:\t1\t2\t3\t4\nCapEff:\t00000000000000ff\nNSpid:\t70\t7\nGid:\tx\n");
        assert_eq!(
            status.ids("Uid"),
            Ids {
                real: 1,
                effective: 2,
                saved: 3
            }
        );
        assert_eq!((status.ids("Gid"), status.bits("CapEff")), (Ids::default(), 255));
        assert_eq!(status.numbers("NSpid"), [70, 7]);
    }

    #[test]
    fn a_parent_is_older_than_its_child_and_still_its_parent() {
        let stat = |parent, start_ticks| Stat {
            comm: Vec::new(),
            parent,
            tty: 0,
            start_ticks,
        };
        let child = stat(7, 100);
        assert!(child.is_child(&stat(1, 99), &child) && child.is_child(&stat(1, 100), &child));
        assert!(
            !child.is_child(&stat(1, 101), &child),
            "the number was used again"
        );
        assert!(!child.is_child(&stat(1, 99), &stat(1, 100)), "it has ended");
    }
}
