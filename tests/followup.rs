//! What alerted processes do next: real connections and real ends.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, Server, kubectl, run, unique};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// An address where nobody listens.
fn nowhere() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it listens")
}

/// A real kubectl below a shell, as the public rule wants it.
fn shell_with_kubectl(server: &str, user: &str) -> Command {
    let line = format!(
        "{} --server={server} --as={user} get --raw=/api; true",
        kubectl().display()
    );
    let mut command = Command::new("bash");
    command.args(["-c", &line]);
    command
}

#[test]
fn a_connection_that_is_answered_and_the_exit_code() {
    let mut daemon = Daemon::start(&[]);
    let server = Server::forbidding("127.0.0.1");
    let user = unique("answered");
    run(&mut shell_with_kubectl(&server.url(), &user));
    let alert = daemon.alert_of(SEED, &user);
    let found = daemon.follow_up(&alert);
    assert_eq!(found["event"]["kind"], "event");
    assert_eq!(found["event"]["category"], json!(["process", "network"]));
    assert_eq!(found["event"]["type"], json!(["end", "connection"]));
    assert_eq!(found["rule"]["id"], alert["rule"]["id"]);
    assert_eq!(found["process"]["entity_id"], alert["process"]["entity_id"]);
    assert_eq!(found["process"]["exit_code"], 1);
    assert_eq!(found["destination"]["ip"], "127.0.0.1");
    assert_eq!(found["destination"]["port"], server.address.port());
    assert_eq!(found["network"]["transport"], "tcp");
    assert!(
        found["event"]["duration"]
            .as_i64()
            .is_some_and(|duration| duration > 0)
    );
    let own = &found["kubectl_watch"]["follow_up"];
    assert_eq!(own["closed_by"], "all_ended");
    assert_eq!(own["connections_count"], server.accepted());
    for connection in own["connections"].as_array().expect("a list") {
        assert_eq!(connection["outcome"], "established");
        assert_eq!(connection["is_api_server"], true);
        assert_eq!(connection["process"]["pid"], alert["process"]["pid"]);
    }
    // Everything is seen from a moment on that is between the exec and the end.
    let since = own["since"].as_str().expect("a time");
    assert!(alert["@timestamp"].as_str() < Some(since), "{found}");
    assert!(Some(since) < found["process"]["end"].as_str(), "{found}");
    let stopped = daemon.stop();
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
}

#[test]
fn a_connection_to_where_the_kubeconfig_says() {
    let mut daemon = Daemon::start(&[]);
    let (server, user, scene) = (
        Server::forbidding("127.0.0.1"),
        unique("kubeconfig"),
        Scene::new(),
    );
    let text = format!(
        "clusters: [{{name: a, cluster: {{server: '{}'}}}}]\ncontexts: [{{name: a, context: {{cluster: a}}}}]\n\
         current-context: a\n",
        server.url()
    );
    let file = scene.script("kubeconfig", &text);
    let line = format!("{} --as={user} get --raw=/api; true", kubectl().display());
    run(Command::new("bash").args(["-c", &line]).env("KUBECONFIG", file));
    let alert = daemon.alert_of(SEED, &user);
    let found = daemon.follow_up(&alert);
    let connections = &found["kubectl_watch"]["follow_up"]["connections"];
    assert_eq!(connections[0]["is_api_server"], true, "{found}");
}

#[test]
fn a_connection_that_is_refused() {
    let mut daemon = Daemon::start(&[]);
    let (address, user) = (nowhere(), unique("refused"));
    run(&mut shell_with_kubectl(&format!("http://{address}"), &user));
    let alert = daemon.alert_of(SEED, &user);
    let found = daemon.follow_up(&alert);
    let connections = &found["kubectl_watch"]["follow_up"]["connections"];
    assert_eq!(connections[0]["destination"]["port"], address.port());
    assert_eq!(connections[0]["outcome"], "refused");
    assert_eq!(found["process"]["exit_code"], 1);
}

#[test]
fn a_connection_by_ipv6_and_one_to_somewhere_else_than_was_named() {
    let mut daemon = Daemon::start(&[]);
    let server = Server::forbidding("::1");
    let user = unique("six");
    run(&mut shell_with_kubectl(&server.url(), &user));
    let alert = daemon.alert_of(SEED, &user);
    let found = daemon.follow_up(&alert);
    assert_eq!(found["destination"]["ip"], "::1");
    assert_eq!(found["destination"]["port"], server.address.port());
    assert_eq!(found["network"]["type"], "ipv6");
    assert_eq!(
        found["kubectl_watch"]["follow_up"]["connections"][0]["is_api_server"],
        true
    );

    // A proxy is where it really goes.
    let user = unique("proxy");
    let proxy = Server::forbidding("127.0.0.1");
    let mut shell = shell_with_kubectl("http://192.0.2.1:6443", &user);
    shell.env_remove("NO_PROXY").env_remove("no_proxy");
    run(shell.env("HTTP_PROXY", proxy.url()));
    let alert = daemon.alert_of(SEED, &user);
    let found = daemon.follow_up(&alert);
    assert_eq!(found["destination"]["port"], proxy.address.port());
    assert_eq!(
        found["kubectl_watch"]["follow_up"]["connections"][0]["is_api_server"],
        false
    );
}

