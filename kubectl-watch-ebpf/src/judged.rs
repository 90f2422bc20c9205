//! The files whose content has been judged: what the kernel program asks, and what the daemon answers.
//!
//! A file version lies in the line that its numbers give, in one of a few places. What is not there, because it was
//! never judged or was pushed out, is asked again; nothing is ever taken for judged that is not there whole.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::File;

/// How many versions share a line: one cache line of 64 bytes.
pub const JUDGED_WAYS: usize = 2;
/// How many lines there are: 16,384 file versions in 512 KiB. A power of two.
pub const JUDGED_LINES: u32 = 8 * 1024;

/// What the daemon found a file to be.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No rule asks for what is in it. Its execs pass, unless their name is watched.
    Plain = 1,
    /// A rule asks for what is in it. Its execs are sent, whatever their name.
    Wanted = 2,
}

/// One file version and its verdict.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Judged {
    /// [`File::inode`]
    pub inode: u64,
    /// [`File::changed_ns`]
    pub changed_ns: i64,
    /// [`File::device`]
    pub device: u32,
    /// [`File::file_system`]
    pub file_system: u32,
    /// The lower half of [`File::size`]
    pub size: u32,
    /// A [`Verdict`]; 0 where the place is free.
    pub verdict: u32,
}

/// Versions that share a line.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct JudgedLine(pub [Judged; JUDGED_WAYS]);

impl Judged {
    /// What is kept of a file.
    #[inline]
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lower half of the size is what is kept"
    )]
    pub const fn new(file: &File, verdict: u32) -> Self {
        Self {
            inode: file.inode,
            changed_ns: file.changed_ns,
            device: file.device,
            file_system: file.file_system,
            size: file.size as u32,
            verdict,
        }
    }

    /// Whether this is about the same file version as another.
    #[inline]
    #[must_use]
    pub const fn is_about(&self, other: &Self) -> bool {
        self.inode == other.inode
            && self.changed_ns == other.changed_ns
            && self.device == other.device
            && self.file_system == other.file_system
            && self.size == other.size
    }

    /// The line that it lies in. All versions of a file share one, so that a new one pushes out the old.
    #[inline]
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "what is left is a line's number")]
    pub const fn line(&self) -> u32 {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let hash = (self.inode ^ ((self.device as u64) << 40)).wrapping_mul(ODD);
        (hash >> (u64::BITS - JUDGED_LINES.ilog2())) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_a_version_counts() {
        let file = File {
            inode: 7,
            changed_ns: -1,
            size: 9,
            device: 0x80_0001,
            file_system: 0xef53,
            ..File::default()
        };
        let judged = Judged::new(&file, Verdict::Plain as u32);
        assert!(judged.is_about(&Judged::new(&file, 0)));
        for other in [
            File { inode: 8, ..file },
            File {
                changed_ns: 0,
                ..file
            },
            File { size: 10, ..file },
            File { device: 1, ..file },
            File {
                file_system: 1,
                ..file
            },
        ] {
            assert!(!judged.is_about(&Judged::new(&other, 0)), "{other:?}");
        }
    }

    #[test]
    fn neighbours_spread_over_the_lines() {
        let lines: std::collections::BTreeSet<u32> = (0..4096)
            .map(|inode| {
                Judged::new(
                    &File {
                        inode,
                        ..File::default()
                    },
                    0,
                )
                .line()
            })
            .collect();
        assert!(lines.len() > 3000, "{}", lines.len());
        assert!(lines.iter().all(|line| *line < JUDGED_LINES));
    }
}
