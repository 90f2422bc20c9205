//! What is not known at once, and what is not the file itself.

use std::os::fd::AsRawFd as _;

use rustix::fs::{MemfdFlags, memfd_create};
use sha2::{Digest as _, Sha256};

use super::*;

#[test]
fn a_kubectl_that_keeps_silent_is_found_by_search_and_hashed() {
    let folder = folder();
    let mut bytes = fs::read(kubectl()).expect("it is there");
    let mark = bstr::ByteSlice::find(&*bytes, b"\xff Go buildinf:").expect("Go built it");
    bytes[mark..mark + 14].fill(0);
    let path = folder.path().join("innocent");
    fs::write(&path, &bytes).expect("it can be written");
    aged(&path);
    let running = waiting(&path);
    let mut executables = executables();
    let mut event = event(&running.child, &path, &[]);
    let judgement = executables.judge(&mut event, &ForKubectl);
    let (remember, tickets) = (judgement.remember, judgement.tickets);
    assert_eq!((remember, tickets.len(), tools(&event)), (None, 1, vec![]));
    // Another exec of it meanwhile gets the same answer.
    let mut other = event.clone();
    assert_eq!(executables.judge(&mut other, &ForKubectl).tickets, tickets);
    assert!(event.executable.is_open(), "it may yet turn out to be a tool");
    assert!(event.executable.is_unknown(), "until somebody has searched it");
    let found = finding(&mut executables, tickets[0]);
    assert_eq!(
        found.tell(&mut event, &ForKubectl),
        Some((file(&path), Verdict::Wanted))
    );
    let tool = event
        .executable
        .content
        .identity
        .as_ref()
        .and_then(|identity| identity.tool);
    assert_eq!(
        tool.map(|tool| (tool.name, tool.named)),
        Some(("kubectl", Named::Strings))
    );

    assert!(!event.executable.is_open() && !event.executable.is_unknown());
    let ticket = executables.hash(&event).expect("it is not known yet");
    finding(&mut executables, ticket).tell(&mut event, &ForKubectl);
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    assert_eq!(event.executable.content.sha256, Some(hash));
    assert_eq!(executables.hash(&event), None);
    // All of it is known from now on.
    let mut again = self::event(&running.child, &path, &[]);
    assert_eq!(
        executables.judge(&mut again, &ForKubectl).remember,
        Some((file(&path), Verdict::Wanted))
    );
    assert_eq!(again.executable, event.executable);
}

#[test]
fn a_search_that_ends_before_the_file_does_says_nothing() {
    let path = fs::canonicalize("/bin/sleep").expect("there is one");
    let running = run(
        Command::new(&path).arg("1000"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut executables = executables();
    for (searched, is_known) in [
        (Ok(Searched::Beginning), false),
        (Err(Unknown::Changed), false),
        (Ok(Searched::All), true),
    ] {
        let mut event = event(&running.child, &path, &[]);
        executables.judge(&mut event, &ForKubectl);
        event.executable.content.is_unsearched = true;
        let read = searched.map(|searched| Read {
            identity: event.executable.content.identity.clone().unwrap_or_default(),
            searched: Some(searched),
            ..Read::default()
        });
        let opened = open::now(&event, &file(&path), &executables.root).expect("it runs");
        let found = executables.conclude(Done {
            ticket: Ticket::new(),
            job: Job::look(file(&path), opened),
            read,
        });
        let remembered = found.tell(&mut event, &ForKubectl);
        assert_eq!(
            (!event.executable.is_unknown(), remembered.is_some()),
            (is_known, is_known),
            "{searched:?}"
        );
        assert_eq!(event.gaps.contains(&Gap::Content), !is_known, "{searched:?}");
    }
}

#[test]
fn a_kubectl_in_memory_is_known() {
    let memory = memfd_create("harmless", MemfdFlags::empty()).expect("there is memory");
    let mut memory = fs::File::from(memory);
    std::io::Write::write_all(&mut memory, &fs::read(kubectl()).expect("it is there")).expect("it fits");
    // Nobody may have it open for writing when it is run.
    let path = PathBuf::from(format!("/proc/self/fd/{}", memory.as_raw_fd()));
    let reading = fs::File::open(&path).expect("it is ours");
    drop(memory);
    rustix::io::fcntl_setfd(&reading, rustix::io::FdFlags::empty()).expect("it is open");
    let path = PathBuf::from(format!("/proc/self/fd/{}", reading.as_raw_fd()));
    let running = waiting(&path);
    let mut event = event(&running.child, &path, &[]);
    event.process.executable = b"/memfd:harmless".to_vec();
    executables().judge(&mut event, &ForKubectl);
    assert_eq!(tools(&event), ["kubectl"], "{:?}", event.executable);
}
