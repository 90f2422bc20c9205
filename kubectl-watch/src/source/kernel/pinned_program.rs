//! A program that is pinned, as far as a daemon that takes it over asks for it.
//!
//! aya opens one as well, and then asks by a number for the types that it was loaded with. The kernel answers that to
//! `CAP_SYS_ADMIN` alone, which a daemon that has what it needs does not have.

use std::{
    ffi::CString,
    io,
    os::{
        fd::{FromRawFd as _, OwnedFd, RawFd},
        unix::ffi::OsStrExt as _,
    },
    path::Path,
};

use aya::programs::ProgramInfo;

use super::{SourceError, error::refused};

/// `BPF_OBJ_GET` of `bpf(2)`.
const OBJ_GET: libc::c_int = 7;

/// What that command is told: the beginning of `union bpf_attr`, as `linux/bpf.h` has it.
#[repr(C)]
struct Wanted {
    path: u64,
    fd: u32,
    flags: u32,
}

/// A pinned program, held.
#[derive(Debug)]
pub(super) struct PinnedProgram {
    id: u32,
    fd: OwnedFd,
}

impl PinnedProgram {
    /// Opens the program that is pinned here.
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let step = "a pinned program";
        let info = ProgramInfo::from_pin(path).map_err(|error| refused(step, error))?;
        let fd = descriptor(path).map_err(|error| refused(step, error))?;
        Ok(Self { id: info.id(), fd })
    }

    /// Its number.
    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// What holds it.
    pub(super) fn into_descriptor(self) -> OwnedFd {
        self.fd
    }
}

fn descriptor(path: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let wanted = Wanted {
        path: path.as_ptr() as u64,
        fd: 0,
        flags: 0,
    };
    // SAFETY: the kernel reads as much of what is wanted as it is told there is, and the path, which ends with a zero.
    // Both are there until it returns.
    let fd = unsafe { libc::syscall(libc::SYS_bpf, OBJ_GET, &raw const wanted, size_of::<Wanted>()) };
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just opened it, for nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
