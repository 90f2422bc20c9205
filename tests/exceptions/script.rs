//! An exception that goes by the content of the script that runs kubectl.

use std::{fs, process::Command};

use kubectl_watch_tests::{
    Daemon, SEED, binary,
    harmless::{self, run_as_nobody},
    run, unique,
};

#[test]
fn a_script_is_excepted_by_its_hash_until_a_byte_of_it_changes() {
    let scene = harmless::scene();
    let text = "#!/bin/bash\nkubectl version --client --cache-dir=/tmp/$1 --as=deployer\ntrue\n";
    let deploy = scene.script("deploy.sh", text);
    let line = |word: &str| format!("{} {word}", deploy.display());

    // What `allow` writes goes by the hash, and by no path that anybody could write to.
    let mut daemon = Daemon::start(&[]);
    let word = unique("script");
    run_as_nobody(&line(&word));
    let alert = daemon.whole_alert(&word);
    drop(daemon);
    let hash = alert["kubectl_watch"]["script"]["sha256"]
        .as_str()
        .expect("it is known");
    let file = scene.script("alert.json", &alert.to_string());
    let file = file.to_str().expect("it is text");
    let allowed = run(Command::new(binary()).args([
        "allow",
        "--from-alert",
        file,
        "--owner",
        "me",
        "--reason",
        "it is",
    ]));
    let allowed = String::from_utf8_lossy(&allowed.stdout).into_owned();
    let expected = format!("kubectl_watch.script.sha256 == \"{hash}\"");
    assert!(
        allowed.contains(&expected) && !allowed.contains("process.parent.args"),
        "{allowed}"
    );

    let exceptions = scene.script("allowed.toml", &allowed);
    let mut daemon = Daemon::start(&["--exceptions", exceptions.to_str().expect("it is text")]);
    let words = [unique("script"), unique("script")];
    run_as_nobody(&line(&words[0]));
    fs::write(&deploy, text.replace("true", "trve")).expect("it is ours");
    // A script that changed less than a tick of the kernel before it ran is not hashed.
    run(Command::new("sleep").arg("0.1"));
    run_as_nobody(&line(&words[1]));
    let alert = daemon.alert_of(SEED, &words[1]);
    let changed = alert["kubectl_watch"]["script"]["sha256"].as_str();
    assert!(changed.is_some_and(|changed| changed != hash), "{alert}");
    let stopped = daemon.stop();
    assert_eq!(stopped.count_of(SEED, &words[0]), 0, "{}", stopped.log);
    assert_eq!(stopped.count_of(SEED, &words[1]), 1, "{}", stopped.log);
    assert!(stopped.number("excepted") >= 1, "{}", stopped.log);
}
