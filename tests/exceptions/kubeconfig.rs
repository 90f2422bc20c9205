//! An exception that goes by the content of the kubeconfig: the same wherever it lies, and no other, not even before it.

use std::process::Command;

use kubectl_watch_tests::{
    Daemon, Scene, binary,
    harmless::{self, alerts_of, run_as_nobody},
    run, unique,
};

/// A kubeconfig that everybody may read, in a folder as a job makes it for one run.
fn kubeconfig(scene: &Scene, folder: &str, token: &str) -> String {
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- {{name: c, context: {{cluster: c, user: u}}}}\n\
         clusters:\n- {{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}\nusers:\n- {{name: u, user: {{token: {token}}}}}\n"
    );
    run(Command::new("mkdir").arg(scene.path().join(folder)));
    scene
        .script(&format!("{folder}/config"), &text)
        .display()
        .to_string()
}

#[test]
fn a_kubeconfig_is_known_by_its_content_and_only_where_it_is_the_first() {
    let scene = harmless::scene();
    let own = kubeconfig(&scene, "tmp.Xa8Kd02LmQ", "harmless");
    let again = kubeconfig(&scene, "tmp.Qw3rTy91Zx", "harmless");
    let stolen = kubeconfig(&scene, "tmp.Zp7Mn45VbC", "stolen");
    let command = "kubectl version --client --cache-dir=/tmp/% --as=deployer";

    let mut daemon = Daemon::start(&[]);
    let word = unique("exception");
    let line = format!("KUBECONFIG={own} {command}");
    run_as_nobody(&line.replace('%', &word));
    let alert = daemon.whole_alert(&word);
    drop(daemon);
    let hash = alert["kubectl_watch"]["kubeconfig"]["file"][0]["sha256"]
        .as_str()
        .unwrap_or_else(|| panic!("it is read: {alert}"));
    let file = scene
        .script("alert.json", &alert.to_string())
        .display()
        .to_string();
    let allowed = run(Command::new(binary()).args(["allow", "--from-alert", &file, "--owner", "me"]));
    let text = String::from_utf8_lossy(&allowed.stdout).into_owned();
    let by_content = format!("kubectl_watch.kubeconfig.file.sha256 == \"{hash}\"");
    assert!(text.contains(&by_content) && !text.contains(&own), "{text}");

    let exceptions = scene.script("allowed.toml", &text).display().to_string();
    let lines = [
        line,
        format!("KUBECONFIG={again} {command}"),
        format!("KUBECONFIG={stolen} {command}"),
        format!("KUBECONFIG={stolen}:{own} {command}"),
        format!("KUBECONFIG={own} {command} --kubeconfig={stolen}"),
        command.to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (found, stopped) = alerts_of(&["--exceptions", &exceptions], &lines);
    assert_eq!(
        found,
        [false, false, true, true, true, true],
        "{text}{}",
        stopped.log
    );
}
