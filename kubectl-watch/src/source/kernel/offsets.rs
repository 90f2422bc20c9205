//! Where the fields that the kernel program reads lie in the running kernel.
//!
//! BTF in, the wire contract's [`Offsets`] out. A field that is missing stops the start with its name, but for
//! those without which only a detail is missing: they are absent by name, never by accident.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use kubectl_watch_ebpf::{ABSENT, Offsets};
use thiserror::Error;

use super::{
    btf::{Btf, BtfError},
    cast::Cast,
};

/// Bytes of the kernel's types: a distribution's take about six million.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Why the offsets are not known.
#[derive(Debug, Error)]
pub enum OffsetsError {
    /// The kernel does not describe its types.
    #[error(
        "cannot read the kernel's type information at {path}: {error}\nIt needs a kernel built with \
         CONFIG_DEBUG_INFO_BTF=y, as every distribution's is since about Linux 5.10"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// The description is not one.
    #[error("cannot use the kernel's type information at {path}: {error}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: BtfError,
    },
    /// The running kernel is too different.
    #[error("this kernel has no {0}: kubectl-watch does not know it yet, please report its version")]
    Missing(String),
}

/// What a program must know of the running kernel.
#[derive(Debug)]
pub(super) struct Layout {
    /// Where the fields lie.
    pub(super) offsets: Offsets,
    /// How they are read.
    pub(super) cast: Cast,
}

/// Reads the description at `path` and looks up every field.
pub(super) fn read(path: &Path) -> Result<Layout, OffsetsError> {
    let name = path.display().to_string();
    let file = bounded(path).map_err(|error| OffsetsError::Unreadable {
        path: name.clone(),
        error,
    })?;
    let btf = Btf::parse(&file).map_err(|error| OffsetsError::Damaged { path: name, error })?;
    Ok(Layout {
        offsets: resolve(&btf)?,
        cast: Cast::of(&btf),
    })
}

/// All of a file, or an error where it is longer than a kernel's types can be.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    Ok(bytes)
}

