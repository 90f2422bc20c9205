//! The names of Linux capabilities, by number, as `capabilities(7)` and ECS write them.

use std::borrow::Cow;

/// In the order of their bits; the newest, of Linux 5.9, is the last.
const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The names of a set of capabilities, in the order of their bits. A bit that has no name yet is its number,
/// as ECS wants it.
pub(crate) fn names(set: u64) -> impl Iterator<Item = Cow<'static, str>> {
    let bits = (0..64).filter(move |bit| set >> bit & 1 == 1);
    bits.map(|bit| match NAMES.get(bit) {
        Some(&name) => Cow::Borrowed(name),
        None => Cow::Owned(bit.to_string()),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn bits_have_their_kernel_names() {
        assert_eq!(super::names(0).count(), 0);
        let some: Vec<_> = super::names(1 << 21 | 1 << 39 | 1 << 63).collect();
        assert_eq!(some, ["CAP_SYS_ADMIN", "CAP_BPF", "63"]);
        assert_eq!(super::names(0x1ff_ffff_ffff).count(), 41);
    }
}
