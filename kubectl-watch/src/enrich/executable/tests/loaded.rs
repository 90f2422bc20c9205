//! What a loader is told to run, while its process lives and when it has ended.

use super::*;
use crate::enrich::process::ProcessFolder;

/// The loader of these tests.
fn loader() -> PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").expect("there is one");
    let loader = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .find(|path| {
            path.rsplit('/')
                .next()
                .is_some_and(|name| name.starts_with("ld-"))
        });
    PathBuf::from(loader.expect("this test needs a loader, and runs without one"))
}

/// What is known of the program at last.
fn judged(event: &mut ProcessEvent) -> Option<Unknown> {
    let mut executables = executables();
    for ticket in executables.judge(event, &ForKubectl).tickets {
        finding(&mut executables, ticket).tell(event, &ForKubectl);
    }
    event
        .executable
        .loaded
        .as_ref()
        .expect("it is a loader")
        .content
        .unknown
}

#[test]
fn what_a_loader_is_told_to_run_is_what_runs() {
    let loader = loader();
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(kubectl(), folder.path().join("tool")).expect("a link");
    mkfifoat(CWD, folder.path().join("pipe"), Mode::RWXU).expect("a pipe");
    let mut command = Command::new(&loader);
    command
        .args(["--argv0", "x", "/bin/sleep", "1000"])
        .current_dir(folder.path());
    let running = run(&mut command, tempfile::tempdir().expect("a folder"));
    let sleep = ["ld.so", "--argv0", "x", "/bin/sleep", "1000"];
    let absolute = kubectl();
    let absolute = ["ld.so", absolute.to_str().expect("text")];
    for (args, expected, unknown) in [
        (&sleep[..], vec![], None),
        (&absolute, vec!["kubectl"], None),
        (&["ld.so", "./pipe"], vec![], Some(Unknown::Unreadable)),
        (&["ld.so", "./nothing"], vec![], Some(Unknown::Gone)),
    ] {
        let mut executables = executables();
        let mut event = event(&running.child, &loader, args);
        let judgement = executables.judge(&mut event, &ForKubectl);
        assert_eq!(
            judgement.remember,
            Some((file(&loader), Verdict::Wanted)),
            "{args:?}"
        );
        for ticket in judgement.tickets {
            finding(&mut executables, ticket).tell(&mut event, &ForKubectl);
        }
        assert_eq!(tools(&event), expected, "{args:?}");
        let is_gap = event.gaps.contains(&Gap::Content);
        assert_eq!(is_gap, unknown.is_some(), "{args:?}");
        let program = event.executable.loaded.expect("it is a loader");
        assert_eq!(program.content.unknown, unknown, "{args:?}");
    }
}

#[test]
fn a_name_that_is_searched_for_is_known_only_where_it_is_found() {
    let (loader, folder) = (loader(), tempfile::tempdir().expect("a folder"));
    std::os::unix::fs::symlink("/bin/true", folder.path().join("tool")).expect("a link");
    let tools_folder = folder.path().join("tools");
    fs::create_dir(&tools_folder).expect("it is ours");
    std::os::unix::fs::symlink(kubectl(), tools_folder.join("tool")).expect("a link");
    let mut command = Command::new(&loader);
    command.args(["/bin/sleep", "1000"]).current_dir(folder.path());
    let running = run(&mut command, tempfile::tempdir().expect("a folder"));
    // A variable may list more folders, and the file in the working folder is none that glibc would take.
    let mut searched = event(&running.child, &loader, &["ld.so", "tool", "get"]);
    assert_eq!(judged(&mut searched), Some(Unknown::Gone));
    let args = ["ld.so", "--library-path", "tools", "tool", "get"];
    let mut listed = event(&running.child, &loader, &args);
    assert_eq!((judged(&mut listed), tools(&listed)), (None, vec!["kubectl"]));
}

#[test]
fn of_a_process_that_has_ended_the_program_is_found_below_the_same_root_only() {
    let loader = loader();
    let own = std::process::id();
    let namespace = ProcessFolder::of_pid(own).and_then(|process| process.inode("ns/mnt"));
    let running = run(
        Command::new(&loader).args(["/bin/sleep", "1000"]),
        tempfile::tempdir().expect("a folder"),
    );
    let kubectl = kubectl();
    let args = ["ld.so", kubectl.to_str().expect("text"), "get"];
    let mut gone = event(&running.child, &loader, &args);
    drop(running);
    gone.process.filename.clone_from(&gone.process.executable);
    gone.place.mnt_ns = namespace.expect("it is our own");
    let mut found = gone.clone();
    // Only who may look at other processes can ask the first one, and the parent is nobody.
    found.parent = this();
    assert_eq!((judged(&mut found), tools(&found)), (None, vec!["kubectl"]));

    let mut elsewhere = [gone.clone(), gone.clone(), gone.clone(), gone];
    elsewhere[0].place.mnt_ns += 1;
    // In another root the same name leads elsewhere.
    elsewhere[1].process.filename = b"/bin/true".to_vec();
    elsewhere[2].process.filename = b"./ld.so".to_vec();
    elsewhere[3].process.args = ["ld.so", "./kubectl", "get"].iter().collect();
    for (number, mut event) in elsewhere.into_iter().enumerate() {
        event.parent = this();
        assert_eq!(judged(&mut event), Some(Unknown::Gone), "{number}");
    }
}

/// This process.
fn this() -> Process {
    let start = ProcessFolder::of_pid(std::process::id()).and_then(|process| process.start_ticks());
    Process {
        pid: std::process::id(),
        start_boot_ns: start.expect("it runs") * NANOSECONDS_PER_TICK,
        ..Process::default()
    }
}
