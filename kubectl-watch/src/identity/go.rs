//! What Go's linker leaves in every program: its own version, the package and the module that were built.
//!
//! The form is that of `debug/buildinfo` in Go's standard library: a mark of 14 bytes at a multiple of 16, then
//! either two lengths with texts (Go 1.18 and newer) or two pointers to texts. Stripping leaves all of it in place.

use std::io;

use super::bytes::Bytes;
use super::elf::{Elf, Form, Part};

const MARK: &[u8] = b"\xff Go buildinf:";
/// Bytes of mark, size of a pointer, flags, and pointers.
const HEADER: usize = 32;
const ALIGN: usize = 16;
const FLAG_BIG_ENDIAN: u8 = 1;
const FLAG_INLINE: u8 = 2;

/// Bytes of writable data among which the mark is looked for where no section shows it. It stands at the beginning
/// of them in what Go links, and behind a few tables in what other linkers link.
const MAX_SEARCH: u64 = 4 * 1024 * 1024;
/// Bytes that are searched at once.
const CHUNK: u64 = 256 * 1024;
/// Bytes of the version: more than Go's own development versions have.
const MAX_VERSION: u64 = 256;
/// Bytes of what is said of modules. What is looked for stands in the first lines.
const MAX_MODULES: u64 = 16 * 1024;
/// What encloses the modules, so that others find their beginning and end.
const SENTINEL: usize = 16;
/// Bytes of one path or version that are kept.
const MAX_TEXT: usize = 512;

/// What Go's linker says of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Go {
    /// Of Go itself: `go1.24.2`.
    pub version: Vec<u8>,
    /// The package that was built: `k8s.io/kubernetes/cmd/kubectl`. Empty where the builder left it out.
    pub path: Vec<u8>,
    /// The module it belongs to. Empty where it was built without modules.
    pub module: Vec<u8>,
    /// The version of that module.
    pub module_version: Vec<u8>,
}

/// Looks where the section says, and then through the writable data.
pub(super) fn read(bytes: &mut Bytes<'_>, elf: &Elf) -> io::Result<Option<Go>> {
    let mut left = MAX_SEARCH;
    let writable = elf
        .loads
        .iter()
        .filter(|segment| segment.is_writable)
        .map(|segment| segment.part);
    for part in elf.go_section.into_iter().chain(writable) {
        if let Some(go) = search(bytes, elf, part, &mut left)? {
            return Ok(Some(go));
        }
    }
    Ok(None)
}

/// The first mark in a part that something readable follows.
fn search(bytes: &mut Bytes<'_>, elf: &Elf, part: Part, left: &mut u64) -> io::Result<Option<Go>> {
    let mut done = 0;
    while done < part.length && *left > 0 {
        let Some(offset) = part.offset.checked_add(done) else {
            break;
        };
        // The section is small, and the mark stands at the very beginning of it and of what Go links.
        let wanted = if done == 0 { 4096 } else { CHUNK };
        let data = bytes.take(offset, (part.length - done).min(wanted).min(*left))?;
        if data.is_empty() {
            break;
        }
        *left -= data.len() as u64;
        for (index, _) in data
            .chunks(ALIGN)
            .enumerate()
            .filter(|(_, chunk)| chunk.starts_with(MARK))
        {
            if let Some(go) = found(bytes, elf, offset + (index * ALIGN) as u64)? {
                return Ok(Some(go));
            }
        }
        done += data.len() as u64;
    }
    Ok(None)
}

/// Reads what a mark at this place in the file is followed by.
fn found(bytes: &mut Bytes<'_>, elf: &Elf, offset: u64) -> io::Result<Option<Go>> {
    let header = bytes.take(offset, HEADER as u64)?;
    let (Some(&pointer_size), Some(&flags)) = (header.get(MARK.len()), header.get(MARK.len() + 1)) else {
        return Ok(None);
    };
    let texts = if flags & FLAG_INLINE == 0 {
        let form = Form {
            is_64: pointer_size == 8,
            is_big: flags & FLAG_BIG_ENDIAN != 0,
        };
        pointed(bytes, elf, form, &header)?
    } else {
        inline(bytes, offset.saturating_add(HEADER as u64))?
    };
    Ok(texts.and_then(|(version, modules)| Go::of(&version, &modules)))
}

/// Both texts where they follow the header, each behind its length.
fn inline(bytes: &mut Bytes<'_>, offset: u64) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let data = bytes.take(offset, MAX_VERSION + MAX_MODULES)?;
    let Some((version, rest)) = text(&data) else {
        return Ok(None);
    };
    let modules = text(rest).map(|(modules, _)| modules).unwrap_or_default();
    Ok(Some((version.to_vec(), modules.to_vec())))
}

/// A text behind its length, and what follows it. Of one that is longer than what was read, the beginning.
fn text(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0u64;
    for (index, &byte) in data.iter().enumerate().take(9) {
        length |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let data = &data[index + 1..];
            let length = usize::try_from(length).unwrap_or(usize::MAX).min(data.len());
            return Some(data.split_at(length));
        }
    }
    None
}

/// Both texts where pointers lead to Go's own string headers: a pointer and a length.
fn pointed(
    bytes: &mut Bytes<'_>,
    elf: &Elf,
    form: Form,
    header: &[u8],
) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let width = form.size(8, 4);
    let mut texts = [Vec::new(), Vec::new()];
    for (index, (out, max)) in texts.iter_mut().zip([MAX_VERSION, MAX_MODULES]).enumerate() {
        let pointer = form.word(header, ALIGN + index * width);
        let Some(place) = pointer.and_then(|pointer| elf.place(pointer)) else {
            continue;
        };
        let string = bytes.take(place.offset, 2 * width as u64)?;
        let (Some(pointer), Some(length)) = (form.word(&string, 0), form.word(&string, width)) else {
            continue;
        };
        if let Some(place) = elf.place(pointer) {
            *out = bytes.take(place.offset, length.min(place.length).min(max))?;
        }
    }
    let [version, modules] = texts;
    Ok((!version.is_empty()).then_some((version, modules)))
}

impl Go {
    /// Understands both texts. None where the first is no version of Go.
    fn of(version: &[u8], modules: &[u8]) -> Option<Self> {
        if !version.starts_with(b"go") && !version.starts_with(b"devel") {
            return None;
        }
        let mut go = Self {
            version: kept(version),
            ..Self::default()
        };
        // Modules are enclosed in 16 bytes that no text has; without them nothing is said.
        for line in modules
            .get(SENTINEL..)
            .unwrap_or_default()
            .split(|&byte| byte == b'\n')
        {
            let mut words = line.split(|&byte| byte == b'\t');
            match words.next() {
                Some(b"path") => go.path = words.next().map(kept).unwrap_or_default(),
                Some(b"mod") => {
                    go.module = words.next().map(kept).unwrap_or_default();
                    go.module_version = words.next().map(kept).unwrap_or_default();
                }
                // Path and module come first.
                Some(b"dep" | b"build") => break,
                _ => {}
            }
        }
        Some(go)
    }
}

fn kept(text: &[u8]) -> Vec<u8> {
    text[..text.len().min(MAX_TEXT)].to_vec()
}
