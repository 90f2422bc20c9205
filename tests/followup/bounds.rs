//! How far alerted processes are followed: connections, processes, time, and many at once.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use kubectl_watch_tests::{Daemon, Scene, Server, Stopped, apart, run, unique};
use serde_json::{Value, json};

fn is_follow_up(document: &Value) -> bool {
    document["event"]["action"] == "followed-up"
}

fn follow_up_of(stopped: &Stopped, alert: &Value) -> Value {
    let of = |document: &&Value| {
        is_follow_up(document) && document["kubectl_watch"]["alert"]["id"] == alert["event"]["id"]
    };
    let found: Vec<_> = stopped.alerts.iter().filter(of).collect();
    assert_eq!(found.len(), 1, "{}", stopped.log);
    found[0].clone()
}

/// A shell under a watched name, which waits for a line before it does what it is told.
struct Waiting {
    child: Child,
    user: String,
}

impl Waiting {
    fn start(program: &Path, line: &str) -> Self {
        let user = unique("waits");
        let mut child = Command::new(program)
            .args([
                "-c",
                &format!("echo here; read line; {line}"),
                &format!("--as={user}"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut word = String::new();
        let out = child.stdout.as_mut().expect("it is piped");
        BufReader::new(out)
            .read_line(&mut word)
            .expect("it says that it runs");
        Self { child, user }
    }

    /// Lets it go on, and waits until it ends.
    fn let_go(mut self) -> std::process::ExitStatus {
        let mut into = self.child.stdin.take().expect("it is piped");
        into.write_all(b"\n").expect("it reads");
        self.child.wait().expect("it ends")
    }
}

#[test]
fn more_connections_than_are_listed_are_counted() {
    const ALL: usize = 200;
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/bash");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    let server = Server::forbidding("127.0.0.1");
    let (ip, port) = (server.address.ip(), server.address.port());
    let line = format!("for i in {{1..{ALL}}}; do exec 3<>/dev/tcp/{ip}/{port}; exec 3>&-; done; exit 7");
    let waiting = Waiting::start(&program, &line);
    let alert = daemon.alert(&waiting.user);
    waiting.let_go();
    let found = daemon.follow_up(&alert);
    let own = &found["kubectl_watch"]["follow_up"];
    let listed = own["connections"].as_array().map_or(0, Vec::len);
    let number = |name: &str| own[name].as_u64().unwrap_or_default();
    assert_eq!(number("connections_count"), ALL as u64);
    assert_eq!(number("connections_untold"), ALL as u64 - 128);
    assert_eq!(listed as u64 + number("connections_lost"), 128, "{found}");
    assert_eq!(found["process"]["exit_code"], 7);
}

#[test]
fn more_processes_than_are_followed_are_counted() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/bash");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    let waiting = Waiting::start(&program, "for i in {1..100}; do (true) & done; wait; exit 0");
    let alert = daemon.alert(&waiting.user);
    waiting.let_go();
    let found = daemon.follow_up(&alert);
    let processes = &found["kubectl_watch"]["follow_up"]["processes"];
    assert_eq!(processes["forked"], 100);
    assert!(processes["unfollowed"].as_u64() >= Some(100 - 64), "{found}");
    assert_eq!(found["process"]["exit_code"], 0);
}

#[test]
fn a_follow_up_ends_with_its_time_and_with_the_daemon() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/bash");
    for (limit, closed_by) in [("1", "time_limit"), ("600", "daemon_stopped")] {
        let mut daemon = Daemon::start(&["--rules", &rule, "--follow-for", limit]);
        let waiting = Waiting::start(&program, "exit 0");
        let alert = daemon.alert(&waiting.user);
        let found = if closed_by == "time_limit" {
            daemon.follow_up(&alert)
        } else {
            follow_up_of(&daemon.stop(), &alert)
        };
        assert_eq!(found["kubectl_watch"]["follow_up"]["closed_by"], closed_by);
        assert_eq!(found["event"]["type"], json!(["info"]));
        assert_eq!(found["process"]["exit_code"], Value::Null);
        waiting.let_go();
    }
}

#[test]
fn nobody_is_followed_where_nobody_wants_it() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let mut daemon = Daemon::start(&["--rules", &rule, "--follow-for", "0"]);
    let user = unique("alone");
    run(Command::new(&program).arg(format!("--as={user}")));
    daemon.alert(&user);
    let stopped = daemon.stop();
    assert!(!stopped.alerts.iter().any(is_follow_up), "{}", stopped.log);
    assert_eq!(stopped.number("follow_ups"), 0, "{}", stopped.log);
}

/// A number of the line that says how many were followed.
fn followed(stopped: &Stopped, name: &str) -> usize {
    let mut lines = stopped.log.lines();
    let line = lines.find(|line| line.contains("followed alerted processes"));
    let line = line.unwrap_or_else(|| panic!("{}", stopped.log));
    let number = line
        .split(' ')
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{name}: {line}"))
}

#[test]
fn what_is_excepted_takes_no_place_of_an_alert() {
    const EXCEPTED: usize = 400;
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let exceptions = scene.script(
        "exceptions.toml",
        "[[exception]]\nname = \"ci\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-01\n\
         condition = 'user.id == \"0\" and process.args == \"--as=ci\"'\n",
    );
    let exceptions = exceptions.to_str().expect("text");
    let daemon = Daemon::start(&["--rules", &rule, "--exceptions", exceptions]);
    let user = unique("beside");
    let line = format!(
        "for i in {{1..{EXCEPTED}}}; do {0} --as=ci; (( i % 100 )) || {0} --as={user}; done",
        program.display()
    );
    run(apart("bash").args(["-c", &line]));
    let stopped = daemon.stop();
    assert_eq!(stopped.number("excepted"), EXCEPTED as u64, "{}", stopped.log);
    assert_eq!(stopped.count(&user), EXCEPTED / 100);
    assert_eq!(followed(&stopped, "begun"), EXCEPTED / 100, "{}", stopped.log);
    assert_eq!(followed(&stopped, "without_room"), 0, "{}", stopped.log);
    let told = stopped.alerts.iter().filter(|document| is_follow_up(document));
    assert_eq!(told.count(), EXCEPTED / 100);
}

#[test]
fn each_alert_of_a_storm_has_its_follow_up_or_is_counted() {
    const ALL: usize = 300;
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let daemon = Daemon::start(&["--rules", &rule]);
    let user = unique("storm");
    let line = format!(
        "for i in {{1..{ALL}}}; do {} --as={user} || exit; done",
        program.display()
    );
    assert!(run(apart("bash").args(["-c", &line])).status.success());
    let stopped = daemon.stop();
    assert_eq!(stopped.count(&user), ALL, "{}", stopped.log);
    let (begun, without_room) = (followed(&stopped, "begun"), followed(&stopped, "without_room"));
    assert_eq!(begun + without_room, ALL, "{}", stopped.log);
    let told: Vec<_> = stopped
        .alerts
        .iter()
        .filter(|document| is_follow_up(document))
        .collect();
    assert_eq!(told.len(), begun, "{}", stopped.log);
    for document in told {
        let own = &document["kubectl_watch"]["follow_up"];
        let closed_by = own["closed_by"].as_str().expect("it says why");
        assert!(["all_ended", "ended_before"].contains(&closed_by), "{document}");
        let code = &document["process"]["exit_code"];
        assert!(code.is_null() || *code == 0, "{document}");
    }
    assert!(stopped.log.contains("the equation holds"), "{}", stopped.log);
}
