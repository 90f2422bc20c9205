//! The file systems by their magic numbers (`statfs(2)`, `include/uapi/linux/magic.h`): their names, and how far
//! what they say of a file can be relied on.

use std::borrow::Cow;

/// How far a file system is under the kernel's own control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Its files are on this machine, and no change of one leaves its `ctime` as it was, but for those that
    /// [`tells_versions_apart`] names. Reading never waits for anybody but the disk.
    Local,
    /// It shows files of other file systems, of which any may be of the last kind.
    Layered,
    /// A program or another machine answers for it: it may never answer, and it may lie.
    Foreign,
}

/// Each with its name. What is not here is foreign.
const KNOWN: &[(u32, &str, Reach)] = &[
    (0xef53, "ext", Reach::Local),
    (0x5846_5342, "xfs", Reach::Local),
    (0x9123_683e, "btrfs", Reach::Local),
    (0x0102_1994, "tmpfs", Reach::Local),
    (0x8584_58f6, "ramfs", Reach::Local),
    (0x7371_7368, "squashfs", Reach::Local),
    (0xe0f5_e1e2, "erofs", Reach::Local),
    (0xf2f5_2010, "f2fs", Reach::Local),
    (0x2fc1_2fc1, "zfs", Reach::Local),
    (0x794c_7630, "overlay", Reach::Layered),
    (0x6573_5546, "fuse", Reach::Foreign),
    (0x6969, "nfs", Reach::Foreign),
    (0xff53_4d42, "cifs", Reach::Foreign),
    (0xfe53_4d42, "smb2", Reach::Foreign),
    (0x0102_1997, "9p", Reach::Foreign),
    (0x00c3_6400, "ceph", Reach::Foreign),
    (0x4006, "fat", Reach::Foreign),
    (0x4d44, "msdos", Reach::Foreign),
    (0x9660, "iso9660", Reach::Foreign),
    (0x9fa0, "proc", Reach::Foreign),
    (0x6265_6572, "sysfs", Reach::Foreign),
    (0x9584_58f6, "hugetlbfs", Reach::Foreign),
];

/// The name, where it is a usual one.
pub fn name(magic: u32) -> Option<&'static str> {
    known(magic).map(|(_, name, _)| *name)
}

/// The name, or the number where it has none here.
pub fn shown(magic: u32) -> Cow<'static, str> {
    name(magic).map_or_else(|| format!("{magic:#x}").into(), Cow::Borrowed)
}

/// How far it can be relied on.
pub fn reach(magic: u32) -> Reach {
    known(magic).map_or(Reach::Foreign, |(_, _, reach)| *reach)
}

/// Whether no two files, and no two contents of one, ever have device, inode, size and time of change in common.
///
/// In memory a page that was read through a shared mapping is written without anybody noticing. On btrfs each
/// subvolume counts its inodes by itself, and a snapshot's files are those of its origin; to the kernel all of them are
/// one device.
pub fn tells_versions_apart(magic: u32) -> bool {
    !matches!(name(magic), Some("tmpfs" | "ramfs" | "btrfs"))
}

/// Whether two files' contents can change places by a call that leaves their times of change as they are
/// (`XFS_IOC_SWAPEXT`; of f2fs some versions do the like). Who calls it can open both for writing.
pub fn exchanges_contents(magic: u32) -> bool {
    matches!(name(magic), Some("xfs" | "f2fs"))
}

/// Whether the numbers that name its devices differ between the kernel's inside and `stat(2)`: overlayfs and btrfs
/// invent some for the latter.
pub fn invents_devices(magic: u32) -> bool {
    matches!(name(magic), Some("overlay" | "btrfs"))
}

fn known(magic: u32) -> Option<&'static (u32, &'static str, Reach)> {
    KNOWN.iter().find(|(known, ..)| *known == magic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_numbers_are_not_one_version_for_ever_nothing_is_told_by_them() {
        let magic = |of| {
            KNOWN
                .iter()
                .find(|(_, name, _)| *name == of)
                .map(|(magic, ..)| *magic)
        };
        for (name, tells) in [
            ("ext", true),
            ("xfs", true),
            ("btrfs", false),
            ("tmpfs", false),
            ("ramfs", false),
        ] {
            assert_eq!(magic(name).map(tells_versions_apart), Some(tells), "{name}");
        }
    }
}
