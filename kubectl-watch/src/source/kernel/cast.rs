//! Reads of kernel memory by plain loads, where the kernel has `bpf_rdonly_cast` (Linux 6.2).
//!
//! That function of the kernel's says of a number that it is a pointer to a structure, and the verifier then lets the
//! program load from there; it costs nothing, and works under `lockdown=confidentiality`. The linker knows no functions
//! of the kernel's, so the object calls a helper that does not exist, and here each such call gets its true number.

use std::fs;

use kubectl_watch_ebpf::CAST_CALL;
use zerocopy::IntoBytes as _;

use super::btf::{self, Btf};

/// Says `0` where the kernel compiles no programs. Not every network namespace has it, and nearly every kernel does.
const JIT: &str = "/proc/sys/net/core/bpf_jit_enable";
/// The function.
const NAME: &str = "bpf_rdonly_cast";
/// A structure of two 64-bit numbers: what is read is at most so long.
const STRUCTURE: &str = "timespec64";

/// `BPF_JMP | BPF_CALL`
const CALL: u8 = 0x85;
/// Bytes of an instruction.
const INSTRUCTION: usize = 8;
/// What the instruction calls: a helper of that number, or the function of the kernel's of that BTF id
/// (`BPF_PSEUDO_KFUNC_CALL` in the half of this byte that is the source register).
const HELPER: u8 = 0;
const KERNEL_FUNCTION: u8 = if cfg!(target_endian = "little") {
    0x20
} else {
    0x02
};

/// How an object reads kernel memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cast {
    /// The BTF id of the function; 0 where reads are calls of `bpf_probe_read_kernel`.
    function: u32,
    /// The BTF id of the structure; 0 likewise.
    pub(super) structure: u32,
}

impl Cast {
    /// How this kernel has it. Where it interprets programs, it calls no functions of its own for them.
    pub(super) fn of(btf: &Btf<'_>) -> Self {
        if fs::read_to_string(JIT).is_ok_and(|jit| jit.trim() == "0") {
            return Self::default();
        }
        let function = btf.id(btf::FUNCTION, NAME);
        let structure = btf.id(btf::STRUCT, STRUCTURE);
        function
            .zip(structure)
            .map_or_else(Self::default, |(function, structure)| Self {
                function,
                structure,
            })
    }

    /// Whether the kernel has it.
    pub(super) const fn is_there(self) -> bool {
        self.function != 0
    }

    /// An object that is built to cast, as it is for this kernel: eight bytes at a time, because what reads it wants
    /// it aligned.
    pub(super) fn apply(self, object: &[u8]) -> Vec<u64> {
        let mut words = vec![0; object.len().div_ceil(INSTRUCTION)];
        let bytes = &mut words.as_mut_bytes()[..object.len()];
        bytes.copy_from_slice(object);
        if self.is_there() {
            for instruction in calls(bytes) {
                instruction[1] = KERNEL_FUNCTION;
                instruction[4..].copy_from_slice(&self.function.to_ne_bytes());
            }
        }
        words
    }
}

/// The calls that are to be replaced. Instructions lie at multiples of their length.
fn calls(object: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    let number = CAST_CALL.to_ne_bytes();
    object
        .chunks_exact_mut(INSTRUCTION)
        .filter(move |it| it[..4] == [CALL, HELPER, 0, 0] && it[4..] == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAST: Cast = Cast {
        function: 0x0102_0304,
        structure: 7,
    };

    #[test]
    fn each_call_and_nothing_else_gets_the_number_of_the_function() {
        let number = CAST_CALL.to_ne_bytes();
        let call = [&[CALL, HELPER, 0, 0][..], &number].concat();
        let other = [&[CALL, HELPER, 0, 0][..], &4_u32.to_ne_bytes()].concat();
        let object = [&call[..], &other, &call, b"end"].concat();
        let true_call = [&[CALL, KERNEL_FUNCTION, 0, 0][..], &CAST.function.to_ne_bytes()].concat();
        let cast = CAST.apply(&object);
        let want = [&true_call[..], &other, &true_call, b"end"].concat();
        assert_eq!(&cast.as_bytes()[..object.len()], want);
        assert_eq!(&Cast::default().apply(&object).as_bytes()[..object.len()], object);
    }

    #[test]
    fn both_objects_read_so() {
        for object in [super::super::OBJECT, super::super::follow::OBJECT] {
            let mut object = object.to_vec();
            assert!(calls(&mut object).count() > 1);
        }
    }
}
