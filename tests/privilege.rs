//! The least that the daemon needs, found by taking it away; and how little is left of it once it watches.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use kubectl_watch_tests::{Daemon, Manifest, SEED, Scene, binary, fields, require_root, run, unique};
use rustix::{process::Signal, thread::CapabilitySet};

/// Somebody who is not root.
const USER: u32 = 1000;

/// A file of the project.
fn project(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The daemon as a command, with these capabilities and no other.
fn daemon_with(capabilities: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_with-capabilities"));
    command.arg(capabilities.join(",")).arg(binary());
    command
}

/// Why it does not watch; none where it does.
fn refusal(capabilities: &[String]) -> Option<String> {
    let mut daemon = daemon_with(capabilities)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let log = BufReader::new(daemon.stderr.take().expect("it is piped"));
    let mut last = String::new();
    for line in log.lines() {
        let line = line.expect("it is text");
        if line.contains("watching") {
            daemon.kill().expect("it runs");
            daemon.wait().expect("it ends");
            return None;
        }
        if let Some(failure) = line.strip_prefix("kubectl-watch: ") {
            failure
                .split(": ")
                .next()
                .unwrap_or_default()
                .clone_into(&mut last);
        }
    }
    let code = daemon.wait().expect("it ends").code().expect("nobody killed it");
    Some(format!("It ends with {code}: {last}"))
}

/// A program called kubectl that belongs to somebody, and that others can run and not read.
fn program(scene: &Scene) -> PathBuf {
    fs::set_permissions(scene.path(), fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    let program = scene.copy("/bin/bash", "kubectl");
    chown(&program, Some(USER), Some(USER)).expect("root may");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o711)).expect("root may");
    program
}

/// A shell that stays until it is let go, so that there is a parent to look at.
struct Shell(Child);

