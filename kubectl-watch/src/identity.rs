//! What a program is, by its content: a reader of its bytes in, an [`Identity`] out.
//!
//! Names are chosen by whoever puts a file somewhere; what is in it is what runs. Pure: no file, no process, no
//! clock. The bytes may be hostile, so every part states how much of them it reads, and all that is read in one
//! [`read`] is at most [`MAX_READ`].

mod bytes;
mod dynamic;
mod elf;
mod go;
mod note;
mod scan;
#[cfg(test)]
mod tests;
mod tool;

use std::io;

use bytes::Bytes;
pub use bytes::ReadAt;
use elf::Elf;
pub use go::Go;
pub use note::hex;
pub use scan::Scan;
pub use tool::{Named, Tool, is_tool, tools};

/// Bytes of one file that [`read`] reads at most. A kubectl takes 27 kB; the rest is for the search of writable
/// data, and hostile files cannot ask for more.
pub const MAX_READ: u64 = 8 * 1024 * 1024;
/// Bytes of a file's beginning that are looked at for what it is.
const MAX_HEAD: usize = 4096;
/// Where UPX leaves its mark: behind the headers, in its own header of 32 bytes, and once more at the end.
const MAX_TRAILER: usize = 256;
/// Bytes of the path of a program's interpreter: the kernel takes no longer one (`PATH_MAX`).
const MAX_INTERPRETER: u64 = 4096;
/// The loaders of the two usual C libraries, by the very paths that their programs name. A path beside them is anybody's
/// who is root in a container.
#[cfg(target_arch = "x86_64")]
const LOADERS: [&[u8]; 2] = [b"/lib64/ld-linux-x86-64.so.2", b"/lib/ld-musl-x86_64.so.1"];
#[cfg(target_arch = "aarch64")]
const LOADERS: [&[u8]; 2] = [b"/lib/ld-linux-aarch64.so.1", b"/lib/ld-musl-aarch64.so.1"];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const LOADERS: [&[u8]; 0] = [];

/// What a program is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The form of the file.
    pub kind: Kind,
    /// Which of the programs that matter here it is.
    pub tool: Option<Tool>,
    /// What Go's linker says of it.
    pub go: Option<Go>,
    /// The GNU build id, in hexadecimal digits.
    pub build_id: Option<String>,
    /// The Go build id, as Go writes it.
    pub go_build_id: Option<Vec<u8>>,
    /// What the kernel starts in its place, where that is not a usual loader: it can be any program.
    pub interpreter: Option<Vec<u8>>,
    /// What it was packed with. The content of a packed program is hidden from everything here.
    pub packed: Option<&'static str>,
}

/// The form of a program file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// ELF that asks for no loader.
    ElfStatic,
    /// ELF that names its loader.
    ElfDynamic,
    /// A dynamic loader: it runs the program that is named in its arguments.
    Loader,
    /// Text that begins with `#!`.
    Script,
    /// Something else.
    #[default]
    Other,
}

impl Kind {
    /// As it is written in an alert.
    pub fn name(self) -> &'static str {
        match self {
            Self::ElfStatic => "elf-static",
            Self::ElfDynamic => "elf-dynamic",
            Self::Loader => "loader",
            Self::Script => "script",
            Self::Other => "other",
        }
    }

    /// Whether it is a program of machine code.
    pub fn is_elf(self) -> bool {
        matches!(self, Self::ElfStatic | Self::ElfDynamic | Self::Loader)
    }
}

/// Says what a program is, as far as it can be said by few small reads. Only reading itself can fail: content
/// that makes no sense has an identity without the parts that made none.
pub fn read(file: &dyn ReadAt) -> io::Result<Identity> {
    let mut bytes = Bytes::new(file);
    let mut head = [0; MAX_HEAD];
    let length = bytes.read(0, &mut head)?;
    let head = &head[..length];
    if head.starts_with(b"#!") {
        return Ok(Identity {
            kind: Kind::Script,
            ..Identity::default()
        });
    }
    let Some(elf) = Elf::read(&mut bytes, head)? else {
        return Ok(Identity::default());
    };
    // What reads little comes first: nothing that a file holds keeps the rest from being read.
    let kind = kind(&mut bytes, &elf)?;
    let interpreter = interpreter(&mut bytes, &elf)?;
    let packed = packed(&mut bytes, head)?;
    let notes = note::read(&mut bytes, &elf)?;
    let go = go::read(&mut bytes, &elf)?;
    Ok(Identity {
        kind,
        tool: go.as_ref().and_then(tool::of),
        go,
        build_id: notes.gnu,
        go_build_id: notes.go,
        interpreter,
        packed,
    })
}

fn kind(bytes: &mut Bytes<'_>, elf: &Elf) -> io::Result<Kind> {
    Ok(if elf.interpreter.is_some() {
        Kind::ElfDynamic
    } else if elf.is_shared && dynamic::has_own_name(bytes, elf)? {
        // A library has a name of its own, which programs without a loader don't; one that can be exec'd, since it
        // was, and asks for no loader, is one.
        Kind::Loader
    } else {
        Kind::ElfStatic
    })
}

/// The path of an interpreter that is no usual loader.
fn interpreter(bytes: &mut Bytes<'_>, elf: &Elf) -> io::Result<Option<Vec<u8>>> {
    let Some(part) = elf.interpreter else {
        return Ok(None);
    };
    let mut path = bytes.take(part.offset, part.length.min(MAX_INTERPRETER))?;
    path.truncate(path.iter().position(|&byte| byte == 0).unwrap_or(path.len()));
    Ok((!LOADERS.contains(&&path[..])).then_some(path))
}

/// UPX writes `UPX!` behind the program headers and near the end of what it packs.
fn packed(bytes: &mut Bytes<'_>, head: &[u8]) -> io::Result<Option<&'static str>> {
    const MARK: &[u8] = b"UPX!";
    let has_mark = |bytes: &[u8]| bytes.windows(MARK.len()).any(|window| window == MARK);
    let mut trailer = [0; MAX_TRAILER];
    let start = bytes.size().saturating_sub(MAX_TRAILER as u64);
    let length = bytes.read(start, &mut trailer)?;
    Ok((has_mark(&head[..head.len().min(512)]) || has_mark(&trailer[..length])).then_some("upx"))
}
