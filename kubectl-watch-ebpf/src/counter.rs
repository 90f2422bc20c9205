//! What the kernel program counts, and every way in which it can lose something.

/// An index into the map [`COUNTERS`](crate::COUNTERS).
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Watched execs. The sum of what was sent and of [`Counter::LostExecs`].
    Watched = 0,
    /// Watched execs of which nothing arrived, because the ring buffer was full.
    LostExecs = 1,
    /// Execs whose further arguments did not find room in the ring buffer.
    LostArgs = 2,
    /// Execs whose arguments, or some of them, were not in memory.
    UnreadableArgs = 3,
    /// Execs with more arguments than [`MAX_ARGS`](crate::MAX_ARGS).
    CutArgs = 4,
    /// Resolved paths, of a process or its parent, with more components or bytes than there is room for.
    CutPaths = 5,
    /// Paths as exec'd that could not be read.
    UnreadableFilenames = 6,
    /// Execs whose name could not be told, so that they were sent in case they matter.
    UnreadableNames = 7,
    /// Execs of whose environment not all found room in the ring buffer.
    LostEnv = 8,
    /// Execs of whose ancestors not all found room in the ring buffer.
    LostAncestors = 9,
    /// Execs whose environment, or some of it, was not in memory.
    UnreadableEnv = 10,
    /// Execs that were sent because their file had not been judged. No loss.
    UnknownFiles = 11,
    /// Execs with more variables than are looked at.
    CutEnv = 12,
    /// Execs with more ancestors than are sent.
    CutAncestors = 13,
}

impl Counter {
    /// All of them, in the order of their indexes.
    pub const ALL: [Self; 14] = [
        Self::Watched,
        Self::LostExecs,
        Self::LostArgs,
        Self::UnreadableArgs,
        Self::CutArgs,
        Self::CutPaths,
        Self::UnreadableFilenames,
        Self::UnreadableNames,
        Self::LostEnv,
        Self::LostAncestors,
        Self::UnreadableEnv,
        Self::UnknownFiles,
        Self::CutEnv,
        Self::CutAncestors,
    ];

    /// Whether it tells of something that is missing.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        !matches!(self, Self::Watched | Self::UnknownFiles)
    }

    /// The name for logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watched => "watched_execs",
            Self::LostExecs => "lost_execs",
            Self::LostArgs => "lost_args",
            Self::UnreadableArgs => "unreadable_args",
            Self::CutArgs => "cut_args",
            Self::CutPaths => "cut_paths",
            Self::UnreadableFilenames => "unreadable_filenames",
            Self::UnreadableNames => "unreadable_names",
            Self::LostEnv => "lost_env",
            Self::LostAncestors => "lost_ancestors",
            Self::UnreadableEnv => "unreadable_env",
            Self::UnknownFiles => "unknown_files",
            Self::CutEnv => "cut_env",
            Self::CutAncestors => "cut_ancestors",
        }
    }
}

const _: () = {
    let mut index = 0;
    while index < Counter::ALL.len() {
        assert!(
            Counter::ALL[index] as usize == index,
            "a counter stands at its own index"
        );
        index += 1;
    }
};
