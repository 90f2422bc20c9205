//! Command lines, and what kubectl takes them for. `tests/kubectl.rs` of the end-to-end tests asks a real one.

use proptest::prelude::*;

use super::*;

fn request(line: &[&str]) -> Request {
    Request::of(&std::iter::once(&"kubectl").chain(line).collect())
}

fn text(bytes: Option<&Vec<u8>>) -> Option<&str> {
    bytes.map(|bytes| std::str::from_utf8(bytes).expect("it is text"))
}

#[test]
fn an_identity_in_all_its_spellings() {
    let table: [(&[&str], Option<&str>, &[&str]); 12] = [
        (&["get", "pods", "--as=eve"], Some("eve"), &[]),
        (&["--as", "eve", "get", "pods"], Some("eve"), &[]),
        (&["get", "--as", "a", "pods", "--as=b"], Some("b"), &[]),
        (&["get", "pods", "--as=a", "--as="], None, &[]),
        (
            &["get", "pods", "--as=a", "--as-group=x", "--as-group", "y,z"],
            Some("a"),
            &["x", "y,z"],
        ),
        (&["get", "pods", "--as=a", "--as_group=x"], Some("a"), &["x"]),
        (&["exec", "web", "--", "kubectl", "--as=inner"], None, &[]),
        (&["-n", "--as=odd", "get", "pods", "--as=eve"], Some("eve"), &[]),
        (&["-nkube-system", "get", "pods", "--as=eve"], Some("eve"), &[]),
        (&["logs", "-fp", "web", "--as=eve"], Some("eve"), &[]),
        (&["get", "--AS=eve", "pods"], None, &[]),
        (&["get", "pods", "--assume=eve"], None, &[]),
    ];
    for (line, user, groups) in table {
        let request = request(line);
        assert_eq!(text(request.as_user.as_ref()), user, "{line:?}");
        let given: Vec<&[u8]> = request.as_groups.iter().map(Vec::as_slice).collect();
        let groups: Vec<&[u8]> = groups.iter().map(|group| group.as_bytes()).collect();
        assert_eq!(given, groups, "{line:?}");
    }
}

/// Arguments, the command, the kind and the name of what it is about.
type Asked = (
    &'static [&'static str],
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
);

#[test]
fn what_is_asked_for() {
    let table: [Asked; 18] = [
        (&["get", "pods"], "get", Some("pods"), None),
        (
            &["get", "-o", "yaml", "secret/db"],
            "get",
            Some("secret"),
            Some("db"),
        ),
        (
            &["-n", "x", "delete", "pod", "web", "--now"],
            "delete",
            Some("pod"),
            Some("web"),
        ),
        (
            &["exec", "-it", "web", "-c", "app", "--", "sh"],
            "exec",
            Some("pods"),
            Some("web"),
        ),
        (
            &["exec", "deploy/web", "--", "sh"],
            "exec",
            Some("deploy"),
            Some("web"),
        ),
        (&["logs", "-f", "web"], "logs", Some("pods"), Some("web")),
        (&["apply", "-f", "x.yaml"], "apply", None, None),
        (&["auth", "can-i", "--list", "--as=x"], "auth can-i", None, None),
        (
            &["auth", "can-i", "get", "secrets"],
            "auth can-i get",
            Some("secrets"),
            None,
        ),
        (
            &["create", "token", "default", "--duration", "1h"],
            "create token",
            Some("serviceaccounts"),
            Some("default"),
        ),
        (
            &[
                "--as",
                "x",
                "create",
                "clusterrolebinding",
                "mine",
                "--clusterrole=view",
            ],
            "create clusterrolebinding",
            Some("clusterrolebinding"),
            Some("mine"),
        ),
        (
            &["create", "secret", "generic", "keys"],
            "create secret generic",
            Some("secret"),
            Some("keys"),
        ),
        (
            &["drain", "--force", "node-1"],
            "drain",
            Some("nodes"),
            Some("node-1"),
        ),
        (&["get", "--raw", "/api"], "get", None, None),
        (
            &["get", "pods", "-l", "app=x", "web"],
            "get",
            Some("pods"),
            Some("web"),
        ),
        (
            &["delete", "--cascade", "pod", "x"],
            "delete",
            Some("pod"),
            Some("x"),
        ),
        (&["--kubeconfig", "/tmp/x"], "", None, None),
        (&[], "", None, None),
    ];
    assert_asked(&table);
}

