//! Bounded reads of kernel and user memory, by calls: everything that is unsafe about looking at a process.
//!
//! A read that fails leaves zero bytes. Nothing branches on each result: in a loop that would double the
//! verifier's states at every step, and a null pointer reads as zero all the way down.

use core::{mem::MaybeUninit, ptr};

use aya_ebpf::helpers::generated;
use kubectl_watch_ebpf::{ABSENT, Offsets};

/// Where the fields of the running kernel lie; the daemon writes it before it loads the program.
#[unsafe(no_mangle)]
pub(crate) static OFFSETS: Offsets = Offsets::ALL_ABSENT;

/// The offset of a field, a constant to the verifier.
macro_rules! offset {
    ($field:ident) => {
        $crate::task::constant(&$crate::task::OFFSETS.$field)
    };
}
pub(crate) use offset;

/// For [`offset!`] only.
#[inline(always)]
pub(crate) fn constant(field: &'static u32) -> u32 {
    // SAFETY: a reference is readable. It is volatile because the daemon replaces the value after compilation.
    unsafe { ptr::read_volatile(field) }
}

/// A place in kernel memory. Null, and any other place that cannot be read, reads as zero.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Address(pub(crate) u64);

impl Address {
    /// Nowhere.
    pub(crate) const NULL: Self = Self(0);

    /// The value of a field. Zero where the field is [`ABSENT`] or the memory is not readable.
    #[inline(always)]
    pub(crate) fn read<T: Plain>(self, offset: u32) -> T {
        if offset == ABSENT {
            // SAFETY: every bit pattern of a `Plain` type is a value.
            return unsafe { MaybeUninit::zeroed().assume_init() };
        }
        // Not zeroed first: for more than a word that is a call, and costs as much as the read.
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: the helper writes `size_of::<T>()` bytes, zeroes where it fails to read, and any are a value.
        unsafe {
            generated::bpf_probe_read_kernel(
                value.as_mut_ptr().cast(),
                size_of::<T>() as u32,
                ptr::with_exposed_provenance(self.at(offset).0 as usize),
            );
            value.assume_init()
        }
    }

    /// The pointer in a field.
    #[inline(always)]
    pub(crate) fn follow(self, offset: u32) -> Self {
        self.read(offset)
    }

    /// The place of a field.
    #[inline(always)]
    pub(crate) const fn at(self, offset: u32) -> Self {
        Self(self.0.wrapping_add(offset as u64))
    }

    /// The place of the structure that a field is in.
    #[inline(always)]
    pub(crate) const fn before(self, offset: u32) -> Self {
        Self(self.0.wrapping_sub(offset as u64))
    }

    /// Copies a text with its NUL, at most `max` bytes. Its length with the NUL, or 0 where it cannot be read.
    ///
    /// # Safety
    ///
    /// `max` bytes at `to` must be writable.
    #[inline(always)]
    pub(crate) unsafe fn text(self, to: *mut u8, max: u32) -> u32 {
        // SAFETY: the caller's promise; the helper checks the source.
        let len = unsafe {
            generated::bpf_probe_read_kernel_str(
                to.cast(),
                max,
                ptr::with_exposed_provenance(self.0 as usize),
            )
        };
        u32::try_from(len).unwrap_or_default()
    }
}

/// Copies `len` bytes of the current process's own memory. Says whether all could be read; else zeroes them.
///
/// # Safety
///
/// `len` bytes at `to` must be writable.
#[inline(always)]
pub(crate) unsafe fn user_bytes(to: *mut u8, len: u32, from: u64) -> bool {
    // SAFETY: the caller's promise; the helper checks the source.
    let result = unsafe {
        generated::bpf_probe_read_user(to.cast(), len, ptr::with_exposed_provenance(from as usize))
    };
    result == 0
}

/// Types of which every bit pattern is a value.
///
/// # Safety
///
/// That must be true.
pub(crate) unsafe trait Plain: Copy {}

// SAFETY: integers and arrays of them, and a wrapper around one.
unsafe impl Plain for u16 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for [u64; 2] {}
// SAFETY: as above.
unsafe impl Plain for [u8; 16] {}
// SAFETY: as above.
unsafe impl Plain for Address {}
