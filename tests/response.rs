//! What is done about alerted processes, where it is asked for: to real kubectls, before they connect.

use std::{
    io::ErrorKind,
    net::TcpListener,
    os::unix::{
        fs::PermissionsExt as _,
        process::{CommandExt as _, ExitStatusExt as _},
    },
    process::Command,
};

use kubectl_watch_tests::{Daemon, Scene, binary, kubectl, require_root, run, unique};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::Value;

/// A listener that is asked whether anybody came, and a kubectl that comes unless somebody stops it.
struct Stage {
    listener: TcpListener,
    scene: Scene,
    program: std::path::PathBuf,
    rule: String,
}

impl Stage {
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.set_nonblocking(true).expect("it can be set");
        let scene = Scene::new();
        let (program, rule) = scene.watched(kubectl());
        Self {
            listener,
            scene,
            program,
            rule,
        }
    }

    /// The id of the rule.
    fn id(&self) -> String {
        let name = self.program.file_name().expect("it has one");
        name.to_str().expect("it is text").to_owned()
    }

    fn daemon(&self, args: &[&str]) -> Daemon {
        Daemon::start(&[&["--rules", &self.rule], args].concat())
    }

    fn kubectl(&self, user: &str) -> Command {
        let port = self.listener.local_addr().expect("it listens").port();
        let mut command = Command::new(&self.program);
        command
            .arg(format!("--server=http://127.0.0.1:{port}"))
            .arg(format!("--as={user}"))
            .args(["--request-timeout=1s", "get", "--raw=/api"]);
        command
    }

    /// A file with one exception.
    fn exceptions(&self, condition: &str) -> String {
        let text = format!(
            "[[exception]]\nname = \"n\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-01\n\
             condition = '{condition}'\n"
        );
        let path = self.scene.script("exceptions.toml", &text);
        path.to_str().expect("it is text").to_owned()
    }

    fn has_connected(&self) -> bool {
        match self.listener.accept() {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                false
            }
        }
    }
}

fn response(daemon: &mut Daemon, user: &str) -> (Value, Value) {
    let alert = daemon.alert(user);
    let response = alert["kubectl_watch"]["response"].clone();
    (response, alert)
}

#[test]
fn a_process_is_killed_before_it_connects() {
    let stage = Stage::set();
    let mut daemon = stage.daemon(&["--respond", &format!("kill:{}", stage.id())]);
    let user = unique("killed");
    let status = run(&mut stage.kubectl(&user)).status;
    assert_eq!(status.signal(), Some(9));
    assert!(!stage.has_connected());
    let (response, alert) = response(&mut daemon, &user);
    assert_eq!(
        (&response["action"], &response["outcome"]),
        (&"kill".into(), &"done".into())
    );
    assert!(
        response["after"].as_i64().is_some_and(|after| after > 0),
        "{response}"
    );
    let found = daemon.document("the follow-up", |document| {
        document["kubectl_watch"]["alert"]["id"] == alert["event"]["id"]
            && document["event"]["action"] == "followed-up"
    });
    assert_eq!(found["kubectl_watch"]["follow_up"]["signal"]["name"], "SIGKILL");
    assert_eq!(found["kubectl_watch"]["follow_up"]["connections_count"], 0);
}

#[test]
fn somebody_elses_process_is_killed_by_one_capability_more() {
    let stage = Stage::set();
    let mut daemon = stage.daemon(&["--respond", &format!("kill:{}", stage.id())]);
    let user = unique("other");
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(stage.scene.path(), open).expect("the folder is ours");
    let status = run(stage.kubectl(&user).uid(1000).gid(1000).env("HOME", "/")).status;
    assert_eq!(status.signal(), Some(9));
    assert_eq!(response(&mut daemon, &user).0["outcome"], "done");
    let stopped = daemon.stop();
    let confined = "left with CAP_DAC_READ_SEARCH and CAP_KILL and CAP_SYS_PTRACE";
    assert!(stopped.log.contains(confined), "{}", stopped.log);
}

#[test]
fn a_process_is_stopped_and_goes_on_when_it_is_let() {
    let stage = Stage::set();
    let mut daemon = stage.daemon(&["--respond", &format!("stop:{}", stage.id())]);
    let user = unique("stopped");
    let mut child = stage.kubectl(&user).spawn().expect("it starts");
    let pid = Pid::from_child(&child);
    let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED)
        .expect("it is ours")
        .expect("it stopped");
    assert!(status.stopped(), "{status:?}");
    assert!(!stage.has_connected());
    assert_eq!(response(&mut daemon, &user).0["outcome"], "done");
    kill_process(pid, Signal::CONT).expect("it is there");
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    assert!(stage.has_connected());
}

#[test]
fn a_dry_run_and_a_limit_let_go() {
    let stage = Stage::set();
    let order = format!("kill:{}", stage.id());
    let mut daemon = stage.daemon(&["--respond", &order, "--respond-dry-run"]);
    let user = unique("dry");
    assert_eq!(run(&mut stage.kubectl(&user)).status.code(), Some(1));
    assert!(stage.has_connected());
    let (found, _) = response(&mut daemon, &user);
    assert_eq!(
        (&found["action"], &found["outcome"]),
        (&"kill".into(), &"dry_run".into())
    );
    let stopped = daemon.stop();
    assert!(!stopped.log.contains("CAP_KILL"), "{}", stopped.log);

    let mut daemon = stage.daemon(&["--respond", &order, "--respond-limit", "1"]);
    let users = [unique("first"), unique("second")];
    assert_eq!(run(&mut stage.kubectl(&users[0])).status.signal(), Some(9));
    assert_eq!(run(&mut stage.kubectl(&users[1])).status.code(), Some(1));
    assert_eq!(response(&mut daemon, &users[0]).0["outcome"], "done");
    assert_eq!(response(&mut daemon, &users[1]).0["outcome"], "limited");
}

