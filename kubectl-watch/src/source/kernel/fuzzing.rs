//! Doors for the fuzz targets: bytes that a fuzzer made in, what the source makes of them out.
//!
//! Only tests and the feature `fuzzing` have it. It checks that what was read keeps its bounds, and nothing else.

use kubectl_watch_ebpf::{Args, Exec, Header, Kind};
use zerocopy::{FromBytes, IntoBytes};

use super::{assembly::MAX_HELD, btf::Btf, clock::Boot, inbox::Inbox, offsets};
use crate::event::ProcessEvent;

/// Bytes before each piece: what it is, and how long.
const HEAD: usize = 3;
/// What stands between the texts of an exec; bytes of a path may be anything else here.
const BETWEEN: u8 = 0xff;

/// Takes the input as pieces, each a record or what one is made from, and gives back the events.
///
/// # Panics
///
/// Where more is held than there is room for.
pub fn records(mut input: &[u8]) -> Vec<ProcessEvent> {
    let (mut inbox, mut out) = (Inbox::default(), Vec::new());
    while let Some((&[kind, low, high], rest)) = input.split_first_chunk::<HEAD>() {
        let len = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (piece, others) = rest.split_at(len);
        input = others;
        match kind % 4 {
            0 => inbox.record(piece, Boot::default(), &mut out),
            1 => inbox.record(&exec(piece), Boot::default(), &mut out),
            2 => inbox.record(&args(piece), Boot::default(), &mut out),
            _ => inbox.assembly.give_up_still(&mut out),
        }
        assert!(
            inbox.assembly.held() <= MAX_HELD,
            "more is held than there is room for"
        );
    }
    inbox.assembly.give_up_all(&mut out);
    assert_eq!(
        inbox.assembly.held(),
        0,
        "nothing is unfinished, so nothing is held"
    );
    out
}

/// An exec whose numbers are the first bytes, and whose texts follow.
fn exec(piece: &[u8]) -> Vec<u8> {
    let (numbers, texts) = piece.split_at(piece.len().min(size_of::<Exec>()));
    let mut bytes = [0; size_of::<Exec>()];
    bytes[..numbers.len()].copy_from_slice(numbers);
    let mut exec = Exec::read_from_bytes(&bytes).unwrap_or_default();
    let mut parts = texts.splitn(5, |&byte| byte == BETWEEN);
    let texts: [&[u8]; 5] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    // A piece is shorter than 64 KiB.
    let len = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX);
    exec.header.kind = Kind::Exec as u32;
    exec.filename_len = len(texts[0]);
    exec.executable_len = len(texts[1]);
    exec.parent_executable_len = len(texts[2]);
    exec.parent_filename_len = len(texts[3]);
    exec.args_len = len(texts[4]);
    exec.args_total = exec.args_total.max(exec.args_len);
    [exec.as_bytes(), &texts.concat()].concat()
}

/// More arguments: CPU, sequence and place in a byte each, so that they meet their exec's.
fn args(piece: &[u8]) -> Vec<u8> {
    let Some((&[cpu, sequence, offset], bytes)) = piece.split_first_chunk() else {
        return Vec::new();
    };
    let head = Args {
        header: Header {
            kind: Kind::Args as u32,
            cpu: cpu.into(),
            sequence: sequence.into(),
        },
        offset: offset.into(),
        len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
    };
    [head.as_bytes(), bytes].concat()
}

/// Reads a file as the kernel's types, and asks it for what the daemon asks for.
pub fn btf(file: &[u8]) {
    let Ok(btf) = Btf::parse(file) else { return };
    let _offsets = offsets::resolve(&btf);
    for field in ["wanted", "inner.wanted", "a.b.c"] {
        let _offset = btf.offset("outer", field);
    }
    let _size = btf.size("outer");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(name: &str) -> Vec<u8> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/").to_owned() + name;
        std::fs::read(path).expect("it is a seed")
    }

    #[test]
    fn seeds_reach_what_they_are_for() {
        let events = records(&seed("record/parts"));
        assert_eq!(
            events[0].process.args.command_line(),
            b"kubectl get --as=x abc def"
        );
        assert!(records(&seed("record/damaged")).is_empty());
        for name in ["btf/kernel-24", "btf/kernel-32"] {
            let file = seed(name);
            let btf = Btf::parse(&file).expect("it is whole");
            assert!(offsets::resolve(&btf).is_ok(), "{name}");
        }
    }
}
