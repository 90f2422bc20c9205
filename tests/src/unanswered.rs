//! A file system of a test's own that stops answering: it shows one program, which can be run, and read by nobody after.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
};

use crate::Mount;

/// The opcodes of `linux/fuse.h` that are answered.
const LOOKUP: u32 = 1;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const READ: u32 = 15;
const INIT: u32 = 26;
/// Those that want no answer: FORGET, INTERRUPT, `BATCH_FORGET`.
const SILENT: [u32; 3] = [2, 36, 42];

const NOENT: i32 = -2;
const NOSYS: i32 = -38;
/// Bytes of what each request, and each answer, begins with.
const REQUEST_HEADER: usize = 40;
const ANSWER_HEADER: usize = 16;
/// The program's name, and its inode's number.
const NAME: &[u8] = b"program";
const INODE: u64 = 2;
/// More than the kernel asks for at once.
const LARGEST: usize = 1024 * 1024 + 4096;

/// The mounted file system. Who waits for it is let go when it is dropped.
pub struct Unanswered {
    mount: Mount,
    server: Option<JoinHandle<File>>,
}

impl Unanswered {
    /// Shows a program on this new folder. It may be opened once; who opens it after that waits.
    ///
    /// # Panics
    ///
    /// When it cannot be mounted.
    pub fn new(program: &Path, folder: impl AsRef<Path>) -> Self {
        let fuse = File::options().read(true).write(true).open("/dev/fuse");
        let fuse = fuse.expect("this test mounts a file system of its own, and needs /dev/fuse");
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", fuse.as_raw_fd());
        let program = std::fs::read(program).expect("it is there");
        let mount = Mount::new("fuse", &options, folder);
        let server = thread::spawn(move || serve(fuse, &program));
        Self {
            mount,
            server: Some(server),
        }
    }

    /// The program.
    pub fn program(&self) -> PathBuf {
        self.mount.path().join("program")
    }

    /// Waits until somebody waits in vain.
    ///
    /// # Panics
    ///
    /// When it failed before.
    pub fn await_silence(&mut self) -> File {
        let server = self.server.take().expect("it is awaited once");
        server.join().expect("it answers until then")
    }
}

/// Answers until the program is opened a second time.
fn serve(mut fuse: File, program: &[u8]) -> File {
    let mut request = vec![0; LARGEST];
    let mut is_opened = false;
    loop {
        // An error is the end of the mount.
        let Ok(length) = fuse.read(&mut request) else {
            return fuse;
        };
        let request = &request[..length];
        let (opcode, unique, node) = (number(request, 4), wide(request, 8), wide(request, 16));
        let body = &request[REQUEST_HEADER.min(length)..];
        if SILENT.contains(&opcode) {
            continue;
        }
        let answer = match opcode {
            INIT => Ok(init()),
            LOOKUP if body.split(|&byte| byte == 0).next() == Some(NAME) => Ok(entry(program.len())),
            LOOKUP => Err(NOENT),
            GETATTR => Ok([vec![0; 16], attributes(node, program.len())].concat()),
            OPEN if is_opened => return fuse,
            OPEN => {
                is_opened = true;
                Ok(vec![0; 16])
            }
            READ => Ok(part(program, wide(body, 8), number(body, 16))),
            _ => Err(NOSYS),
        };
        let (error, data) = match answer {
            Ok(data) => (0, data),
            Err(error) => (error, Vec::new()),
        };
        let length = u32::try_from(ANSWER_HEADER + data.len()).expect("it is short");
        let answer = [
            &length.to_ne_bytes()[..],
            &error.to_ne_bytes(),
            &unique.to_ne_bytes(),
            &data,
        ];
        // Who asked may have been interrupted.
        let _written = fuse.write(&answer.concat());
    }
}

/// `fuse_init_out`: version 7.31, and no features.
fn init() -> Vec<u8> {
    let numbers = [7, 31, 128 * 1024, 0, 0, 128 * 1024, 1, 0];
    let mut out: Vec<u8> = numbers.into_iter().flat_map(u32::to_ne_bytes).collect();
    out.resize(64, 0);
    out
}

/// `fuse_entry_out`: it holds for an hour, as do its attributes.
fn entry(size: usize) -> Vec<u8> {
    let wide: Vec<u8> = [INODE, 0, 3600, 3600]
        .into_iter()
        .flat_map(u64::to_ne_bytes)
        .collect();
    [wide, vec![0; 8], attributes(INODE, size)].concat()
}

/// `fuse_attr`: root's, a folder or a program.
fn attributes(node: u64, size: usize) -> Vec<u8> {
    let (size, mode) = if node == INODE {
        (size as u64, 0o100_755)
    } else {
        (0, 0o40_755)
    };
    let wide: Vec<u8> = [node, size, 0, 0, 0, 0]
        .into_iter()
        .flat_map(u64::to_ne_bytes)
        .collect();
    let narrow = [0, 0, 0, mode, 1, 0, 0, 0, 4096, 0];
    let narrow = narrow.into_iter().flat_map(u32::to_ne_bytes).collect();
    [wide, narrow].concat()
}

fn part(program: &[u8], offset: u64, size: u32) -> Vec<u8> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(program.len());
    let end = offset.saturating_add(size as usize).min(program.len());
    program[offset..end].to_vec()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

fn wide(bytes: &[u8], at: usize) -> u64 {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}
