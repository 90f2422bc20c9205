//! Doors for the fuzz targets: bytes that a fuzzer made in, what the source makes of them out.
//!
//! Only tests and the feature `fuzzing` have it. It checks that what was read keeps its bounds, and nothing else.

use kubectl_watch_ebpf::{Ancestor, Chunk, Exec, Header, Kind};
use zerocopy::{FromBytes, IntoBytes};

use super::{assembly::MAX_HELD, btf::Btf, clock::Boot, inbox::Inbox, offsets};
use crate::event::ProcessEvent;

/// Bytes before each piece: what it is, and how long.
const HEAD: usize = 3;
/// What stands between the texts of a record; bytes of a path may be anything else here.
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
        let record = match kind % 7 {
            0 => piece.to_vec(),
            1 => exec(piece),
            2 => chunk(Kind::Args, piece),
            3 => chunk(Kind::Env, piece),
            4 => ancestor(piece),
            5 => numbers(piece),
            _ => {
                inbox.assembly.give_up_still(&mut out);
                continue;
            }
        };
        inbox.record(&record, Boot::default(), &mut out);
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

/// An exec in good order: CPU, sequence, how much of arguments is to follow, how much of an environment and how many
/// ancestors came before, in a byte each; then its texts.
fn exec(piece: &[u8]) -> Vec<u8> {
    let Some((&[cpu, sequence, args, env, ancestors], texts)) = piece.split_first_chunk() else {
        return Vec::new();
    };
    let exec = Exec {
        header: header(Kind::Exec, cpu, sequence),
        args_total: args.into(),
        env_total: env.into(),
        ancestors: ancestors.into(),
        ..Exec::default()
    };
    with_texts(exec, texts)
}

/// An exec whose numbers are whatever the first bytes are.
fn numbers(piece: &[u8]) -> Vec<u8> {
    let (numbers, texts) = piece.split_at(piece.len().min(size_of::<Exec>()));
    let mut bytes = [0; size_of::<Exec>()];
    bytes[..numbers.len()].copy_from_slice(numbers);
    with_texts(Exec::read_from_bytes(&bytes).unwrap_or_default(), texts)
}

fn with_texts(mut exec: Exec, texts: &[u8]) -> Vec<u8> {
    let texts = split::<7>(texts);
    exec.header.kind = Kind::Exec as u32;
    let lens = [
        &mut exec.filename_len,
        &mut exec.executable_len,
        &mut exec.parent_executable_len,
        &mut exec.parent_filename_len,
        &mut exec.previous_executable_len,
        &mut exec.previous_filename_len,
        &mut exec.args_len,
    ];
    for (field, text) in lens.into_iter().zip(texts) {
        *field = len(text);
    }
    exec.args_total = exec.args_total.saturating_add(exec.args_len);
    [exec.as_bytes(), &texts.concat()].concat()
}

/// More arguments or environment: CPU, sequence and place in a byte each, so that they meet their exec's.
fn chunk(kind: Kind, piece: &[u8]) -> Vec<u8> {
    let Some((&[cpu, sequence, offset], bytes)) = piece.split_first_chunk() else {
        return Vec::new();
    };
    let head = Chunk {
        header: header(kind, cpu, sequence),
        offset: offset.into(),
        len: len(bytes),
    };
    [head.as_bytes(), bytes].concat()
}

/// A process above a parent: CPU, sequence and distance in a byte each, then its texts.
fn ancestor(piece: &[u8]) -> Vec<u8> {
    let Some((&[cpu, sequence, distance], texts)) = piece.split_first_chunk() else {
        return Vec::new();
    };
    let texts = split::<2>(texts);
    let ancestor = Ancestor {
        header: header(Kind::Ancestor, cpu, sequence),
        distance: distance.into(),
        executable_len: len(texts[0]),
        filename_len: len(texts[1]),
        ..Ancestor::default()
    };
    [ancestor.as_bytes(), &texts.concat()].concat()
}

fn header(kind: Kind, cpu: u8, sequence: u8) -> Header {
    Header {
        kind: kind as u32,
        cpu: cpu.into(),
        sequence: sequence.into(),
    }
}

fn split<const TEXTS: usize>(texts: &[u8]) -> [&[u8]; TEXTS] {
    let mut parts = texts.splitn(TEXTS, |&byte| byte == BETWEEN);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// A piece is shorter than 64 KiB.
fn len(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
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
        assert_eq!(events[0].environment.get("KUBECONFIG"), Some(&b"/tmp/x"[..]));
        assert!(events[0].gaps.is_empty());
        assert!(records(&seed("record/damaged")).is_empty());
        for name in ["btf/kernel-24", "btf/kernel-32"] {
            let file = seed(name);
            let btf = Btf::parse(&file).expect("it is whole");
            assert!(btf.offset("task_struct", "real_parent").is_some(), "{name}");
        }
    }
}
