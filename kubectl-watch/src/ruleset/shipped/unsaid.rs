//! Whom kubectl acts as by files that nothing names.

use super::{Exec, check};
use crate::credential::Kubeconfig;
use crate::credential::kubeconfig::Impersonated;

#[test]
fn a_kubeconfig_that_acts_as_somebody() {
    let some = || Some("system:admin".to_owned());
    let reading = |exec: Exec, impersonated: Impersonated| {
        exec.reading(Kubeconfig {
            user: Some("u".to_owned()),
            impersonated,
            ..Kubeconfig::default()
        })
    };
    let acts = |exec: Exec| {
        let user = some();
        reading(
            exec,
            Impersonated {
                user,
                ..Impersonated::default()
            },
        )
    };
    let uid = Impersonated {
        uid: some(),
        ..Impersonated::default()
    };
    let groups = Impersonated {
        groups: vec!["system:masters".to_owned()],
        ..Impersonated::default()
    };
    let kubectl = || Exec::of("kubectl get pods");
    check(
        "Kubeconfig Acts as Somebody Else",
        &[
            acts(kubectl()),
            acts(Exec::of("./k get pods").being("kubectl")),
            acts(Exec::of("oc get pods").being("oc")),
            acts(Exec::of("k3s kubectl get pods").being("k3s")),
            acts(Exec::of("kubectl get pods --as=x")),
            reading(kubectl(), uid),
            reading(kubectl(), groups),
        ],
        &[
            kubectl(),
            reading(kubectl(), Impersonated::default()),
            acts(Exec::of("helm list")),
            acts(Exec::of("k3s server").being("k3s")),
        ],
    );
}

#[test]
fn preferences_that_give_another_identity() {
    let kubectl = || Exec::of("kubectl get pods");
    let identities = [
        "as",
        "as-group",
        "as-uid",
        "as-user-extra",
        "client-certificate",
        "context",
        "kubeconfig",
        "token",
        "user",
        "username",
    ];
    let mut finds: Vec<Exec> = identities
        .iter()
        .map(|&name| kubectl().given(&["output", name]))
        .collect();
    finds.push(Exec::of("./k get pods").being("kubectl").given(&["as"]));
    finds.push(Exec::of("k3s kubectl get pods").being("k3s").given(&["as"]));
    check(
        "Kuberc Gives Kubectl Another Identity",
        &finds,
        &[
            kubectl(),
            kubectl().given(&[]),
            kubectl().given(&["output", "namespace", "server", "cluster", "as-x"]),
            Exec::of("helm list").given(&["as"]),
        ],
    );
}
