//! With a token of a service account, and with a kubeconfig that acts as somebody else.

use super::{Sample, time};
use crate::credential::kubeconfig::{Auth, ConfigFile, FileFacts, Impersonated};
use crate::credential::{Certificate, Kubeconfig, Kuberc};
use crate::event::{Circumstances, PodNames, Script, Source, Unknown, Witness};

/// For `system:serviceaccount:prod:robot`, of the pod `web-0`, until 2030.
const ROBOT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOlsiYXBpIl0sImV4cCI6MTg5MzQ1NjAwMCwiaXNzIjoiaHR0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjIiwianRpIjoiN2Q1YyIsImt1YmVybmV0ZXMuaW8iOnsibmFtZXNwYWNlIjoicHJvZCIsInBvZCI6eyJuYW1lIjoid2ViLTAiLCJ1aWQiOiIyMjIyIn0sInNlcnZpY2VhY2NvdW50Ijp7Im5hbWUiOiJyb2JvdCIsInVpZCI6IjExMTEifX0sInN1YiI6InN5c3RlbTpzZXJ2aWNlYWNjb3VudDpwcm9kOnJvYm90In0.c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0";

/// A stolen token, used in another pod.
pub(crate) fn with_token() -> Sample {
    let mut sample = super::in_pod().args(&[b"kubectl", b"--token", ROBOT.as_bytes(), b"get", b"secrets"]);
    sample.matched = vec![("process.args", b"--token".into())];
    sample.event.circumstances.pod = Some(PodNames {
        namespace: "shop".into(),
        name: "front-7d9f".into(),
        container: Some("nginx".into()),
    });
    sample
}

/// A command that its preferences give another identity.
pub(crate) fn with_kuberc() -> Sample {
    let mut sample = Sample::new().args(&[b"kubectl", b"get", b"pods"]);
    sample.matched = vec![("kubectl_watch.kuberc.options", b"as".into())];
    let file = ConfigFile {
        path: b"/home/bob/.kube/kuberc".into(),
        facts: Some(FileFacts {
            sha256: Some("ab".repeat(32)),
            size: 500,
            owner: 1000,
            owner_name: Some("bob".into()),
            mode: 0o600,
            inode: 78,
        }),
        unknown: None,
    };
    sample.event.circumstances.kuberc = Some(Box::new(Kuberc {
        files: vec![file],
        options: ["as", "output"].map(str::to_owned).into(),
        ..Kuberc::default()
    }));
    sample
}

/// Somebody who came over SSH, with a kubeconfig of another's.
pub(crate) fn with_kubeconfig() -> Sample {
    let mut sample = Sample::new().args(&[b"kubectl", b"--kubeconfig=/tmp/\x1b[2Jk", b"get", b"pods"]);
    sample.matched = vec![("process.args", b"--kubeconfig=/tmp/\x1b[2Jk".into())];
    let file = ConfigFile {
        path: b"/tmp/\x1b[2Jk".into(),
        facts: Some(FileFacts {
            sha256: Some("ab".repeat(32)),
            size: 5000,
            owner: 0,
            owner_name: Some("root".into()),
            mode: 0o600,
            inode: 77,
        }),
        unknown: None,
    };
    let missing = ConfigFile {
        path: b"/mnt/k".into(),
        unknown: Some(Unknown::Slow),
        ..ConfigFile::default()
    };
    let kubeconfig = Kubeconfig {
        files: vec![file, missing],
        context: Some("prod".into()),
        cluster: Some("one".into()),
        user: Some("admin".into()),
        namespace: Some("shop".into()),
        server: Some("https://one:6443".into()),
        auth: vec![Auth::ClientCertificate],
        impersonated: Impersonated {
            user: Some("system:admin".into()),
            groups: vec!["system:masters".into()],
            ..Impersonated::default()
        },
        certificate: Some(Certificate {
            common_name: Some("kubernetes-admin".into()),
            organisations: vec!["ops".into()],
            issuer: Some("kubernetes".into()),
            serial: "1122".into(),
            not_before: Some(time(0)),
            not_after: Some(time(86_400_000)),
            sha256: "cd".repeat(32),
        }),
        unknown: Some(Unknown::Slow),
        ..Kubeconfig::default()
    };
    sample.event.circumstances = Circumstances {
        kubeconfig: Some(Box::new(kubeconfig)),
        kuberc: None,
        source: Some(Source {
            address: [192, 0, 2, 7].into(),
            port: 50_122,
            by: Witness::Socket,
        }),
        pod: None,
        script: Some(Box::new(Script {
            pid: 24,
            path: b"/opt/deploy.sh".to_vec(),
            facts: Some(FileFacts {
                sha256: Some("ef".repeat(32)),
                size: 120,
                owner: 1000,
                owner_name: Some("ci".into()),
                mode: 0o775,
                inode: 99,
            }),
            unknown: None,
        })),
        groups: vec![(27, Some("sudo".into())), (1000, None)],
    };
    sample
}
