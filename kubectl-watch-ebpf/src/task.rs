//! Bounded reads of kernel memory: everything that is unsafe about looking at a process.
//!
//! A read that fails leaves zero bytes. Nothing branches on each result: in a loop that would double the
//! verifier's states at every step, and a null pointer reads as zero all the way down.
//!
//! Where the kernel has `bpf_rdonly_cast` (Linux 6.2), a read is a plain load. Else it is a call of
//! `bpf_probe_read_kernel`, which costs thirty times as much, and which `lockdown=confidentiality` forbids.

use core::{
    mem::{MaybeUninit, transmute},
    ptr,
};

use aya_ebpf::helpers::generated;
use kubectl_watch_ebpf::{ABSENT, CAST_CALL, Offsets};

/// Where the fields of the running kernel lie; the daemon writes it before it loads the program.
#[unsafe(no_mangle)]
pub(crate) static OFFSETS: Offsets = Offsets::ALL_ABSENT;

/// The BTF id of a structure of two 64-bit numbers (`timespec64`), or 0 where memory is read by calls; the daemon
/// writes it, and then makes the calls of [`CAST_CALL`] those of `bpf_rdonly_cast`.
#[unsafe(no_mangle)]
pub(crate) static CAST_TYPE: u32 = 0;

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
        if let Some(numbers) = self.at(offset).cast() {
            // SAFETY: the verifier knows how long the structure is, and the kernel turns a load that faults into zero.
            return unsafe { T::load(numbers) };
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

    /// The same place as one that the verifier lets be read; none where memory is read by calls.
    #[inline(always)]
    fn cast(self) -> Option<*const u64> {
        let structure = constant(&CAST_TYPE);
        if structure == 0 {
            return None;
        }
        // SAFETY: the daemon puts `bpf_rdonly_cast(object, structure)` in the place of this call, which reads nothing.
        let cast: extern "C" fn(u64, u32) -> *const u64 = unsafe { transmute(CAST_CALL as usize) };
        Some(cast(self.0, structure))
    }

    /// Copies a text with its NUL, at most `max` bytes, which eight must divide. Its length with the NUL; 0 where it
    /// cannot be read or is empty.
    ///
    /// # Safety
    ///
    /// `max` bytes at `to` must be writable.
    #[inline(always)]
    pub(crate) unsafe fn text(self, to: *mut u8, max: u32) -> u32 {
        if constant(&CAST_TYPE) == 0 {
            // SAFETY: the caller's promise; the helper checks the source.
            let len = unsafe {
                generated::bpf_probe_read_kernel_str(
                    to.cast(),
                    max,
                    ptr::with_exposed_provenance(self.0 as usize),
                )
            };
            return u32::try_from(len).unwrap_or_default();
        }
        let mut len = 0;
        while len < max {
            // A word that goes on where nothing is mapped reads as zero.
            let word = Word(self.read(len));
            // SAFETY: `len` is below `max`, and eight divides both; the caller's promise.
            unsafe { to.add(len as usize).cast::<u64>().write_unaligned(word.text()) };
            if let Some(before) = word.nul() {
                let text = len + before;
                return if text == 0 { 0 } else { text + 1 };
            }
            len += size_of::<u64>() as u32;
        }
        // SAFETY: as above.
        unsafe { to.add(max as usize - 1).write(0) };
        max
    }
}

/// Eight bytes of a text, the first of them lowest.
#[derive(Clone, Copy)]
struct Word(u64);

impl Word {
    /// How many bytes are before the first NUL, if there is one.
    #[inline(always)]
    const fn nul(self) -> Option<u32> {
        // A multiplication by two to the power of eight times the number moves the number into the highest byte.
        const NUMBERS: u64 = 0x0001_0203_0405_0607;
        let mark = self.mark();
        if mark == 0 {
            return None;
        }
        Some(((mark >> 7).wrapping_mul(NUMBERS) >> 56) as u32)
    }

    /// The bytes before the first NUL, and zeroes.
    #[inline(always)]
    const fn text(self) -> u64 {
        let mark = self.mark();
        if mark == 0 {
            self.0
        } else {
            self.0 & ((mark >> 7) - 1)
        }
    }

    /// The highest bit of the first byte that is zero; 0 where there is none.
    #[inline(always)]
    const fn mark(self) -> u64 {
        const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
        const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
        // Of bytes behind the first zero it says nothing, which is why only the lowest bit is kept.
        let zeros = self.0.wrapping_sub(LOW) & !self.0 & HIGH;
        zeros & zeros.wrapping_neg()
    }
}

/// Types of which every bit pattern is a value.
///
/// # Safety
///
/// That must be true.
pub(crate) unsafe trait Plain: Copy {
    /// Loads it from one number or two.
    ///
    /// # Safety
    ///
    /// As many numbers must be there as the type is large.
    unsafe fn load(from: *const u64) -> Self;
}

/// Integers: one load, which the compiler must neither join nor split, because the verifier counts.
macro_rules! plain {
    ($($integer:ty),*) => {$(
        // SAFETY: it is an integer.
        unsafe impl Plain for $integer {
            #[inline(always)]
            unsafe fn load(from: *const u64) -> Self {
                // SAFETY: the caller's promise.
                unsafe { ptr::read_volatile(from.cast()) }
            }
        }
    )*};
}
plain!(u16, u32, u64);

// SAFETY: they are integers.
unsafe impl Plain for [u64; 2] {
    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller's promise.
        unsafe { [u64::load(from), u64::load(from.add(1))] }
    }
}

// SAFETY: they are integers.
unsafe impl Plain for [u8; 16] {
    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller's promise, and any bytes are a value.
        unsafe { transmute(<[u64; 2]>::load(from)) }
    }
}

// SAFETY: it is an integer.
unsafe impl Plain for Address {
    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { u64::load(from) })
    }
}
