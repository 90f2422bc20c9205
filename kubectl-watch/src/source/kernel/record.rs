//! Bytes of the ring buffer in, records of the wire contract out.
//!
//! Every length is checked against what is there: the kernel program is ours, yet a damaged record must cost
//! one event and not the daemon.

use kubectl_watch_ebpf::{Ancestor, Chunk, Exec, Header, Kind, MAX_ARGS};
use thiserror::Error;
use zerocopy::FromBytes;

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum RecordError {
    /// It ends before its fixed part does.
    #[error("a record of {0} bytes is cut off")]
    Cut(usize),
    /// Its lengths do not add up to its size.
    #[error("a record's parts are of {parts} bytes in all, and {bytes} bytes are there")]
    Lengths {
        /// What the parts say.
        parts: usize,
        /// What is there.
        bytes: usize,
    },
    /// It speaks of more arguments or environment than Linux allows, or of fewer than it holds.
    #[error("a record of {0} bytes of arguments or environment in all cannot be")]
    Total(u32),
    /// It is of a kind that does not exist.
    #[error("a record of the unknown kind {0}")]
    Kind(u32),
}

/// A record with its texts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    /// One exec.
    Exec(Box<ExecRecord<'a>>),
    /// More of its arguments.
    Args(Chunk, &'a [u8]),
    /// Some of the environment of one that follows.
    Env(Chunk, &'a [u8]),
    /// A process above its parent.
    Ancestor(Box<AncestorRecord<'a>>),
}

/// A process above the parent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AncestorRecord<'a> {
    /// The numbers.
    pub(super) ancestor: Ancestor,
    /// Its executable, component by component from the leaf.
    pub(super) executable: &'a [u8],
    /// The end of the path that it was exec'd by.
    pub(super) filename: &'a [u8],
}

/// One exec and what follows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExecRecord<'a> {
    /// The numbers.
    pub(super) exec: Exec,
    /// The path as exec'd.
    pub(super) filename: &'a [u8],
    /// The executable, component by component from the leaf.
    pub(super) executable: &'a [u8],
    /// The parent's.
    pub(super) parent_executable: &'a [u8],
    /// The end of the path that the parent was exec'd by.
    pub(super) parent_filename: &'a [u8],
    /// What the process ran before, where it replaced itself.
    pub(super) previous_executable: &'a [u8],
    /// The end of the path that this was exec'd by.
    pub(super) previous_filename: &'a [u8],
    /// The arguments, or the first of them.
    pub(super) args: &'a [u8],
}

/// Reads one record.
pub(super) fn decode(bytes: &[u8]) -> Result<Record<'_>, RecordError> {
    let cut = RecordError::Cut(bytes.len());
    let (header, _) = Header::read_from_prefix(bytes).map_err(|_| cut)?;
    if header.kind == Kind::Exec as u32 {
        let (exec, texts) = Exec::read_from_prefix(bytes).map_err(|_| cut)?;
        return decode_exec(&exec, texts);
    }
    if header.kind == Kind::Ancestor as u32 {
        let (ancestor, texts) = Ancestor::read_from_prefix(bytes).map_err(|_| cut)?;
        let [executable, filename] = split(texts, [ancestor.executable_len, ancestor.filename_len])?;
        return Ok(Record::Ancestor(Box::new(AncestorRecord {
            ancestor,
            executable,
            filename,
        })));
    }
    let make = match header.kind {
        kind if kind == Kind::Args as u32 => Record::Args,
        kind if kind == Kind::Env as u32 => Record::Env,
        kind => return Err(RecordError::Kind(kind)),
    };
    let (head, rest) = Chunk::read_from_prefix(bytes).map_err(|_| cut)?;
    let [bytes] = split(rest, [head.len])?;
    Ok(make(head, bytes))
}

fn decode_exec<'a>(exec: &Exec, texts: &'a [u8]) -> Result<Record<'a>, RecordError> {
    let totals = [exec.args_total, exec.env_total];
    if let Some(&total) = totals.iter().find(|&&total| total as usize > MAX_ARGS) {
        return Err(RecordError::Total(total));
    }
    if exec.args_len > exec.args_total {
        return Err(RecordError::Total(exec.args_total));
    }
    let [
        filename,
        executable,
        parent_executable,
        parent_filename,
        previous_executable,
        previous_filename,
        args,
    ] = split(
        texts,
        [
            exec.filename_len,
            exec.executable_len,
            exec.parent_executable_len,
            exec.parent_filename_len,
            exec.previous_executable_len,
            exec.previous_filename_len,
            exec.args_len,
        ],
    )?;
    Ok(Record::Exec(Box::new(ExecRecord {
        exec: *exec,
        filename,
        executable,
        parent_executable,
        parent_filename,
        previous_executable,
        previous_filename,
        args,
    })))
}

