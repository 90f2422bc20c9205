//! The build ids in the notes of an ELF file.

use std::fmt::Write as _;
use std::io;

use super::bytes::Bytes;
use super::elf::Elf;

/// Parts with notes that are looked at. Programs have three.
const MAX_PARTS: usize = 16;
/// Bytes of each that are read.
const MAX_NOTES: u64 = 4096;
/// Bytes of an id that are kept: GNU's has 20, Go's 83.
const MAX_ID: usize = 256;

const NT_GNU_BUILD_ID: u32 = 3;
const NT_GO_BUILD_ID: u32 = 4;

/// The ids of a build.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) gnu: Option<String>,
    pub(super) go: Option<Vec<u8>>,
}

/// One note.
struct Note<'a> {
    kind: u32,
    owner: &'a [u8],
    text: &'a [u8],
    /// What follows it.
    rest: &'a [u8],
}

pub(super) fn read(bytes: &mut Bytes<'_>, elf: &Elf) -> io::Result<Notes> {
    let mut notes = Notes::default();
    for part in elf.notes.iter().take(MAX_PARTS) {
        let data = bytes.take(part.offset, part.length.min(MAX_NOTES))?;
        notes.take_from(&data, elf);
    }
    Ok(notes)
}

impl Notes {
    fn take_from(&mut self, mut data: &[u8], elf: &Elf) {
        // Each turn goes on by twelve bytes at least.
        while let Some(note) = Note::first(data, elf) {
            let text = &note.text[..note.text.len().min(MAX_ID)];
            match (note.kind, note.owner) {
                (NT_GNU_BUILD_ID, b"GNU\0") if self.gnu.is_none() => self.gnu = Some(hex(text)),
                (NT_GO_BUILD_ID, b"Go\0\0") if self.go.is_none() => self.go = Some(text.to_vec()),
                _ => {}
            }
            data = note.rest;
        }
    }
}

impl<'a> Note<'a> {
    fn first(data: &'a [u8], elf: &Elf) -> Option<Self> {
        let number = |at| elf.form.u32(data, at);
        let length = |at| usize::try_from(number(at)?).ok();
        let (owner, text) = (length(0)?, length(4)?);
        let body = data.get(12..)?;
        // Each part is filled up to a multiple of four bytes.
        let text_at = owner.checked_next_multiple_of(4)?;
        let end = text_at.checked_add(text.checked_next_multiple_of(4)?)?;
        Some(Self {
            kind: number(8)?,
            owner: body.get(..text_at)?,
            text: body.get(text_at..)?.get(..text)?,
            rest: body.get(end..).unwrap_or_default(),
        })
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}