#[test]
fn where_and_with_what() {
    let request = request(&[
        "-s",
        "https://10.0.0.1:6443",
        "--token",
        "secret",
        "--kubeconfig=/tmp/k",
        "--context",
        "c",
        "get",
        "pods",
        "-A",
    ]);
    assert_eq!(text(request.server.as_ref()), Some("https://10.0.0.1:6443"));
    assert_eq!(text(request.token.as_ref()), Some("secret"));
    assert_eq!(text(request.kubeconfig.as_ref()), Some("/tmp/k"));
    assert_eq!(text(request.context.as_ref()), Some("c"));
    assert!(request.all_namespaces && !request.impersonates());
}

#[test]
fn what_is_made_of_another_has_a_name_of_its_own() {
    for line in [
        ["expose", "deployment", "web", "--name", "front", "--port=80"],
        ["autoscale", "--name=front", "--max", "3", "deployment", "web"],
    ] {
        let request = request(&line);
        assert_eq!(text(request.resource.as_ref()), Some("deployment"), "{line:?}");
        assert_eq!(text(request.name.as_ref()), Some("web"), "{line:?}");
        assert_eq!(text(request.new_name.as_ref()), Some("front"), "{line:?}");
    }
}

#[test]
fn what_a_command_writes_is_not_what_it_uses() {
    let flags = [
        "--user=u",
        "--token=t",
        "--username=n",
        "--client-certificate=c",
        "--server=s",
        "--cluster=k",
        "--namespace=d",
    ];
    let all = [
        "user",
        "token",
        "username",
        "certificate",
        "server",
        "cluster",
        "namespace",
    ];
    let table: [(&[&str], &[&str]); 7] = [
        (&["create", "clusterrolebinding", "x"], &["user"]),
        (&["create", "rolebinding", "x"], &["user"]),
        (&["set", "subject", "rolebinding", "x"], &["user"]),
        (
            &["config", "set-credentials", "x"],
            &["token", "username", "certificate"],
        ),
        (&["config", "set-cluster", "x"], &["server"]),
        (&["config", "set-context", "x"], &["user", "cluster", "namespace"]),
        (&["create", "role", "x"], &[]),
    ];
    for (words, written) in table {
        // cobra gives a flag before the command to the command, too.
        for line in [[words, &flags[..]].concat(), [&flags[..], words].concat()] {
            let request = request(&line);
            let used = [
                &request.user,
                &request.token,
                &request.username,
                &request.client_certificate,
                &request.server,
                &request.cluster,
                &request.namespace,
            ];
            for (name, value) in all.iter().zip(used) {
                assert_eq!(value.is_none(), written.contains(name), "{name}: {line:?}");
            }
        }
    }
}

#[test]
fn the_value_of_a_flag_of_create_is_no_name() {
    let table: [Asked; 4] = [
        (
            &[
                "create", "secret", "tls", "--cert", "c.pem", "--key", "k.pem", "web",
            ],
            "create secret tls",
            Some("secret"),
            Some("web"),
        ),
        (
            &[
                "create",
                "secret",
                "docker-registry",
                "--docker-server",
                "r.example",
                "--docker-username",
                "u",
                "--docker-password",
                "p",
                "--docker-email",
                "u@example.com",
                "pull",
            ],
            "create secret docker-registry",
            Some("secret"),
            Some("pull"),
        ),
        (
            &[
                "create",
                "service",
                "externalname",
                "--external-name",
                "x.example",
                "web",
            ],
            "create service externalname",
            Some("service"),
            Some("web"),
        ),
        (
            &["create", "service", "clusterip", "--clusterip", "None", "web"],
            "create service clusterip",
            Some("service"),
            Some("web"),
        ),
    ];
    assert_asked(&table);
}

fn assert_asked(table: &[Asked]) {
    for &(line, command, resource, name) in table {
        let request = request(line);
        let given = request.command.join(&b' ');
        assert_eq!(String::from_utf8_lossy(&given), command, "{line:?}");
        assert_eq!(text(request.resource.as_ref()), resource, "{line:?}");
        assert_eq!(text(request.name.as_ref()), name, "{line:?}");
    }
}

proptest! {
    #[test]
    fn any_arguments_are_read(args in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..12)) {
        let _request = Request::of(&args.iter().collect());
    }
}