/// Parts of these lengths, one after the other. More bytes may follow.
fn split<const N: usize>(texts: &[u8], lens: [u32; N]) -> Result<[&[u8]; N], RecordError> {
    let mut rest = texts;
    let mut parts = [&[][..]; N];
    for (part, len) in parts.iter_mut().zip(lens) {
        (*part, rest) = rest.split_at_checked(len as usize).ok_or_else(|| {
            let sum = |sum: usize, &len: &u32| sum.saturating_add(len as usize);
            lengths(lens.iter().fold(0, sum), texts.len())
        })?;
    }
    Ok(parts)
}

const fn lengths(parts: usize, bytes: usize) -> RecordError {
    RecordError::Lengths { parts, bytes }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use zerocopy::IntoBytes;

    use super::*;

    /// An exec record as the kernel program writes it.
    pub(in super::super) fn exec_bytes(mut exec: Exec, texts: [&[u8]; 7]) -> Vec<u8> {
        let len = |text: &[u8]| u32::try_from(text.len()).expect("it is short");
        exec.header.kind = Kind::Exec as u32;
        exec.filename_len = len(texts[0]);
        exec.executable_len = len(texts[1]);
        exec.parent_executable_len = len(texts[2]);
        exec.parent_filename_len = len(texts[3]);
        exec.previous_executable_len = len(texts[4]);
        exec.previous_filename_len = len(texts[5]);
        exec.args_len = len(texts[6]);
        exec.args_total = exec.args_total.max(exec.args_len);
        [exec.as_bytes(), &texts.concat()].concat()
    }

    #[test]
    fn texts_are_told_apart() {
        let bytes = exec_bytes(
            Exec::default(),
            [
                b"./k",
                b"k\0bin\0",
                b"sh\0",
                b"x.sh",
                b"bash\0",
                b"y.sh",
                b"k\0--as=x\0",
            ],
        );
        let Ok(Record::Exec(record)) = decode(&bytes) else {
            panic!("it is whole")
        };
        assert_eq!(
            (record.filename, record.executable),
            (&b"./k"[..], &b"k\0bin\0"[..])
        );
        assert_eq!(
            (record.parent_executable, record.parent_filename),
            (&b"sh\0"[..], &b"x.sh"[..])
        );
        assert_eq!(
            (record.previous_executable, record.previous_filename),
            (&b"bash\0"[..], &b"y.sh"[..])
        );
        assert_eq!(record.args, b"k\0--as=x\0");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let whole = exec_bytes(Exec::default(), [b"./k", b"", b"", b"", b"", b"", b"k\0"]);
        assert_eq!(decode(&whole[..8]), Err(RecordError::Cut(8)));
        assert_eq!(decode(&whole[..100]), Err(RecordError::Cut(100)));
        assert_eq!(decode(&whole[..whole.len() - 1]), Err(lengths(5, 4)));
        let too_many = exec_bytes(
            Exec {
                args_total: u32::MAX,
                ..Exec::default()
            },
            [b""; 7],
        );
        assert_eq!(decode(&too_many), Err(RecordError::Total(u32::MAX)));
        assert_eq!(decode(&[9; 16]), Err(RecordError::Kind(0x0909_0909)));
        let args = Chunk {
            header: Header {
                kind: Kind::Args as u32,
                cpu: 0,
                sequence: 1,
            },
            offset: 0,
            len: 3,
        };
        assert_eq!(decode(&[args.as_bytes(), b"ab"].concat()), Err(lengths(3, 2)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _either = decode(&bytes);
        }

        #[test]
        fn a_damaged_record_is_decoded_or_refused(at in 0_usize..350, value in any::<u8>(), len in 0_usize..350) {
            let mut bytes = exec_bytes(Exec::default(), [b"./k", b"k\0bin\0", b"sh\0", b"", b"", b"", b"k\0--as=x\0"]);
            let at = at % bytes.len();
            bytes[at] = value;
            bytes.truncate(len);
            if let Ok(Record::Exec(record)) = decode(&bytes) {
                prop_assert!(record.args.len() <= bytes.len());
            }
        }
    }
}
