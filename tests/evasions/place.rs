//! Ways past an exec monitor that are about where what runs is: in memory, behind a descriptor, or nowhere any more.

use std::{
    fs,
    net::TcpListener,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, apart, kubectl, run, unique};
use rustix::process::Signal;
use serde_json::Value;

const ELSEWHERE: &str = "Kubectl With Another Identity, Not From a Shell";
const OTHER_NAME: &str = "Kubectl Under Another Name";
const MEMORY: &str = "Kubectl From Memory, a Deleted File or a Fresh One";

fn tool(alert: &Value) -> Option<&str> {
    alert["kubectl_watch"]["executable"]["tool"].as_str()
}

/// Runs a program by its descriptor: `execveat(2)` with an empty path, `fexecve(3)`'s path, or from memory.
const BY_DESCRIPTOR: &str = r#"
    use strict;
    my ($how, $memfd_create, $execveat, $program, @args) = @ARGV;
    $^F = 1000;
    open(my $file, '<:raw', $program) or die $!;
    my $descriptor = fileno($file);
    if ($how eq 'memory') {
        my $name = 'harmless';
        $descriptor = syscall($memfd_create + 0, $name, 0);
        die $! if $descriptor < 0;
        open(my $memory, '>&:raw', $descriptor) or die $!;
        local $/ = \1048576;
        while (my $part = <$file>) { print $memory $part or die $! }
        close($memory) or die $!;
    }
    if ($how eq 'path') { exec { "/proc/self/fd/$descriptor" } @args; die $! }
    my ($empty, $argv) = ('', pack('p*', @args) . pack('J', 0));
    syscall($execveat + 0, $descriptor, $empty, $argv, 0, 0x1000);
    die $!;
"#;

#[test]
fn evasion_11_by_descriptor_and_from_memory() {
    let mut daemon = Daemon::start(&[]);
    let numbers = if cfg!(target_arch = "aarch64") {
        ["279", "281"]
    } else {
        ["319", "322"]
    };
    let program = kubectl().canonicalize().expect("it is there");
    let program = program.to_str().expect("it is text");
    for how in ["path", "descriptor", "memory"] {
        let user = unique("descriptor");
        let args = ["kubectl", "version", "--client", &format!("--as={user}")];
        let done = run(Command::new("perl")
            .args(["-e", BY_DESCRIPTOR, how])
            .args(numbers)
            .arg(program)
            .args(args));
        assert!(
            done.status.code() != Some(255),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        // Whatever the kernel calls it, its content says what it is. Its parent is this test, which may lie where
        // the public rule asks for no shell; then that one has it, if it has its name.
        let alert = daemon.document(how, |document| {
            [SEED, ELSEWHERE]
                .iter()
                .any(|rule| document["rule"]["name"] == *rule)
                && document["process"]["args"][3] == format!("--as={user}")
        });
        assert_eq!(tool(&alert), Some("kubectl"), "{how}: {alert}");
        if how == "memory" {
            let alert = daemon.alert_of(MEMORY, &user);
            assert_eq!(alert["kubectl_watch"]["executable"]["memfd"], true, "{alert}");
            daemon.alert_of(OTHER_NAME, &user);
        }
    }
}

#[test]
fn evasion_11_a_file_that_was_deleted() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let program = scene.copy(kubectl(), "kubectl");
    let user = unique("deleted");
    let line = format!(
        "exec 9< {0}; rm {0}; /proc/self/fd/9 version --client --as={user}; true",
        program.display()
    );
    run(Command::new("bash").args(["-c", &line]));
    let alert = daemon.alert_of(MEMORY, &user);
    assert_eq!(tool(&alert), Some("kubectl"), "{alert}");
    assert_eq!(alert["kubectl_watch"]["executable"]["deleted"], true, "{alert}");
}

#[test]
fn evasion_11_a_file_that_is_deleted_or_changed_before_anybody_looks() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("it has one");
    for how in ["rm $0", "chmod 711 $0", "ln $0 $0.linked"] {
        let program = scene.copy(kubectl(), "worker");
        let user = unique("gone");
        daemon.signal(Signal::STOP);
        // It waits for an answer of a server that says nothing.
        let mut running = Command::new(&program)
            .args([
                "get",
                "--raw=/",
                &format!("--server=http://{address}"),
                &format!("--as={user}"),
            ])
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let accepted = server.accept().expect("it connects");
        let mut change = Command::new("bash");
        change.args(["-c", how]).arg(&program);
        assert!(run(&mut change).status.success());
        daemon.signal(Signal::CONT);
        let alert = daemon.alert_of(OTHER_NAME, &user);
        assert_eq!(tool(&alert), Some("kubectl"), "{how}: {alert}");
        drop(accepted);
        running.kill().expect("it may have ended, and is not reaped");
        running.wait().expect("it ends");
    }
}

