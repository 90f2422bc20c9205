//! Which kubeconfig the variables of the environment name, and what else they decide.

use super::*;
use crate::event::{Gap, Unknown};

#[test]
fn the_next_run_has_other_folders_times_and_namespaces() {
    let run = |folder: &str, time: &str, namespace: &str| {
        let mut sample = job();
        args(
            &mut sample,
            &format!("kubectl logs a -n {namespace} --since-time={time} --as=deployer"),
        );
        let list = format!("KUBECONFIG=/tmp/tmp.{folder}/config:/tmp/tmp.{folder}/other");
        sample.event.environment = Environment::from_bytes(list.as_bytes());
        let mut other = kubeconfig(&mut sample).files[0].clone();
        other.facts.as_mut().expect("known").sha256 = Some("11".repeat(32));
        kubeconfig(&mut sample).files.push(other);
        sample
    };
    let (text, exception, alert) = allow(&run("Xa8Kd02LmQ", "2026-11-27T09:46:31Z", "ci-1795773203"));
    assert_eq!(judge(&exception, &alert), Some(true), "{text}");
    let next = || run("Qw3rTy91Zx", "2026-12-01T10:07:02Z", "ci-1795773999");
    assert_eq!(judge(&exception, &past(&next())), Some(true), "{text}");
    let changes: &[Change] = &[
        |it| kubeconfig(it).files[0].facts.as_mut().expect("known").sha256 = Some("00".repeat(32)),
        |it| kubeconfig(it).files[1].facts.as_mut().expect("known").sha256 = Some("00".repeat(32)),
        |it| {
            let list = b"KUBECONFIG=/tmp/tmp.a/config:/evil:/tmp/tmp.a/config:/tmp/tmp.b/other";
            it.event.environment = Environment::from_bytes(list);
        },
        |it| {
            args(
                it,
                "kubectl logs a -n prod --since-time=2026-12-01T10:07:02Z --as=deployer",
            );
        },
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut other = next();
        change(&mut other);
        assert_eq!(judge(&exception, &past(&other)), Some(false), "{index}: {text}");
    }
    // What is listed and not known by its content goes by its path.
    let unread = |folder: &str| {
        let mut sample = run(folder, "2026-11-27T09:46:31Z", "ci-1795773203");
        kubeconfig(&mut sample).files[1].facts = None;
        sample
    };
    let (text, exception, alert) = allow(&unread("Xa8Kd02LmQ"));
    assert_eq!(judge(&exception, &alert), Some(true), "{text}");
    assert_eq!(
        judge(&exception, &past(&unread("Qw3rTy91Zx"))),
        Some(false),
        "{text}"
    );
}

#[test]
fn a_kubeconfig_that_was_not_read_goes_by_the_variables() {
    let unread = |variables: &str| {
        let mut sample = job();
        kubeconfig(&mut sample).files.clear();
        kubeconfig(&mut sample).unknown = Some(Unknown::Gone);
        sample.event.gaps = vec![Gap::Kubeconfig];
        sample.event.environment = Environment::from_bytes(variables.as_bytes());
        sample
    };
    let all = [
        "KUBECONFIG=k1\0HOME=/home/a",
        "KUBECONFIG=k2\0HOME=/home/a",
        "KUBECONFIG=k2:k1\0HOME=/home/a",
        "KUBECONFIG=k1:k2\0HOME=/home/a",
        "KUBECONFIG=k1\0HOME=/evil",
        "KUBECONFIG=k1",
        "HOME=/home/a",
        "PATH=/bin",
    ];
    for of in all {
        let (text, exception, _) = allow(&unread(of));
        for other in all {
            let judged = judge(&exception, &past(&unread(other)));
            assert_eq!(judged, Some(other == of), "{other}: {text}");
        }
    }
    // A secret in another variable hides none of it.
    let secret = "\0HTTPS_PROXY=http://u:s3cret-of-mine@proxy";
    let (text, exception, alert) = allow(&unread(&format!("KUBECONFIG=k1{secret}")));
    assert!(text.contains("process.env_vars == \"KUBECONFIG=k1\""), "{text}");
    assert!(
        text.contains("not process.env_vars like (\"KUBERC=*\", ") && !text.contains("HTTPS_PROXY"),
        "{text}"
    );
    assert!(
        text.contains("a secret was redacted in it: process.env_vars\n"),
        "{text}"
    );
    assert_eq!(judge(&exception, &alert), None, "{text}");
}

#[test]
fn a_variable_that_gives_another_identity_server_or_code_is_an_alert() {
    let with = |variables: &str| {
        let mut sample = job();
        let list = format!("KUBECONFIG=/tmp/tmp.Xa8Kd02LmQ/config\0{variables}");
        sample.event.environment = Environment::from_bytes(list.as_bytes());
        sample
    };
    let all = [
        "",
        "HOME=/home/a",
        "HOME=/evil",
        "HOME=/home/a\0KUBERC=/home/a/rc",
        "HOME=/home/a\0KUBERC=/evil",
        "HOME=/home/a\0KUBERC=/evil\0HTTPS_PROXY=http://192.0.2.9",
        "HOME=/home/a\0https_proxy=http://192.0.2.9",
        "KUBERNETES_SERVICE_HOST=10.0.0.1",
        "KUBERNETES_SERVICE_HOST=192.0.2.9",
        "LD_PRELOAD=/usr/lib/a.so",
        "LD_PRELOAD=/usr/lib/a.so:/evil.so",
    ];
    for of in all {
        let (text, exception, _) = allow(&with(of));
        for other in all {
            let judged = judge(&exception, &past(&with(other)));
            assert_eq!(judged, Some(other == of), "{other}: {text}");
        }
        // From where programs are taken decides nothing: which one ran is known.
        let path = with(&format!("PATH=/x\0{of}"));
        assert_eq!(judge(&exception, &past(&path)), Some(true), "{text}");
    }
    let (text, ..) = allow_without(&with("HOME=/home/a"), &["process.env_vars"]);
    assert!(!text.contains("\n  process.env_vars") && text.contains("this was left out: process.env_vars"));
}
