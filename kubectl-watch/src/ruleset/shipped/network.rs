//! The API server asked without kubectl.

use super::{Exec, check};

const HEADERS: &str = "API Server Asked With Impersonation Headers";
const TOKEN: &str = "API Server Asked With a Token by a General Program";

#[test]
fn headers_that_impersonate() {
    let server = "https://10.0.0.1:6443/api/v1/secrets";
    check(
        HEADERS,
        &[
            Exec::of_args(&["curl", "-H", "Impersonate-User: system:admin", server]),
            Exec::of_args(&["curl", "-Himpersonate-group:system:masters", server]),
            Exec::of_args(&["wget", "--header=Impersonate-Uid: 0", server]),
            Exec::of_args(&[
                "/usr/bin/python3.12",
                "-c",
                "get(headers={'Impersonate-Extra-scopes': 'x'})",
            ]),
            Exec::of_args(&["node", "-e", "fetch('x', {headers: {'Impersonate-User': 'x'}})"]),
        ],
        &[
            Exec::of_args(&["curl", "-H", "Accept: x", server]),
            Exec::of_args(&["curl", "https://example.org/impersonate"]),
            Exec::of_args(&["echo", "Impersonate-User: x"]),
            Exec::of_args(&["curlie", "-H", "Impersonate-User: x"]),
        ],
    );
}

#[test]
fn a_bearer_token_for_an_api_server() {
    let bearer = "Authorization: Bearer x";
    check(
        TOKEN,
        &[
            Exec::of_args(&[
                "curl",
                "-k",
                "-H",
                bearer,
                "https://kubernetes.default.svc/version",
            ]),
            Exec::of_args(&["curl", "-H", "authorization:bearer x", "https://10.0.0.1:6443/x"]),
            Exec::of_args(&[
                "curl",
                "--oauth2-bearer",
                "x",
                "https://10.0.0.1/apis/apps/v1/deployments",
            ]),
            Exec::of_args(&["wget", "--header", bearer, "https://10.0.0.1/api/v1/secrets"]),
            Exec::of_args(&["curl", "-H", bearer, "https://10.0.0.1:10250/run/a/b/c"]),
            Exec::of_args(&[
                "python3",
                "-c",
                "t=open('/var/run/secrets/kubernetes.io/serviceaccount/token'); get('https://kubernetes.default/')",
            ]),
        ],
        &[
            Exec::of_args(&["curl", "-H", bearer, "https://example.org/"]),
            Exec::of_args(&["curl", "https://10.0.0.1:6443/version"]),
            Exec::of_args(&["curl", "-H", "Authorization: Basic x", "https://10.0.0.1:6443/"]),
            Exec::of_args(&["kubectl", bearer, "https://10.0.0.1:6443/"]),
        ],
    );
}