#[test]
fn evasion_11_a_file_that_is_gone_before_anybody_looks() {
    let scene = Scene::new();
    let user = format!("--as={}", unique("gone"));
    let rule = scene.script(
        "any.toml",
        &format!(
            "[rule]\nname = \"any\"\nrule_id = \"any\"\nquery = 'process where \
            kubectl_watch.executable.tool == \"kubectl\" and process.args == \"{user}\"'\n"
        ),
    );
    let mut daemon = Daemon::start(&["--rules", rule.to_str().expect("it is text")]);
    let small = scene.copy("/bin/true", "small");
    let large = scene.copy(kubectl(), "large");
    daemon.signal(Signal::STOP);
    for (program, args) in [
        (&small, ["version", "--client", &user]),
        (&large, ["version", "--client", "--as=another"]),
        (&large, ["version", "--client", &user]),
    ] {
        assert!(run(apart(program).args(args)).status.success());
    }
    fs::remove_file(&small).expect("it is ours");
    fs::remove_file(&large).expect("it is ours");
    daemon.signal(Signal::CONT);
    // Nobody can say what it was, and that is said.
    let notice = daemon.notice("events-lost", |notice| {
        notice["kubectl_watch"]["loss"]["reason"] == "unread_executables"
    });
    assert_eq!(notice["kubectl_watch"]["loss"]["count"], 1, "{notice}");
    assert_eq!(notice["process"]["name"], "large", "{notice}");
}

/// A program of nothing but the path of another, which the kernel starts in its place as if that were its loader.
fn interpreted_by(path: &str) -> Vec<u8> {
    const HEADERS: u64 = 64 + 2 * 56;
    const ADDRESS: u64 = 0x5000_0000;
    let machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let length = path.len() as u64 + 1;
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend([2_u16, machine].iter().flat_map(|it| it.to_le_bytes()));
    file.extend(1_u32.to_le_bytes());
    file.extend([ADDRESS + HEADERS, 64, 0].iter().flat_map(|it| it.to_le_bytes()));
    file.extend(0_u32.to_le_bytes());
    file.extend([64_u16, 56, 2, 0, 0, 0].iter().flat_map(|it| it.to_le_bytes()));
    for (kind, flags, offset, size, align) in [
        (3_u32, 4_u32, HEADERS, length, 1_u64),
        (1, 5, 0, HEADERS + length, 0x1000),
    ] {
        file.extend([kind, flags].iter().flat_map(|it| it.to_le_bytes()));
        let address = ADDRESS + offset;
        let fields = [offset, address, address, size, size, align];
        file.extend(fields.iter().flat_map(|it| it.to_le_bytes()));
    }
    file.extend(path.as_bytes());
    file.push(0);
    file
}

#[test]
fn evasion_11_as_the_interpreter_of_another_program() {
    let mut daemon = Daemon::start(&[]);
    let (scene, beside) = (Scene::new(), Scene::under("/usr/lib"));
    let program = scene.copy("/bin/true", "worker");
    let hidden = [
        scene.copy(kubectl(), "hidden"),
        beside.copy(kubectl(), "ld-hidden"),
    ];
    // Each twice: what the kernel starts can be another the second time.
    for path in hidden.iter().chain(&hidden) {
        let path = path.to_str().expect("it is text");
        fs::write(&program, interpreted_by(path)).expect("it is ours");
        let user = unique("interpreter");
        let done = run(Command::new(&program).args(["version", "--client", &format!("--as={user}")]));
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let alert = daemon.alert_of(OTHER_NAME, &user);
        assert_eq!(
            alert["kubectl_watch"]["executable"]["loaded"]["path"], path,
            "{alert}"
        );
        assert_eq!(
            alert["kubectl_watch"]["executable"]["loaded"]["tool"], "kubectl",
            "{alert}"
        );
    }
}
