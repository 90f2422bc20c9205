//! The headers of an ELF file, of 32 or 64 bits and either order of bytes.
//!
//! What the kernel needs to run a file is believed: its header and its program headers. Section headers are a
//! hint that anybody may remove or write anew, so nothing rests on them alone.

use std::io;

use super::bytes::Bytes;

/// Bytes of program headers that are read. Linux runs no file that has more (`load_elf_phdrs` in `fs/binfmt_elf.c`).
const MAX_PROGRAM_HEADERS: u64 = 64 * 1024;
/// Section headers that are read. Programs have about forty.
const MAX_SECTIONS: u16 = 1024;
/// Bytes of the sections' names that are read.
const MAX_SECTION_NAMES: u64 = 64 * 1024;

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_NOTE: u32 = 4;
const ET_EXEC: u16 = 2;
const ET_DYN: u16 = 3;

/// An ELF file, as far as it is looked at.
#[derive(Debug)]
pub(super) struct Elf {
    pub(super) form: Form,
    /// Where it names the program that the kernel starts in its place, as a rule a loader.
    pub(super) interpreter: Option<Part>,
    /// Whether it can be put anywhere in memory, as libraries, loaders and most programs can.
    pub(super) is_shared: bool,
    /// What is put into memory.
    pub(super) loads: Vec<Segment>,
    /// Where notes are: of segments first, then of sections.
    pub(super) notes: Vec<Part>,
    /// What the loader is told.
    pub(super) dynamic: Option<Part>,
    /// Where the section called `.go.buildinfo` says that it is.
    pub(super) go_section: Option<Part>,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) is_64: bool,
    pub(super) is_big: bool,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// A part of a file that is put into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) part: Part,
    pub(super) address: u64,
    pub(super) is_writable: bool,
}

impl Elf {
    /// Reads the headers. None for what is no ELF program.
    pub(super) fn read(bytes: &mut Bytes<'_>, head: &[u8]) -> io::Result<Option<Self>> {
        let Some((form, header)) = Header::of(head) else {
            return Ok(None);
        };
        let mut elf = Self {
            form,
            interpreter: None,
            is_shared: header.kind == ET_DYN,
            loads: Vec::new(),
            notes: Vec::new(),
            dynamic: None,
            go_section: None,
        };
        let entry = form.size(56, 32);
        let table = bytes.take(
            header.programs,
            (u64::from(header.program_count) * entry as u64).min(MAX_PROGRAM_HEADERS),
        )?;
        for program in table.chunks_exact(entry) {
            elf.program(program);
        }
        elf.sections(bytes, &header)?;
        Ok(Some(elf))
    }

    fn program(&mut self, entry: &[u8]) {
        let form = self.form;
        let fields = |offset, address, length| {
            let part = Part {
                offset: form.word(entry, offset)?,
                length: form.word(entry, length)?,
            };
            Some((part, form.word(entry, address)?))
        };
        let fields = if form.is_64 {
            fields(8, 16, 32)
        } else {
            fields(4, 8, 16)
        };
        let flags = form.u32(entry, form.size(4, 24));
        let (Some(kind), Some(flags), Some((part, address))) = (form.u32(entry, 0), flags, fields) else {
            return;
        };
        match kind {
            PT_LOAD => self.loads.push(Segment {
                part,
                address,
                is_writable: flags & 2 != 0,
            }),
            PT_DYNAMIC => self.dynamic = Some(part),
            // The first one counts, as it does for the kernel.
            PT_INTERP => self.interpreter = self.interpreter.or(Some(part)),
            PT_NOTE => self.notes.push(part),
            _ => {}
        }
    }

    /// Looks for one section by its name, and for notes that no segment has.
    fn sections(&mut self, bytes: &mut Bytes<'_>, header: &Header) -> io::Result<()> {
        let form = self.form;
        let entry = form.size(64, 40);
        let count = header.section_count.min(MAX_SECTIONS);
        if header.sections == 0 || header.section_names >= count {
            return Ok(());
        }
        let table = bytes.take(header.sections, u64::from(count) * entry as u64)?;
        let part = |section: &[u8]| {
            Some(Part {
                offset: form.word(section, form.size(24, 16))?,
                length: form.word(section, form.size(32, 20))?,
            })
        };
        let section = |index: usize| table.chunks_exact(entry).nth(index);
        let Some(names) = section(usize::from(header.section_names)).and_then(part) else {
            return Ok(());
        };
        let names = bytes.take(names.offset, names.length.min(MAX_SECTION_NAMES))?;
        for section in table.chunks_exact(entry) {
            let name = form.u32(section, 0).and_then(|at| names.get(at as usize..));
            let name = name.and_then(|name| name.split(|&byte| byte == 0).next());
            match name {
                Some(b".go.buildinfo") => self.go_section = part(section),
                Some(b".note.go.buildid" | b".note.gnu.build-id") => self.notes.extend(part(section)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Where in the file something is that lies at an address in memory, and how much of the file follows.
    pub(super) fn place(&self, address: u64) -> Option<Part> {
        self.loads.iter().find_map(|segment| {
            let inside = address.checked_sub(segment.address)?;
            let length = segment.part.length.checked_sub(inside).filter(|&left| left > 0)?;
            let offset = segment.part.offset.checked_add(inside)?;
            Some(Part { offset, length })
        })
    }
}

/// The fields of the file's header.
struct Header {
    kind: u16,
    programs: u64,
    program_count: u16,
    sections: u64,
    section_count: u16,
    section_names: u16,
}

impl Header {
    fn of(head: &[u8]) -> Option<(Form, Self)> {
        let ident = head.strip_prefix(b"\x7fELF")?;
        let form = Form {
            is_64: match ident.first()? {
                1 => false,
                2 => true,
                _ => return None,
            },
            is_big: match ident.get(1)? {
                1 => false,
                2 => true,
                _ => return None,
            },
        };
        let kind = form.u16(head, 16)?;
        // From the field of flags on, all is at the same distance in both sizes.
        let rest = form.size(48, 36);
        let header = Self {
            kind,
            programs: form.word(head, form.size(32, 28))?,
            sections: form.word(head, form.size(40, 32))?,
            program_count: form.u16(head, rest + 8)?,
            section_count: form.u16(head, rest + 12)?,
            section_names: form.u16(head, rest + 14)?,
        };
        matches!(kind, ET_EXEC | ET_DYN).then_some((form, header))
    }
}

impl Form {
    /// The first for 64 bits, else the second.
    pub(super) fn size(self, of_64: usize, of_32: usize) -> usize {
        if self.is_64 { of_64 } else { of_32 }
    }

    pub(super) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let raw = *bytes.get(at..)?.first_chunk()?;
        Some(if self.is_big {
            u16::from_be_bytes(raw)
        } else {
            u16::from_le_bytes(raw)
        })
    }

    pub(super) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let raw = *bytes.get(at..)?.first_chunk()?;
        Some(if self.is_big {
            u32::from_be_bytes(raw)
        } else {
            u32::from_le_bytes(raw)
        })
    }

    /// A number as wide as an address.
    pub(super) fn word(self, bytes: &[u8], at: usize) -> Option<u64> {
        if !self.is_64 {
            return self.u32(bytes, at).map(u64::from);
        }
        let raw = *bytes.get(at..)?.first_chunk()?;
        Some(if self.is_big {
            u64::from_be_bytes(raw)
        } else {
            u64::from_le_bytes(raw)
        })
    }
}