impl Shell {
    fn start(command: &mut Command, line: &str) -> Self {
        let child = command
            .args(["bash", "-c", line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        Self(child.expect("it starts"))
    }

    /// Waits until it says something.
    fn await_word(&mut self) {
        let mut line = String::new();
        let mut from = BufReader::new(self.0.stdout.as_mut().expect("it is piped"));
        from.read_line(&mut line).expect("it says that it runs");
        assert!(!line.is_empty(), "it ended");
    }

    fn let_go(mut self) {
        let mut into = self.0.stdin.take().expect("it is piped");
        into.write_all(b"\n").expect("it reads");
        self.0.wait().expect("it ends");
    }
}

/// What runs a shell as somebody who is not root.
fn as_user() -> Command {
    let mut command = Command::new("env");
    command.uid(USER).gid(USER);
    command
}

/// What there is to see: one that ran before, one of another user, one in a mount namespace of its own.
struct Seen {
    before: bool,
    user: BTreeSet<String>,
    namespace: BTreeSet<String>,
}

fn watch(capabilities: &[String]) -> Seen {
    let scene = Scene::new();
    let program = program(&scene);
    let names = ["before", "user", "namespace"].map(unique);
    let config = scene.path().join("config");
    fs::write(&config, "current-context: there\n").expect("the folder is ours");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    chown(&config, Some(USER), None).expect("root gives it away");
    let line = |program: &Path, name: &str| {
        let (config, program) = (config.display(), program.display());
        format!("KUBECONFIG={config} {program} -c 'echo here; read line' --as={name}; true")
    };
    let mut before = Shell::start(&mut as_user(), &line(&program, &names[0]));
    before.await_word();
    let mut daemon = Daemon::start_by(&mut daemon_with(capabilities), &[]);

    let user = Shell::start(&mut as_user(), &line(&program, &names[1]));
    let folder = scene.path().join("hidden");
    fs::create_dir(&folder).expect("the folder is ours");
    let run = line(&folder.join("kubectl"), &names[2]);
    let folder = folder.display();
    let mounted = format!("mount -t tmpfs none {folder} && cp /bin/bash {folder}/kubectl && {run}");
    let namespace = Shell::start(Command::new("unshare").arg("--mount"), &mounted);
    let [user_fields, namespace_fields] = seen_of(&mut daemon, [&names[1], &names[2]]);
    let stopped = daemon.stop();
    assert!(stopped.status.success(), "{}", stopped.log);
    for shell in [before, user, namespace] {
        shell.let_go();
    }
    Seen {
        before: stopped.count(&names[0]) > 0,
        user: user_fields,
        namespace: namespace_fields,
    }
}

/// Fields, and all that begins so, that say nothing of rights.
const LEFT_OUT: [&str; 8] = [
    "kubectl_watch.alert",
    "kubectl_watch.gaps",
    "kubectl_watch.kubeconfig.unknown",
    "kubectl_watch.kuberc.unknown",
    "kubectl_watch.script",
    "kubectl_watch.surroundings",
    "related",
    "process.session_leader",
];

/// The fields of the alerts about these, and of what was found out of their executables later.
fn seen_of(daemon: &mut Daemon, names: [&str; 2]) -> [BTreeSet<String>; 2] {
    let mut found = names.map(|_| BTreeSet::new());
    let mut ids = names.map(|_| None);
    let mut open = names.map(|_| true);
    let mut is_late = names.map(|_| false);
    while open.contains(&true) || is_late.contains(&true) {
        let document = daemon.document("what is still open", |_| true);
        let args = document["process"]["args"].to_string();
        let executable = &document["kubectl_watch"]["executable"];
        for index in 0..names.len() {
            if args.contains(names[index]) {
                ids[index] = Some(document["event"]["id"].clone());
            } else if ids[index].as_ref() != Some(&document["kubectl_watch"]["alert"]["id"]) {
                continue;
            }
            found[index].extend(fields::of(&document));
            is_late[index] = match document["event"]["action"].as_str() {
                Some("exec") => document["kubectl_watch"]["kubeconfig"]["unknown"] == "slow",
                Some("circumstances-found") => false,
                _ => is_late[index],
            };
            let unknown = executable["unknown"].as_str();
            let is_final = unknown.is_some_and(|why| !["slow", "busy"].contains(&why));
            // An update names its alert, and says some things twice. Who leads the session is whoever runs the tests,
            // by a script or not, and what is known of it depends on how far above that is.
            found[index].retain(|name| LEFT_OUT.iter().all(|out| !name.starts_with(out)));
            open[index] &= !is_final && document["process"]["hash"].is_null();
        }
    }
    found
}

/// What is missing of an alert, in words.
fn missing(what: &str, all: &BTreeSet<String>, some: &BTreeSet<String>) -> Option<String> {
    let gone: Vec<String> = fields::gone(all, some).map(|name| format!("`{name}`")).collect();
    (!gone.is_empty()).then(|| format!("of {what} are missing {}", gone.join(", ")))
}

#[test]
fn each_capability_is_needed_for_what_the_document_says() {
    require_root();
    let given = Manifest::read().capabilities().to_vec();
    assert!(given.len() >= 2, "{given:?}");
    let all = watch(&given);
    assert!(all.before, "with every capability it is reported");
    let mut table = vec!["| without | what happens |".to_owned(), "|---|---|".to_owned()];
    for taken in &given {
        let kept: Vec<String> = given.iter().filter(|name| *name != taken).cloned().collect();
        let outcome = refusal(&kept).unwrap_or_else(|| {
            let some = watch(&kept);
            let parts = [
                (!some.before).then(|| "what ran before is not reported".to_owned()),
                missing("what another user runs", &all.user, &some.user),
                missing(
                    "what runs in a mount namespace of its own",
                    &all.namespace,
                    &some.namespace,
                ),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            if parts.is_empty() {
                "nothing".to_owned()
            } else {
                parts.join("; ")
            }
        });
        table.push(format!("| `CAP_{taken}` | {outcome} |"));
    }
    let table = table.join("\n");
    println!("{table}");
    assert!(
        project("docs/privileges.md").contains(&table),
        "docs/privileges.md says otherwise than what happens:\n{table}"
    );
}

#[test]
fn what_it_does_not_need_is_gone_once_it_watches() {
    let scene = Scene::new();
    let program = program(&scene);
    let mut daemon = Daemon::start(&[]);
    daemon.signal(Signal::HUP);
    daemon.await_log("reloaded");
    let user = unique("confined");
    let line = format!("{} -c true --as={user}; true", program.display());
    run(Command::new("bash").args(["-c", &line]).uid(USER).gid(USER));
    assert_eq!(daemon.alert(&user)["user"]["id"], USER.to_string());

    let left = (CapabilitySet::SYS_PTRACE | CapabilitySet::DAC_READ_SEARCH).bits();
    let threads: Vec<_> = fs::read_dir(format!("/proc/{}/task", daemon.pid()))
        .expect("it runs")
        .collect();
    assert!(threads.len() > 1, "the sink has a thread of its own");
    for thread in threads {
        let path = thread.expect("it can be listed").path().join("status");
        let status = fs::read_to_string(path).expect("root may");
        let field = |name: &str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().trim().to_owned()
        };
        assert_eq!(field("NoNewPrivs"), "1", "{status}");
        assert_eq!(field("Seccomp"), "2", "{status}");
        for set in ["CapEff", "CapPrm"] {
            let set = u64::from_str_radix(&field(set), 16).expect("it is a set");
            // Some kernels ask for a capability whenever a map is read.
            let for_maps = CapabilitySet::BPF.bits();
            assert_eq!(set & !for_maps, left, "{status}");
        }
        assert_eq!(field("CapInh"), "0000000000000000", "{status}");
    }
    let stopped = daemon.stop();
    assert!(stopped.status.success(), "{}", stopped.log);
    assert!(
        stopped.log.contains("system calls are filtered"),
        "{}",
        stopped.log
    );
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
    assert_eq!(stopped.count_of(SEED, &user), 1);
}
