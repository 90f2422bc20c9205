//! Plain loads of kernel memory through pointers whose type the verifier knows.
//!
//! What a BTF tracepoint is given (Linux 5.5), and what is reached from there, costs a load and not a call: a
//! thirtieth. What is reached through a text or an integer has no type any more, and is for `task.rs`.

use core::ptr;

use crate::task::Address;

/// A structure of the kernel's. The kernel turns a load that faults into zero.
#[derive(Clone, Copy)]
pub(crate) struct Typed(*const u8);

impl Typed {
    /// An argument of a tracepoint.
    #[inline(always)]
    pub(crate) const fn argument(pointer: *const u8) -> Self {
        Self(pointer)
    }

    /// The value of a field.
    #[inline(always)]
    pub(crate) fn load<T: Word>(self, offset: u32) -> T {
        // SAFETY: the verifier knows the structure and what lies at the offset, and refuses the program where that
        // is not of this size. It is volatile because the compiler knows neither.
        unsafe { ptr::read_volatile(self.0.add(offset as usize).cast()) }
    }

    /// A structure that a field points to, or none where it is null.
    #[inline(always)]
    pub(crate) fn follow(self, offset: u32) -> Option<Self> {
        // SAFETY: as above.
        let pointer: *const u8 = unsafe { ptr::read_volatile(self.0.add(offset as usize).cast()) };
        if pointer.is_null() {
            None
        } else {
            Some(Self(pointer))
        }
    }

    /// Where it lies, for reads that need no type.
    #[inline(always)]
    pub(crate) fn address(self) -> Address {
        Address(self.0.expose_provenance() as u64)
    }

    /// The pointer, for a helper that wants it.
    #[inline(always)]
    pub(crate) const fn pointer(self) -> *const u8 {
        self.0
    }
}

/// What one load can bring.
///
/// # Safety
///
/// Every bit pattern must be a value.
pub(crate) unsafe trait Word: Copy {}

// SAFETY: it is an integer.
unsafe impl Word for u16 {}
// SAFETY: as above.
unsafe impl Word for u32 {}
// SAFETY: as above.
unsafe impl Word for u64 {}