#[test]
fn what_is_excepted_is_let_go_and_what_repeats_is_not() {
    let stage = Stage::set();
    let (harmless, user) = (unique("harmless"), unique("repeated"));
    let exceptions = stage.exceptions(&format!("user.id == 0 and user.target.name == \"{harmless}\""));
    let order = format!("kill:{}", stage.id());
    let mut daemon = stage.daemon(&["--respond", &order, "--exceptions", &exceptions, "--suppress=1h"]);
    assert_eq!(run(&mut stage.kubectl(&harmless)).status.code(), Some(1));
    assert!(stage.has_connected());
    for _ in 0..2 {
        assert_eq!(run(&mut stage.kubectl(&user)).status.signal(), Some(9));
    }
    let alert = daemon.alert(&user);
    daemon.follow_up(&alert);
    let stopped = daemon.stop();
    let sum = "matched 3 = alerted 1 + summarised 1 (0 not written yet) + excepted 1";
    assert!(stopped.log.contains(sum), "{}", stopped.log);
    // Only the alert has one.
    assert_eq!(stopped.number("follow_ups"), 1, "{}", stopped.log);
    assert!(stopped.log.contains("begun=1 too_late=0"), "{}", stopped.log);
}

#[test]
fn who_may_be_excepted_by_a_late_field_is_killed_only_when_it_is_known_that_he_is_not() {
    let stage = Stage::set();
    let port = stage.listener.local_addr().expect("it listens").port();
    let config = |context: &str| {
        let text = format!(
            "current-context: {context}\ncontexts: [{{name: {context}, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\n"
        );
        stage.scene.script(context, &text)
    };
    let (backup, other) = (config("backup"), config("other"));
    let exceptions = stage.exceptions("user.id == 0 and kubectl_watch.kubeconfig.context == \"backup\"");
    let order = format!("kill:{}", stage.id());
    let mut daemon = stage.daemon(&["--respond", &order, "--exceptions", &exceptions]);
    let users = [unique("backup"), unique("other")];
    let run_with = |file: &std::path::Path, user: &str| {
        // By a path that leads there only from its working folder, which is gone with it.
        let name = file.file_name().expect("it has one");
        let mut command = stage.kubectl(user);
        run(command
            .current_dir(stage.scene.path())
            .arg("--kubeconfig")
            .arg(name))
        .status
    };
    assert_eq!(run_with(&backup, &users[0]).code(), Some(1));
    assert!(stage.has_connected());
    assert_eq!(run_with(&other, &users[1]).signal(), Some(9));
    let alert = daemon.alert(&users[1]);
    assert_eq!(
        alert["kubectl_watch"]["kubeconfig"]["context"], "other",
        "{alert}"
    );
    let stopped = daemon.stop();
    assert_eq!(stopped.number("excepted"), 1, "{}", stopped.log);
}

#[test]
fn what_is_killed_at_once_leaves_its_kubeconfig_behind() {
    let stage = Stage::set();
    let text = "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n";
    stage.scene.script("config", text);
    let mut daemon = stage.daemon(&["--respond", &format!("kill:{}", stage.id())]);
    let user = unique("evidence");
    let mut command = stage.kubectl(&user);
    let status = run(command.current_dir(stage.scene.path()).arg("--kubeconfig=config")).status;
    assert_eq!(status.signal(), Some(9));
    let alert = daemon.whole_alert(&user);
    assert_eq!(alert["kubectl_watch"]["kubeconfig"]["context"], "c", "{alert}");
    assert_eq!(alert["kubectl_watch"]["response"]["outcome"], "done", "{alert}");
}

#[test]
fn what_was_done_until_an_exception_was_decided_on_is_told() {
    let stage = Stage::set();
    let user = unique("held");
    // By a hash that nothing has, and that is not known when the rule matches.
    let exceptions = stage.exceptions(&format!(
        "process.hash.sha256 == \"{}\" and user.target.name == \"{user}\"",
        "0".repeat(64)
    ));
    let mut daemon = stage.daemon(&["--exceptions", &exceptions]);
    run(&mut stage.kubectl(&user));
    let alert = daemon.alert(&user);
    let found = daemon.follow_up(&alert);
    let own = &found["kubectl_watch"]["follow_up"];
    assert_eq!(own["closed_by"], "all_ended", "{found}");
    assert!(own["connections_count"].as_u64() >= Some(1), "{found}");
    assert_eq!(own["connections"][0]["is_api_server"], true, "{found}");
}

#[test]
fn an_order_for_no_rule_is_refused() {
    require_root();
    let output = run(Command::new(binary()).args(["--respond", "kill:no-such-rule"]));
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no-such-rule"), "{said}");
    assert!(said.contains("kubectl-watch check"), "{said}");
}