/// Looks up every field. An alternative name follows where kernels differ.
pub(super) fn resolve(btf: &Btf<'_>) -> Result<Offsets, OffsetsError> {
    let find = |structure: &str, fields: &[&str]| {
        let found = fields.iter().find_map(|field| btf.offset(structure, field));
        found.ok_or_else(|| OffsetsError::Missing(format!("{structure}.{}", fields.join(" or "))))
    };
    let binprm = |field| find("linux_binprm", &[field]);
    let task = |field| find("task_struct", &[field]);
    let cred = |field| find("cred", &[field]);
    let inode = |fields: &[&str]| find("inode", fields);
    let or_absent = |structure: &str, field: &str| btf.offset(structure, field).unwrap_or(ABSENT);
    Ok(Offsets {
        linux_binprm_file: binprm("file")?,
        linux_binprm_filename: binprm("filename")?,
        linux_binprm_argc: binprm("argc")?,
        task_struct_tgid: task("tgid")?,
        task_struct_pid: task("pid")?,
        task_struct_ptrace: task("ptrace")?,
        task_struct_comm: task("comm")?,
        task_struct_mm: task("mm")?,
        task_struct_cred: task("cred")?,
        task_struct_real_parent: task("real_parent")?,
        task_struct_group_leader: task("group_leader")?,
        // Linux 5.5 renamed it.
        task_struct_start_boottime: find("task_struct", &["start_boottime", "real_start_time"])?,
        task_struct_self_exec_id: task("self_exec_id")?,
        task_struct_thread_pid: task("thread_pid")?,
        task_struct_nsproxy: task("nsproxy")?,
        task_struct_signal: task("signal")?,
        task_struct_pid_links: task("pid_links")?,
        task_struct_loginuid: or_absent("task_struct", "loginuid"),
        task_struct_sessionid: or_absent("task_struct", "sessionid"),
        mm_struct_arg_start: find("mm_struct", &["arg_start"])?,
        mm_struct_arg_end: find("mm_struct", &["arg_end"])?,
        mm_struct_env_start: find("mm_struct", &["env_start"])?,
        mm_struct_env_end: find("mm_struct", &["env_end"])?,
        mm_struct_start_code: find("mm_struct", &["start_code"])?,
        mm_struct_exe_file: find("mm_struct", &["exe_file"])?,
        cred_uid: cred("uid")?,
        cred_euid: cred("euid")?,
        cred_suid: cred("suid")?,
        cred_gid: cred("gid")?,
        cred_egid: cred("egid")?,
        cred_sgid: cred("sgid")?,
        cred_cap_effective: cred("cap_effective")?,
        cred_cap_permitted: cred("cap_permitted")?,
        signal_struct_tty: find("signal_struct", &["tty"])?,
        signal_struct_pids: find("signal_struct", &["pids"])?,
        tty_struct_driver: find("tty_struct", &["driver"])?,
        tty_struct_index: find("tty_struct", &["index"])?,
        tty_driver_major: find("tty_driver", &["major"])?,
        tty_driver_minor_start: find("tty_driver", &["minor_start"])?,
        nsproxy_mnt_ns: find("nsproxy", &["mnt_ns"])?,
        mnt_namespace_inum: find("mnt_namespace", &["ns.inum"])?,
        pid_namespace_inum: find("pid_namespace", &["ns.inum"])?,
        pid_namespace_child_reaper: find("pid_namespace", &["child_reaper"])?,
        pid_level: find("pid", &["level"])?,
        pid_tasks: find("pid", &["tasks"])?,
        pid_numbers: find("pid", &["numbers"])?,
        upid_nr: find("upid", &["nr"])?,
        upid_ns: find("upid", &["ns"])?,
        upid_size: btf
            .size("upid")
            .ok_or_else(|| OffsetsError::Missing("struct upid".into()))?,
        file_path_dentry: find("file", &["f_path.dentry"])?,
        file_inode: find("file", &["f_inode"])?,
        file_path_mnt: find("file", &["f_path.mnt"])?,
        dentry_parent: find("dentry", &["d_parent"])?,
        dentry_name: find("dentry", &["d_name.name"])?,
        // Linux 6.14 renamed it.
        dentry_short_name: find("dentry", &["d_shortname", "d_iname"])?,
        inode_super_block: inode(&["i_sb"])?,
        inode_number: inode(&["i_ino"])?,
        inode_size: inode(&["i_size"])?,
        // Linux 6.6 renamed it, and 6.11 took it apart.
        inode_ctime_sec: inode(&["i_ctime_sec", "__i_ctime.tv_sec", "i_ctime.tv_sec"])?,
        inode_ctime_nsec: inode(&["i_ctime_nsec", "__i_ctime.tv_nsec", "i_ctime.tv_nsec"])?,
        inode_write_count: inode(&["i_writecount"])?,
        inode_mode: inode(&["i_mode"])?,
        inode_uid: inode(&["i_uid"])?,
        inode_gid: inode(&["i_gid"])?,
        inode_links: inode(&["i_nlink"])?,
        super_block_dev: find("super_block", &["s_dev"])?,
        super_block_magic: find("super_block", &["s_magic"])?,
        vm_area_struct_file: find("vm_area_struct", &["vm_file"])?,
        mm_struct_mmap: or_absent("mm_struct", "mmap"),
        vm_area_struct_next: or_absent("vm_area_struct", "vm_next"),
        vm_area_struct_end: find("vm_area_struct", &["vm_end"])?,
        mount_mnt: find("mount", &["mnt"])?,
        mount_mnt_parent: find("mount", &["mnt_parent"])?,
        mount_mnt_mountpoint: find("mount", &["mnt_mountpoint"])?,
        vfsmount_mnt_root: find("vfsmount", &["mnt_root"])?,
        task_struct_exit_code: or_absent("task_struct", "exit_code"),
        signal_struct_live: or_absent("signal_struct", "live"),
        signal_struct_flags: or_absent("signal_struct", "flags"),
        signal_struct_group_exit_code: or_absent("signal_struct", "group_exit_code"),
        sock_family: or_absent("sock", "__sk_common.skc_family"),
        sock_port: or_absent("sock", "__sk_common.skc_dport"),
        sock_address: or_absent("sock", "__sk_common.skc_daddr"),
        sock_address6: or_absent("sock", "__sk_common.skc_v6_daddr"),
        sock_protocol: or_absent("sock", "sk_protocol"),
        sock_error: or_absent("sock", "sk_err"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_and_a_file_of_something_else_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("vmlinux");
        assert!(matches!(read(&path), Err(OffsetsError::Unreadable { .. })));
        std::fs::write(&path, "something else").expect("it can be written");
        assert!(matches!(
            read(&path),
            Err(OffsetsError::Damaged {
                error: BtfError::NotBtf,
                ..
            })
        ));
    }

    #[test]
    fn a_file_without_end_is_refused() {
        let error = read(Path::new("/dev/zero")).expect_err("it has no end");
        assert!(matches!(error, OffsetsError::Unreadable { .. }), "{error}");
    }

    #[test]
    fn the_first_missing_field_is_named() {
        // A header with no types and no strings.
        let mut file = 0xeb9f_u16.to_ne_bytes().to_vec();
        file.extend([1, 0]);
        for field in [24_u32, 0, 0, 0, 0] {
            file.extend(field.to_ne_bytes());
        }
        let btf = Btf::parse(&file).expect("it is whole");
        let error = resolve(&btf).expect_err("nothing is in it").to_string();
        assert!(
            error.starts_with("this kernel has no linux_binprm.file"),
            "{error}"
        );
    }
}
