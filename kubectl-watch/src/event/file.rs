//! What the kernel knows of the file that an image was made from.
//!
//! These facts are the inode's, at the moment of the exec; nothing here is a name, so nothing here was chosen by
//! whoever named the file.

/// A file, as the kernel had it when it was exec'd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct File {
    /// Which version of which file this is.
    pub version: FileVersion,
    /// The magic number of its file system (`statfs(2)`).
    pub file_system: u32,
    /// File type and permissions (`inode(7)`).
    pub mode: u32,
    /// Who owns it, as the host's user namespace counts.
    pub owner: u32,
    /// Which group owns it, as the host's user namespace counts.
    pub group: u32,
    /// How many names it has; 0 for one that was deleted, and for a memfd.
    pub links: u32,
    /// Whether it never had a name in any folder: a memfd.
    pub is_nameless: bool,
    /// Whether the kernel itself will know it again: nobody can have it open for writing meanwhile, and its file
    /// system tells of each change.
    pub is_settled: bool,
}

impl File {
    /// Its permissions, with the bits that change who runs it.
    pub fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }

    /// Whether it had a name and has none any more.
    pub fn is_deleted(&self) -> bool {
        self.links == 0 && !self.is_nameless
    }

    /// Whether everybody may write it.
    pub fn is_writable_by_others(&self) -> bool {
        self.mode & 0o002 != 0
    }

    /// Its device as `major:minor`.
    pub fn device_name(&self) -> String {
        let device = self.version.device;
        format!("{}:{}", device >> 20, device & 0xf_ffff)
    }
}

/// One version of the content of one file, as far as the kernel tells versions apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileVersion {
    /// The kernel's own number of the device: 12 bits of major number over 20 of minor.
    pub device: u32,
    /// The inode's number on it.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When its content or its inode last changed (`ctime`), in nanoseconds since 1970. No program can set it.
    pub changed_ns: i64,
}
