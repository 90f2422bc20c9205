//! Which kubeconfig the variables of the environment name.

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
    let (text, ..) = allow(&unread(&format!("KUBECONFIG=k1{secret}")));
    assert!(text.contains("process.env_vars == \"KUBECONFIG=k1\""), "{text}");
}
