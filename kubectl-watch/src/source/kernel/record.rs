//! Bytes of the ring buffer in, records of the wire contract out.
//!
//! Every length is checked against what is there: the kernel program is ours, yet a damaged record must cost
//! one event and not the daemon.

use kubectl_watch_ebpf::{Args, Exec, Header, Kind, MAX_ARGS};
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
    /// It speaks of more arguments than Linux allows, or of fewer than it holds.
    #[error("a record of {0} bytes of arguments in all cannot be")]
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
    Args {
        /// Where they belong.
        head: Args,
        /// What they are.
        bytes: &'a [u8],
    },
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
    /// The arguments, or the first of them.
    pub(super) args: &'a [u8],
}

/// Reads one record.
pub(super) fn decode(bytes: &[u8]) -> Result<Record<'_>, RecordError> {
    let cut = RecordError::Cut(bytes.len());
    let (header, _) = Header::read_from_prefix(bytes).map_err(|_| cut)?;
    if header.kind == Kind::Exec as u32 {
        let (exec, texts) = Exec::read_from_prefix(bytes).map_err(|_| cut)?;
        return decode_exec(exec, texts);
    }
    if header.kind != Kind::Args as u32 {
        return Err(RecordError::Kind(header.kind));
    }
    let (head, rest) = Args::read_from_prefix(bytes).map_err(|_| cut)?;
    let bytes = rest
        .get(..head.len as usize)
        .ok_or_else(|| lengths(head.len as usize, rest.len()))?;
    Ok(Record::Args { head, bytes })
}

fn decode_exec(exec: Exec, texts: &[u8]) -> Result<Record<'_>, RecordError> {
    if exec.args_total as usize > MAX_ARGS || exec.args_len > exec.args_total {
        return Err(RecordError::Total(exec.args_total));
    }
    let lens = [
        exec.filename_len,
        exec.executable_len,
        exec.parent_executable_len,
        exec.parent_filename_len,
        exec.args_len,
    ];
    let mut rest = texts;
    let mut parts = [&[][..]; 5];
    for (part, len) in parts.iter_mut().zip(lens) {
        (*part, rest) = rest.split_at_checked(len as usize).ok_or_else(|| {
            lengths(
                lens.iter()
                    .fold(0, |sum: usize, &len| sum.saturating_add(len as usize)),
                texts.len(),
            )
        })?;
    }
    let [filename, executable, parent_executable, parent_filename, args] = parts;
    Ok(Record::Exec(Box::new(ExecRecord {
        exec,
        filename,
        executable,
        parent_executable,
        parent_filename,
        args,
    })))
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
    pub(in super::super) fn exec_bytes(mut exec: Exec, texts: [&[u8]; 5]) -> Vec<u8> {
        let len = |text: &[u8]| u32::try_from(text.len()).expect("it is short");
        exec.header.kind = Kind::Exec as u32;
        exec.filename_len = len(texts[0]);
        exec.executable_len = len(texts[1]);
        exec.parent_executable_len = len(texts[2]);
        exec.parent_filename_len = len(texts[3]);
        exec.args_len = len(texts[4]);
        exec.args_total = exec.args_total.max(exec.args_len);
        [exec.as_bytes(), &texts.concat()].concat()
    }

    #[test]
    fn texts_are_told_apart() {
        let bytes = exec_bytes(
            Exec::default(),
            [b"./k", b"k\0bin\0", b"sh\0", b"x.sh", b"k\0--as=x\0"],
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
        assert_eq!(record.args, b"k\0--as=x\0");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let whole = exec_bytes(Exec::default(), [b"./k", b"", b"", b"", b"k\0"]);
        assert_eq!(decode(&whole[..8]), Err(RecordError::Cut(8)));
        assert_eq!(decode(&whole[..100]), Err(RecordError::Cut(100)));
        assert_eq!(decode(&whole[..whole.len() - 1]), Err(lengths(5, 4)));
        let too_many = exec_bytes(
            Exec {
                args_total: u32::MAX,
                ..Exec::default()
            },
            [b""; 5],
        );
        assert_eq!(decode(&too_many), Err(RecordError::Total(u32::MAX)));
        assert_eq!(decode(&[9; 16]), Err(RecordError::Kind(0x0909_0909)));
        let args = Args {
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
        fn a_damaged_record_is_decoded_or_refused(at in 0_usize..230, value in any::<u8>(), len in 0_usize..230) {
            let mut bytes = exec_bytes(Exec::default(), [b"./k", b"k\0bin\0", b"sh\0", b"", b"k\0--as=x\0"]);
            let at = at % bytes.len();
            bytes[at] = value;
            bytes.truncate(len);
            if let Ok(Record::Exec(record)) = decode(&bytes) {
                prop_assert!(record.args.len() <= bytes.len());
            }
        }
    }
}
