//! Where each kubectl looks.

use std::sync::Arc;

use super::*;
use crate::identity::{Identity, Named, Tool};

/// A program that is none of the tools.
const NO_TOOL: &str = "";

fn event(line: &str, environment: &str) -> ProcessEvent {
    let mut event = ProcessEvent::default();
    event.process.args = line.split(' ').collect();
    event.environment = Environment::from_bytes(environment.as_bytes());
    event
}

fn being(tool: &'static str, line: &str, environment: &str) -> ProcessEvent {
    let mut event = event(line, environment);
    event.executable.content.identity = Some(Arc::new(Identity {
        tool: (tool != NO_TOOL).then_some(Tool {
            name: tool,
            named: Named::BuildInfo,
        }),
        ..Identity::default()
    }));
    event
}

fn paths(event: &ProcessEvent) -> Paths {
    Paths::of(&Request::of(&event.process.args), event)
}

/// What is chosen where these files are there.
fn chosen(event: &ProcessEvent, there: &[&str]) -> Result<Vec<String>, Unknown> {
    let is_there = |path: &[u8]| Ok(there.iter().any(|it| it.as_bytes() == path));
    let paths = paths(event);
    let (paths, _) = paths.choose(is_there)?;
    let text = |path: &Vec<u8>| String::from_utf8_lossy(path).into_owned();
    Ok(paths.iter().map(text).collect())
}

#[test]
fn a_kubeconfig_is_looked_for_where_kubectl_looks() {
    for (environment, want) in [
        ("KUBECONFIG=/a::b:/a\0HOME=/root", &["/a", "b"][..]),
        ("HOME=/root/", &["/root/.kube/config"]),
        ("KUBECONFIG=\0HOME=/root", &["/root/.kube/config"]),
        ("KUBECONFIG=:", &[".kube/config"]),
        ("HOME=", &[".kube/config"]),
        ("HOME=/", &["/.kube/config"]),
    ] {
        let everything = ["/etc/rancher/k3s/k3s.yaml", "/var/lib/k0s/pki/admin.conf"];
        for event in [
            being(NO_TOOL, "kubectl get", environment),
            being("kubectl", "kubectl get", environment),
            being("oc", "oc get", environment),
        ] {
            assert_eq!(chosen(&event, &everything).expect("it is known"), want);
        }
    }
    let many: Vec<_> = (0..1000).map(|number| format!("/{number}")).collect();
    let many = event("kubectl get", &format!("KUBECONFIG={}", many.join(":")));
    assert_eq!(chosen(&many, &[]).map(|it| it.len()), Ok(MAX_FILES + 1));
    let named = event("kubectl --kubeconfig=x", "KUBECONFIG=/a");
    assert_eq!(paths(&named), Paths::Named(b"x".into()));
}

#[test]
fn k3s_takes_its_own_where_nothing_is_named() {
    const OWN: &str = "/etc/rancher/k3s/k3s.yaml";
    const HOME: &str = "/h/.kube/k3s.yaml";
    const USUAL: &str = "/h/.kube/config";
    for (line, environment, there, want) in [
        ("kubectl get", "HOME=/h", &[OWN, HOME][..], OWN),
        ("k3s kubectl get", "HOME=/h\0KUBECONFIG=", &[OWN], OWN),
        ("kubectl get", "", &[OWN], OWN),
        ("kubectl get", "HOME=/h", &[HOME], HOME),
        ("kubectl get", "HOME=/h", &[], USUAL),
        ("kubectl get", "HOME=", &[".kube/k3s.yaml"], ".kube/config"),
        ("kubectl get", "HOME=/h\0KUBECONFIG=/x", &[OWN], "/x"),
        ("kubectl get", "HOME=/h\0KUBECONFIG=:", &[OWN], USUAL),
        ("kubectl get --kubeconfig=/x", "HOME=/h", &[OWN], "/x"),
        ("kubectl get --kubeconfig /x", "HOME=/h", &[OWN], "/x"),
        // k3s reads arguments otherwise than kubectl.
        ("kubectl get -- --kubeconfig=/x", "HOME=/h", &[OWN], USUAL),
        ("kubectl get --kubeconfig=", "KUBECONFIG=/x", &[OWN], OWN),
    ] {
        let event = being("k3s", line, environment);
        assert_eq!(
            chosen(&event, there),
            Ok(vec![want.to_owned()]),
            "{line} {environment:?}"
        );
    }
}

#[test]
fn k0s_takes_its_own_or_fails() {
    for (line, environment, want) in [
        ("k0s kubectl get", "HOME=/h", "/var/lib/k0s/pki/admin.conf"),
        ("kubectl get --data-dir /x/", "HOME=/h", "/x/pki/admin.conf"),
        ("kubectl get --data-dir=/x", "HOME=/h", "/x/pki/admin.conf"),
        (
            "kubectl exec p -- --data-dir=/x",
            "",
            "/var/lib/k0s/pki/admin.conf",
        ),
        ("kubectl get", "HOME=/h\0KUBECONFIG=/x", "/x"),
        ("kubectl get", "HOME=/h\0KUBECONFIG=", "/h/.kube/config"),
        ("kubectl get --kubeconfig=/x", "HOME=/h", "/x"),
    ] {
        let event = being("k0s", line, environment);
        assert_eq!(
            chosen(&event, &[]),
            Ok(vec![want.to_owned()]),
            "{line} {environment:?}"
        );
    }
}

#[test]
fn where_k0s_has_its_data_is_no_command() {
    let args: Args = "k0s kubectl --data-dir /x get pods".split(' ').skip(1).collect();
    assert_eq!(Request::of(&args).command, [b"get".to_vec()]);
}

#[test]
fn where_nobody_knows_whose_it_is_no_file_is_claimed() {
    let mut event = event("kubectl get", "HOME=/h");
    event.executable.content = Content::unknown(Unknown::Slow);
    for own in [
        "/etc/rancher/k3s/k3s.yaml",
        "/h/.kube/k3s.yaml",
        "/var/lib/k0s/pki/admin.conf",
    ] {
        assert_eq!(chosen(&event, &[own]), Err(Unknown::Slow), "{own}");
    }
    // Here it makes no difference.
    assert_eq!(chosen(&event, &[]), Ok(vec!["/h/.kube/config".to_owned()]));
    event.environment = Environment::from_bytes(b"KUBECONFIG=/x");
    assert_eq!(
        chosen(&event, &["/etc/rancher/k3s/k3s.yaml"]),
        Ok(vec!["/x".to_owned()])
    );
    event.executable.content = Content {
        is_unsearched: true,
        ..Content::default()
    };
    event.environment = Environment::default();
    assert_eq!(
        chosen(&event, &["/etc/rancher/k3s/k3s.yaml"]),
        Err(Unknown::Unreadable)
    );
    let broken = paths(&being("k3s", "kubectl get", ""));
    assert_eq!(
        broken.choose(|_| Err(Unknown::Unreadable)).err(),
        Some(Unknown::Unreadable)
    );
}
