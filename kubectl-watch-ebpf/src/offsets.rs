//! Where the fields of the running kernel lie.
//!
//! Rust emits no CO-RE relocations, and offsets taken from one kernel's headers are silently wrong on the
//! next. So the daemon looks them up in the running kernel's BTF before it loads the program, and hands
//! them over as a read-only global, which is a constant to the verifier.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The offset of a field that the running kernel does not have. What needs it is left out, never guessed.
pub const ABSENT: u32 = u32::MAX;

/// Byte offsets of kernel fields, named `struct_field`. [`ABSENT`] is allowed only where said.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[expect(missing_docs, reason = "each field is named after the kernel's own")]
pub struct Offsets {
    // What every exec and every fork needs lies together: in the kernel, cold memory is what costs.
    pub linux_binprm_file: u32,
    /// `file.f_path.dentry`
    pub file_path_dentry: u32,
    /// `dentry.d_name.name`
    pub dentry_name: u32,
    /// `mount.mnt`, the `vfsmount` inside
    /// The text of a short name, inside the dentry.
    pub dentry_short_name: u32,
    pub task_struct_comm: u32,
    pub task_struct_group_leader: u32,
    pub task_struct_start_boottime: u32,
    pub task_struct_tgid: u32,
    pub task_struct_self_exec_id: u32,
    pub file_inode: u32,
    pub inode_super_block: u32,
    pub super_block_magic: u32,
    pub super_block_dev: u32,
    pub inode_number: u32,
    pub inode_size: u32,
    /// Seconds of `ctime`.
    pub inode_ctime_sec: u32,
    /// Nanoseconds of `ctime`.
    pub inode_ctime_nsec: u32,
    pub inode_write_count: u32,
    pub task_struct_mm: u32,
    pub mm_struct_exe_file: u32,
    pub linux_binprm_filename: u32,
    // What is sent of few.
    pub linux_binprm_argc: u32,
    pub task_struct_pid: u32,
    pub task_struct_ptrace: u32,
    pub task_struct_cred: u32,
    pub task_struct_real_parent: u32,
    pub task_struct_thread_pid: u32,
    pub task_struct_nsproxy: u32,
    pub task_struct_signal: u32,
    pub task_struct_pid_links: u32,
    /// Absent without `CONFIG_AUDIT`.
    pub task_struct_loginuid: u32,
    /// Absent without `CONFIG_AUDIT`.
    pub task_struct_sessionid: u32,
    pub mm_struct_arg_start: u32,
    pub mm_struct_arg_end: u32,
    pub mm_struct_env_start: u32,
    pub mm_struct_env_end: u32,
    pub mm_struct_start_code: u32,
    pub cred_uid: u32,
    pub cred_euid: u32,
    pub cred_suid: u32,
    pub cred_gid: u32,
    pub cred_egid: u32,
    pub cred_sgid: u32,
    pub cred_cap_effective: u32,
    pub cred_cap_permitted: u32,
    pub signal_struct_tty: u32,
    pub signal_struct_pids: u32,
    pub tty_struct_driver: u32,
    pub tty_struct_index: u32,
    pub tty_driver_major: u32,
    pub tty_driver_minor_start: u32,
    pub nsproxy_mnt_ns: u32,
    /// `mnt_namespace.ns.inum`
    pub mnt_namespace_inum: u32,
    /// `pid_namespace.ns.inum`
    pub pid_namespace_inum: u32,
    pub pid_namespace_child_reaper: u32,
    pub pid_level: u32,
    pub pid_tasks: u32,
    pub pid_numbers: u32,
    pub upid_nr: u32,
    pub upid_ns: u32,
    /// Not an offset: `sizeof(struct upid)`.
    pub upid_size: u32,
    /// `file.f_path.mnt`
    pub file_path_mnt: u32,
    pub dentry_parent: u32,
    pub inode_mode: u32,
    pub inode_uid: u32,
    pub inode_gid: u32,
    pub inode_links: u32,
    pub vm_area_struct_file: u32,
    /// Absent since Linux 6.1, where mappings are in a tree.
    pub mm_struct_mmap: u32,
    /// Absent in the same kernels.
    pub vm_area_struct_next: u32,
    pub vm_area_struct_end: u32,
    /// `mount.mnt`, the `vfsmount` inside
    pub mount_mnt: u32,
    pub mount_mnt_parent: u32,
    pub mount_mnt_mountpoint: u32,
    pub vfsmount_mnt_root: u32,
    // What following needs. Each is absent where the kernel lacks it, and then nobody is followed.
    pub task_struct_exit_code: u32,
    /// `signal_struct.live`: threads that have not ended.
    pub signal_struct_live: u32,
    pub signal_struct_flags: u32,
    pub signal_struct_group_exit_code: u32,
    pub sock_family: u32,
    /// In the byte order of the network.
    pub sock_port: u32,
    pub sock_address: u32,
    /// Absent without `CONFIG_IPV6`.
    pub sock_address6: u32,
    pub sock_protocol: u32,
    pub sock_error: u32,
}

impl Offsets {
    /// What the kernel program holds until the daemon tells it better: nothing is read.
    pub const ALL_ABSENT: Self = zerocopy::transmute!([ABSENT; size_of::<Self>() / size_of::<u32>()]);
}
