//! Two files of XFS whose contents change places, which leaves inode, size and time of change as they are.

use std::{
    fs::{self, File},
    io::Write as _,
    os::{fd::AsRawFd as _, unix::fs::MetadataExt as _},
    path::Path,
    process::Command,
};

use kubectl_watch_tests::{Mount, Scene, kubectl, run};

use super::{TOOL, age, daemon, executable, version};

/// `XFS_IOC_SWAPEXT`, and `struct xfs_swapext` as it has it, of `xfs/xfs_fs.h`.
const SWAP: libc::Ioctl = 0xc0c0_586d_u32 as libc::Ioctl;

#[repr(C)]
#[derive(Default)]
struct Swap {
    version: i64,
    target: i64,
    other: i64,
    offset: i64,
    length: i64,
    pad: [u64; 2],
    inode: u64,
    mode_links_owner: u64,
    group_device: u64,
    block_size: u64,
    size: i64,
    accessed: [i64; 2],
    modified: [i64; 2],
    changed: [i64; 2],
    rest: [u64; 6],
}

/// A file system of a test's own, in a file.
fn xfs(scene: &Scene) -> Mount {
    let image = scene.path().join("image");
    let file = File::create(&image).expect("the folder is ours");
    file.set_len(600 << 20).expect("it takes no room");
    let made = run(Command::new("mkfs.xfs").arg("-q").arg(&image));
    assert!(made.status.success(), "{made:?}");
    Mount::image(&image, scene.path().join("xfs"))
}

fn exchange(one: &Path, other: &Path) {
    let open = |path| {
        File::options()
            .read(true)
            .write(true)
            .open(path)
            .expect("nobody runs it")
    };
    let (one, other) = (open(one), open(other));
    for file in [&one, &other] {
        file.sync_all().expect("there is room");
    }
    let facts = one.metadata().expect("it is open");
    let mut swap = Swap {
        target: one.as_raw_fd().into(),
        other: other.as_raw_fd().into(),
        length: facts.size().cast_signed(),
        inode: facts.ino(),
        size: facts.size().cast_signed(),
        modified: [facts.mtime(), facts.mtime_nsec()],
        changed: [facts.ctime(), facts.ctime_nsec()],
        ..Swap::default()
    };
    // SAFETY: the kernel reads as much as the number says, which is the size of this, and that is there until it returns.
    let done = unsafe { libc::ioctl(one.as_raw_fd(), SWAP, &raw mut swap) };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

#[test]
fn content_12_a_kubectl_in_the_place_of_a_judged_file() {
    let (mut daemon, scene) = daemon(TOOL);
    let mount = xfs(&scene);
    let (judged, other) = (mount.path().join("judged"), mount.path().join("other"));
    let tool = fs::read(kubectl()).expect("it is there");
    let mut harmless = fs::read("/bin/true").expect("it is there");
    harmless.resize(tool.len(), 1);
    for (path, bytes) in [(&judged, harmless), (&other, tool)] {
        fs::copy("/bin/true", path).expect("there is room");
        let mut file = File::create(path).expect("it is ours");
        file.write_all(&bytes).expect("there is room");
    }
    // Not root's alone.
    std::os::unix::fs::chown(&judged, Some(1000), None).expect("it is ours");
    age(&judged);
    // What is silent is searched first, by the thread that hashes the other one then.
    version(&judged);
    let id = daemon.alert(&version(&other))["event"]["id"].clone();
    daemon.document("the hash of the other", |document| {
        document["kubectl_watch"]["alert"]["id"] == id && !document["process"]["hash"]["sha256"].is_null()
    });
    version(&judged);
    let numbers = |path: &Path| {
        let facts = fs::metadata(path).expect("it is there");
        (facts.ino(), facts.size(), facts.ctime(), facts.ctime_nsec())
    };
    let before = numbers(&judged);
    exchange(&judged, &other);
    assert_eq!(numbers(&judged), before, "nothing tells it");
    let alert = daemon.alert(&version(&judged));
    assert_eq!(executable(&alert)["tool"], "kubectl", "{alert}");
    assert_eq!(executable(&alert)["file_system"], "xfs", "{alert}");
}
