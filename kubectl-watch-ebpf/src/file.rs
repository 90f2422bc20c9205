//! The file that an image is made from, told apart from every other by what no program can choose.

use core::ffi::c_void;

use aya_ebpf::helpers::generated::bpf_find_vma;
use kubectl_watch_ebpf::{File, Judged};

use crate::{
    maps,
    task::{Address, offset},
    typed::Typed,
};

/// `OVERLAYFS_SUPER_MAGIC` of `include/uapi/linux/magic.h`.
const OVERLAYFS: u32 = 0x794c_7630;
/// Since Linux 6.13 a bit of the nanoseconds says that somebody has asked for them (`I_CTIME_QUERIED` of
/// `include/linux/fs.h`). It is no part of the time, and comes and goes without a change.
const CTIME_QUERIED: u32 = 1 << 31;

/// One version of a file. Not a [`File`]: to zero what is not known yet would be a call, at every exec.
#[derive(Clone, Copy)]
pub(crate) struct Version {
    address: Address,
    inode: u64,
    changed_ns: i64,
    size: u64,
    device: u32,
    file_system: u32,
    /// Whether nobody has it open for writing, and a change of it would show.
    pub(crate) is_settled: bool,
}

impl Version {
    /// The file of a process that has just called exec.
    #[inline(always)]
    pub(crate) fn of<M: Mappings>(task: Typed, file: Typed) -> Option<Self> {
        let inode = file.follow(offset!(file_inode))?;
        let file_system = inode
            .follow(offset!(inode_super_block))?
            .load::<u64>(offset!(super_block_magic));
        let mut version = Self::read(inode, file_system as u32)?;
        if file_system as u32 == OVERLAYFS {
            below::<M>(task, &mut version);
        }
        Some(version)
    }

    #[inline(always)]
    fn read(inode: Typed, file_system: u32) -> Option<Self> {
        let seconds = inode.load::<u64>(offset!(inode_ctime_sec)).cast_signed();
        let nanoseconds = inode.load::<u32>(offset!(inode_ctime_nsec)) & !CTIME_QUERIED;
        let writers = inode.load::<u32>(offset!(inode_write_count)).cast_signed();
        Some(Self {
            address: inode.address(),
            inode: inode.load(offset!(inode_number)),
            changed_ns: seconds
                .wrapping_mul(1_000_000_000)
                .wrapping_add(i64::from(nanoseconds)),
            size: inode.load(offset!(inode_size)),
            device: inode
                .follow(offset!(inode_super_block))?
                .load(offset!(super_block_dev)),
            file_system,
            is_settled: writers <= 0,
        })
    }

    /// Whether the daemon has to look at it, because it has not yet or because it is wanted; and whether it is the
    /// former.
    #[inline(always)]
    pub(crate) fn is_wanted(&self) -> (bool, bool) {
        let known = if self.is_settled {
            maps::verdict(&Judged {
                inode: self.inode,
                changed_ns: self.changed_ns,
                device: self.device,
                file_system: self.file_system,
                size: self.size as u32,
                verdict: 0,
            })
        } else {
            None
        };
        (known != Some(false), known.is_none())
    }

    /// All that is sent of it.
    #[inline(always)]
    pub(crate) fn facts(&self) -> File {
        File {
            inode: self.inode,
            changed_ns: self.changed_ns,
            size: self.size,
            device: self.device,
            file_system: self.file_system,
            mode: u32::from(self.address.read::<u16>(offset!(inode_mode))),
            owner: self.address.read(offset!(inode_uid)),
            group: self.address.read(offset!(inode_gid)),
            links: self.address.read(offset!(inode_links)),
        }
    }
}

/// How the mapping is found that holds the code of a new image.
pub(crate) trait Mappings {
    /// Hands its `struct vm_area_struct` to [`take`], where it is found.
    fn find(task: Typed, mm: Typed, version: &mut Version);
}

/// By its address: `bpf_find_vma` needs Linux 5.17.
pub(crate) struct ByAddress;

/// In the list that kernels have until Linux 6.1 puts a tree in its place.
pub(crate) struct ByList;

/// Mappings that are looked at. The list goes by address, and those of the executable come first but for what an
/// interpreter of a program at a fixed address brings.
const MAX_MAPPINGS: u32 = 16;

impl Mappings for ByAddress {
    #[inline(always)]
    fn find(task: Typed, mm: Typed, version: &mut Version) {
        let code = mm.load::<u64>(offset!(mm_struct_start_code));
        let found: extern "C" fn(*const c_void, *const u8, *mut Version) -> i64 = found;
        // SAFETY: the callback gets the version, which outlives the call.
        unsafe {
            bpf_find_vma(
                task.pointer().cast_mut().cast(),
                code,
                found as *mut c_void,
                (&raw mut *version).cast(),
                0,
            )
        };
    }
}

impl Mappings for ByList {
    #[inline(always)]
    fn find(_: Typed, mm: Typed, version: &mut Version) {
        let code = mm.load::<u64>(offset!(mm_struct_start_code));
        let mut next = mm.follow(offset!(mm_struct_mmap));
        for _ in 0..MAX_MAPPINGS {
            let Some(mapping) = next else { return };
            if code < mapping.load(offset!(vm_area_struct_end)) {
                take(mapping, version);
                return;
            }
            next = mapping.follow(offset!(vm_area_struct_next));
        }
    }
}

/// What overlayfs shows lies in another file system, and only that inode tells of every change: a write through a
/// mapping passes the upper one by. The image is mapped from there. Where it is not found, nothing is settled.
///
/// A function of its own: most hosts run few programs from there.
#[inline(never)]
fn below<M: Mappings>(task: Typed, version: &mut Version) {
    version.is_settled = false;
    if let Some(mm) = task.follow(offset!(task_struct_mm)) {
        M::find(task, mm, version);
    }
}

/// What `bpf_find_vma` calls.
extern "C" fn found(_: *const c_void, mapping: *const u8, version: *mut Version) -> i64 {
    // SAFETY: the version was given, and nothing else has it.
    take(Typed::argument(mapping), unsafe { &mut *version });
    0
}

/// Takes the inode that a mapping is of.
#[inline(always)]
fn take(mapping: Typed, version: &mut Version) {
    let inode = mapping
        .follow(offset!(vm_area_struct_file))
        .and_then(|file| file.follow(offset!(file_inode)));
    if let Some(inode) = inode
        && inode.address() != version.address
        && let Some(below) = Version::read(inode, version.file_system)
    {
        *version = below;
    }
}
