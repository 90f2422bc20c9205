//! The smallest program there is: an ELF file of some 130 bytes that asks the kernel to end it.
//!
//! It has one segment, no library and no loader, so that an exec of it is hardly more than the exec itself.

use anyhow::{Result, bail};
use std::env::consts::ARCH;

/// Where it is loaded.
const ADDRESS: u64 = 0x40_0000;
/// A multiple of every page size that Linux has.
const ALIGNMENT: u64 = 0x1_0000;
const FILE_HEADER: u16 = 64;
const PROGRAM_HEADER: u16 = 56;

/// The file's content, for this machine.
pub(crate) fn program() -> Result<Vec<u8>> {
    // Both are `exit(0)`: the number of the system call, its argument, the call.
    let (machine, code): (u16, &[u8]) = match ARCH {
        // mov eax, 60; xor edi, edi; syscall
        "x86_64" => (62, &[0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05]),
        // mov x8, #93; mov x0, #0; svc #0
        "aarch64" => (183, &[0xa8, 0x0b, 0x80, 0xd2, 0, 0, 0x80, 0xd2, 0x01, 0, 0, 0xd4]),
        other => bail!("no program to exec is known for {other}"),
    };
    let headers = u64::from(FILE_HEADER + PROGRAM_HEADER);
    let size = headers + code.len() as u64;

    // 64 bits, little endian, the one version, System V.
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let executable: u16 = 2;
    halves(&mut file, &[executable, machine]);
    words(&mut file, &[1]);
    longs(&mut file, &[ADDRESS + headers, u64::from(FILE_HEADER), 0]);
    words(&mut file, &[0]);
    halves(&mut file, &[FILE_HEADER, PROGRAM_HEADER, 1, 0, 0, 0]);

    let (load, read_execute) = (1, 5);
    words(&mut file, &[load, read_execute]);
    longs(&mut file, &[0, ADDRESS, ADDRESS, size, size, ALIGNMENT]);
    file.extend(code);
    Ok(file)
}

fn halves(file: &mut Vec<u8>, values: &[u16]) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn words(file: &mut Vec<u8>, values: &[u32]) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn longs(file: &mut Vec<u8>, values: &[u64]) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    #[test]
    fn it_runs_and_ends_well() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("program");
        fs::write(&file, super::program().expect("this machine is known")).expect("it can be written");
        fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("it is ours");
        let status = Command::new(&file).status().expect("it starts");
        assert!(status.success(), "{status}");
    }
}