#[test]
fn an_end_by_a_signal() {
    let mut daemon = Daemon::start(&[]);
    let (server, user) = (Server::silent(), unique("killed"));
    let mut shell = shell_with_kubectl(&server.url(), &user)
        .spawn()
        .expect("it starts");
    let alert = daemon.alert_of(SEED, &user);
    let pid = alert["process"]["pid"]
        .as_i64()
        .and_then(|pid| i32::try_from(pid).ok());
    kill_process(pid.and_then(Pid::from_raw).expect("a pid"), Signal::TERM).expect("it runs");
    shell.wait().expect("it ends");
    let found = daemon.follow_up(&alert);
    assert_eq!(found["kubectl_watch"]["follow_up"]["signal"]["name"], "SIGTERM");
    assert_eq!(found["process"]["exit_code"], Value::Null);
    assert_ne!(found["process"]["end"], Value::Null);
}

#[test]
fn what_a_plug_in_and_its_children_do() {
    let mut daemon = Daemon::start(&[]);
    let (scene, server, user) = (Scene::new(), Server::forbidding("127.0.0.1"), unique("plug-in"));
    let (ip, port) = (server.address.ip(), server.address.port());
    let script = format!("#!/bin/bash\nbash -c 'exec 3<>/dev/tcp/{ip}/{port}; true'\nexit 3\n");
    scene.script("kubectl-next", &script);
    let path = std::env::var("PATH").expect("there is one");
    let line = format!("{} next --as={user}; true", kubectl().display());
    let mut shell = Command::new("bash");
    shell.args(["-c", &line]);
    run(shell.env("PATH", format!("{}:{path}", scene.path().display())));
    let alert = daemon.alert_of(SEED, &user);
    let found = daemon.follow_up(&alert);
    let own = &found["kubectl_watch"]["follow_up"];
    assert_eq!(found["process"]["exit_code"], 3);
    assert!(own["processes"]["forked"].as_u64() >= Some(1), "{found}");
    assert_eq!(own["connections_count"], 1);
    assert_eq!(own["connections"][0]["destination"]["port"], port);
    assert_eq!(own["connections"][0]["process"]["name"], "bash");
    assert_ne!(own["connections"][0]["process"]["pid"], alert["process"]["pid"]);
}

#[test]
fn what_ran_before_is_followed_with_its_children() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/bash");
    let server = Server::forbidding("127.0.0.1");
    let (ip, port) = (server.address.ip(), server.address.port());
    // The child is there before anybody watches.
    let user = unique("before");
    let line = format!("(echo here; read line; exec 3<>/dev/tcp/{ip}/{port}); exit 5");
    let mut child = Command::new(&program)
        .args(["-c", &line, &format!("--as={user}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut word = String::new();
    let out = child.stdout.as_mut().expect("it is piped");
    BufReader::new(out)
        .read_line(&mut word)
        .expect("it says that it runs");

    let mut daemon = Daemon::start(&["--rules", &rule]);
    // The child has the same arguments, and an alert of its own.
    let pid = child.id();
    let alert = daemon.document("the first of both", |document| {
        document["event"]["action"] == "already_running" && document["process"]["pid"] == pid
    });
    child
        .stdin
        .take()
        .expect("it is piped")
        .write_all(b"\n")
        .expect("it reads");
    child.wait().expect("it ends");
    let found = daemon.follow_up(&alert);
    assert_eq!(found["destination"]["port"], port);
    assert_eq!(found["process"]["exit_code"], 5);
    assert_eq!(found["event"]["duration"], Value::Null);
    let connection = &found["kubectl_watch"]["follow_up"]["connections"][0];
    assert_ne!(connection["process"]["pid"], alert["process"]["pid"]);
}

#[test]
fn what_an_alerted_child_does_is_in_the_follow_up_of_its_parent_too() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/bash");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    let server = Server::forbidding("127.0.0.1");
    let (ip, port) = (server.address.ip(), server.address.port());
    let [outer, inner] = ["outer", "inner"].map(unique);
    let connect = format!("read line; exec 3<>/dev/tcp/{ip}/{port}; exit 4");
    let line = format!("{} -c '{connect}' --as={inner}; exit 5", program.display());
    let mut child = Command::new(&program)
        .args(["-c", &line, &format!("--as={outer}")])
        .stdin(Stdio::piped())
        .spawn()
        .expect("it starts");
    // It goes on when both are followed.
    daemon.document("the inner one", |document| {
        document["process"]["args"][3] == format!("--as={inner}")
    });
    let mut into = child.stdin.take().expect("it is piped");
    into.write_all(b"\n").expect("it reads");
    child.wait().expect("it ends");
    let stopped = daemon.stop();
    for (user, code) in [(&inner, 4), (&outer, 5)] {
        // The line of the outer one has the word of the inner one in it, so the last argument tells.
        let last = format!("--as={user}");
        let is_alert = |document: &&Value| {
            let args = document["process"]["args"].as_array();
            args.and_then(|args| args.last()).is_some_and(|arg| *arg == last)
        };
        let alert = stopped
            .alerts
            .iter()
            .find(is_alert)
            .unwrap_or_else(|| panic!("{}", stopped.log));
        let is_follow_up = |document: &&Value| {
            document["event"]["action"] == "followed-up"
                && document["kubectl_watch"]["alert"]["id"] == alert["event"]["id"]
        };
        let found: Vec<_> = stopped.alerts.iter().filter(is_follow_up).collect();
        assert_eq!(found.len(), 1, "{}", stopped.log);
        assert_eq!(found[0]["process"]["exit_code"], code, "{}", found[0]);
        assert_eq!(found[0]["destination"]["port"], port, "{}", found[0]);
        let own = &found[0]["kubectl_watch"]["follow_up"];
        assert_eq!(own["connections_count"], 1, "{}", found[0]);
    }
}
