use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

mod crafted;
mod hostile;

/// The machine's own kubectl.
fn kubectl() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .map(|folder| folder.join("kubectl"))
        .find(|file| file.is_file());
    found.expect(
        "these tests read a real kubectl, and none is on PATH: `cargo xtask setup` says how to get one",
    )
}

fn bytes_of(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn identity(bytes: &[u8]) -> Identity {
    read(&bytes).expect("memory can be read")
}

/// What the whole of it says.
fn scanned(bytes: &[u8]) -> Option<(&'static str, Named)> {
    let mut scan = Scan::default();
    bytes.chunks(1 << 20).for_each(|piece| scan.take(piece));
    scan.tool().map(|tool| (tool.name, tool.named))
}

fn tool(identity: &Identity) -> Option<(&'static str, Named)> {
    identity.tool.map(|tool| (tool.name, tool.named))
}

const BY_BUILD_INFO: Option<(&str, Named)> = Some(("kubectl", Named::BuildInfo));
const BY_STRINGS: Option<(&str, Named)> = Some(("kubectl", Named::Strings));

/// Overwrites each place where these bytes are.
fn wipe(bytes: &mut [u8], what: &[u8], with: &[u8]) {
    let places: Vec<_> = bstr::ByteSlice::find_iter(&*bytes, what).collect();
    assert!(!places.is_empty(), "there is nothing to wipe");
    for place in places {
        bytes[place..place + with.len()].copy_from_slice(with);
    }
}

/// Makes it a file without section headers.
fn without_sections(bytes: &mut [u8]) {
    assert_eq!(bytes[4], 2, "kubectl has 64 bits");
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
}

#[test]
fn a_real_kubectl_says_what_it_is() {
    let identity = identity(&bytes_of(kubectl()));
    assert_eq!(tool(&identity), BY_BUILD_INFO, "{identity:?}");
    assert!(
        identity.kind.is_elf() && identity.kind != Kind::Loader,
        "{identity:?}"
    );
    let go = identity.go.expect("Go built it");
    assert!(go.version.starts_with(b"go1."), "{go:?}");
    assert!(go.path.starts_with(b"k8s.io/"), "{go:?}");
    assert_eq!(identity.packed, None);
}

#[test]
fn stripping_takes_nothing_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let stripped = folder.path().join("innocent");
    for section in ["--strip-all", "--remove-section=.note.go.buildid"] {
        let status = Command::new("strip")
            .arg(section)
            .arg("-o")
            .arg(&stripped)
            .arg(kubectl())
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "strip, of binutils, is needed and does not run"
        );
        let mut bytes = bytes_of(&stripped);
        assert_eq!(tool(&identity(&bytes)), BY_BUILD_INFO, "{section}");
        without_sections(&mut bytes);
        assert_eq!(tool(&identity(&bytes)), BY_BUILD_INFO, "{section}, no sections");
    }
}

#[test]
fn a_kubectl_that_keeps_silent_or_lies_is_known_by_its_texts() {
    let whole = bytes_of(kubectl());
    assert_eq!(scanned(&whole), BY_STRINGS);

    let mut wiped = whole.clone();
    wipe(&mut wiped, b"\xff Go buildinf:", &[0; 14]);
    without_sections(&mut wiped);
    let found = identity(&wiped);
    assert_eq!((tool(&found), found.go), (None, None));
    assert_eq!(scanned(&wiped), BY_STRINGS);

    let mut lying = whole;
    wipe(
        &mut lying,
        b"path\tk8s.io/kubernetes/cmd/kubectl",
        b"path\texample.com/harmless/cmd/hello",
    );
    wipe(
        &mut lying,
        b"k8s.io/kubernetes/cmd/kubectl",
        b"example.com/harmless/cmd/hello"[..29].as_ref(),
    );
    // A kubectl that was built outside of a module, as Debian's is, names none.
    let module = b"mod\tk8s.io/kubernetes";
    if bstr::ByteSlice::contains_str(&*lying, module) {
        wipe(&mut lying, module, b"mod\texample.com/hello");
    }
    let found = identity(&lying);
    assert_eq!(tool(&found), None, "{found:?}");
    assert_eq!(scanned(&lying), BY_STRINGS);
}

#[test]
fn a_loader_is_no_program() {
    let maps = fs::read_to_string("/proc/self/maps").expect("there is one");
    let loader = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .find(|path| {
            path.rsplit('/')
                .next()
                .is_some_and(|name| name.starts_with("ld-"))
        })
        .expect("this test needs a loader, and runs without one");
    assert_eq!(identity(&bytes_of(loader)).kind, Kind::Loader, "{loader}");
    let own = env::current_exe().expect("it has a path");
    assert_eq!(identity(&bytes_of(own)).kind, Kind::ElfDynamic);
}

#[test]
fn busybox_is_known_by_its_banner() {
    let busybox = bytes_of("/bin/busybox");
    assert!(identity(&busybox).kind.is_elf());
    assert_eq!(scanned(&busybox), Some(("busybox", Named::Strings)));
    assert_eq!(scanned(&bytes_of("/bin/sh")), None);
}

#[test]
fn what_is_no_elf_is_named_too() {
    for (bytes, kind) in [
        (&b"#!/bin/sh\nkubectl\n"[..], Kind::Script),
        (b"#", Kind::Other),
        (b"", Kind::Other),
        (b"MZ\x90\0", Kind::Other),
        (b"\x7fELF", Kind::Other),
    ] {
        assert_eq!(
            identity(bytes),
            Identity {
                kind,
                ..Identity::default()
            }
        );
    }
}
