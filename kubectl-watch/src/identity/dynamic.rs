//! What an ELF file tells its loader, as far as it tells a loader from a program.

use std::io;

use super::bytes::Bytes;
use super::elf::Elf;

/// Bytes of the table that are read. A program has some thirty entries of sixteen bytes.
const MAX_TABLE: u64 = 16 * 1024;
const DT_NULL: u64 = 0;
const DT_SONAME: u64 = 14;

/// Whether the file has a name of its own (`DT_SONAME`), by which others ask for it.
pub(super) fn has_own_name(bytes: &mut Bytes<'_>, elf: &Elf) -> io::Result<bool> {
    let Some(part) = elf.dynamic else {
        return Ok(false);
    };
    let table = bytes.take(part.offset, part.length.min(MAX_TABLE))?;
    let tags = table
        .chunks_exact(elf.form.size(16, 8))
        .filter_map(|entry| elf.form.word(entry, 0));
    Ok(tags.take_while(|&tag| tag != DT_NULL).any(|tag| tag == DT_SONAME))
}
