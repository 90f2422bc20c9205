//! Arguments with a place for a secret.

/// Where a secret can be, and which bytes it can have there.
pub(crate) const PLACES: &[(&[&str], &str)] = &[
    (&["kubectl", "--token", "{}"], "[^\0]{9,60}"),
    (&["kubectl", "--token={}", "get"], "[^\0]{9,60}"),
    (&["kubectl", "--Password={}"], "[^\0]{9,60}"),
    (&["kubectl", "--docker-password", "{}"], "[^\0]{9,60}"),
    (&["kubectl", "--from-literal=a.b={}"], "[^\0]{9,60}"),
    (&["kubectl", "run", "x", "--env", "A={}"], "[^\0]{9,60}"),
    (
        &["kubectl", "config", "set-credentials", "bob", "--token={}"],
        "[^\0]{9,60}",
    ),
    (
        &["kubectl", "exec", "x", "--", "tool", "--api-key", "{}"],
        "[^\0]{9,60}",
    ),
    (&["kubectl", "-s", "https://bob:{}@host/x"], "[a-z][!-?A-~]{9,60}"),
    (
        &["curl", "-H", "Authorization: Bearer {}"],
        "[^\0 \t\r\n\x0c][^\0]{9,60}",
    ),
    (
        &["curl", "-H", "Authorization: Basic {}"],
        "[A-Za-z0-9+/]{9,60}={0,2}",
    ),
    (&["curl", "-u", "bob:{}", "https://host"], "[^\0]{9,60}"),
    (
        &["kubectl", "config", "set", "users.bob.token", "{}"],
        "[^\0]{9,60}",
    ),
    (
        &["kubectl", "config", "set", "users.admin@kubernetes.token", "{}"],
        "[^\0-][^\0]{9,60}",
    ),
    (
        &[
            "kubectl",
            "config",
            "set",
            "--kubeconfig",
            "/x",
            "users.bob.token",
            "{}",
        ],
        "[^\0-][^\0]{9,60}",
    ),
    (
        &[
            "kubectl",
            "config",
            "set",
            "users.bob.token",
            "--kubeconfig=/x",
            "{}",
        ],
        "[^\0-][^\0]{9,60}",
    ),
    (
        &[
            "bash",
            "-c",
            "kubectl config set users.a@b.token --kubeconfig /x '{}'",
        ],
        "[^\0'\\\\]{9,60}",
    ),
    (
        &["kubectl", "config", "set-credentials", "bob", "--exec-env=A={}"],
        "[^\0]{9,60}",
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--auth-provider-arg=id-token={}",
        ],
        "[^\0]{9,60}",
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--exec-arg=--password",
            "--exec-arg={}",
        ],
        "[^\0]{9,60}",
    ),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--exec-arg",
            "--token",
            "--exec-arg",
            "{}",
        ],
        "[^\0]{9,60}",
    ),
    (&["env", "DB_PASSWORD={}", "kubectl"], "[^\0]{9,60}"),
    (&["curl", "-H", "Authorization: {}"], "[^\0 \t\r\n\x0c]{9,60}"),
    (
        &["x", "a{}"],
        "eyJ[A-Za-z0-9_-]{9,20}\\.[A-Za-z0-9_-]{9,20}\\.[A-Za-z0-9_-]{9,20}",
    ),
    (
        &["bash", "-c", "kubectl --token={} get"],
        "[!#-%*-:=?-\\[\\]-_a-{}~]{9,60}",
    ),
    (&["bash", "-c", "kubectl --token '{}' get"], "[^\0'\\\\]{9,60}"),
    (
        &["bash", "-c", "kubectl --password=\"{}\" get"],
        "[^\0\"\\\\]{9,60}",
    ),
    (
        &["bash", "-c", "sh -c \"kubectl --token='{}' get\""],
        "[^\0'\"\\\\]{9,60}",
    ),
    (
        &["bash", "-c", "kubectl '--from-literal=k={}' get"],
        "[^\0'\\\\]{9,60}",
    ),
    (
        &["bash", "-c", "kubectl --token=$(echo {} | base64 -d) get"],
        "[A-Za-z0-9+/ ;|]{9,60}",
    ),
    (
        &["bash", "-c", "kubectl --token \"$(echo \"{}\" | rev)\" get"],
        "[A-Za-z0-9+/ ;|()]{9,60}",
    ),
    (
        &["bash", "-c", "kubectl run x --env=A=$(echo '{}') -n y"],
        "[^\0'\\\\]{9,60}",
    ),
    (
        &["bash", "-c", "kubectl --from-literal=k=$(echo {} | rev)"],
        "[A-Za-z0-9+/ ;|]{9,60}",
    ),
    (
        &["bash", "-c", "kubectl --token <(echo {}) get"],
        "[A-Za-z0-9+/ ;|]{9,60}",
    ),
    (
        &["bash", "-c", "kubectl --token=`echo {} | rev` get"],
        "[A-Za-z0-9+/ ;|]{9,60}",
    ),
    (
        &["env", "HTTPS_PROXY=bob:{}@proxy:3128", "kubectl"],
        "[^\0/][^\0]{9,60}",
    ),
    (
        &["env", "http_proxy=bob:{}@proxy:3128", "kubectl"],
        "[^\0/][^\0]{9,60}",
    ),
    (&["kubectl", "--from-literal=-k={}"], "[^\0]{9,60}"),
    (&["kubectl", "set", "env", "deploy/x", "-eFOO={}"], "[^\0]{9,60}"),
    (&["curl", "-sku", "bob:{}"], "[^\0]{9,60}"),
    (
        &[
            "kubectl",
            "config",
            "set-credentials",
            "bob",
            "--exec-arg=--password,{}",
        ],
        "[^\0 \t\r\n\x0c][^\0]{9,60}",
    ),
    (&["bash", "-c", "kubectl -e 'K={}' get"], "[^\0'\\\\]{9,60}"),
    (
        &["bash", "-c", "curl -H 'Authorization: Bearer {}' x"],
        "[!-&(-\\[\\]-~]{9,60}",
    ),
    (&["x", "-d", "{\"a\":{\"token\":\"{}\"}}"], "[^\0\"\\\\]{9,60}"),
    (
        &["x", "-d", "[{\"name\":\"A_TOKEN\",\"value\":\"{}\"}]"],
        "[^\0\"\\\\]{9,60}",
    ),
    (&["bash", "-c", "TOKEN+='{}' kubectl get"], "[^\0'\\\\]{9,60}"),
    (&["bash", "-c", "a=([token]='{}') kubectl"], "[^\0'\\\\]{9,60}"),
    (
        &["bash", "-c", "cat <<'E'\na:\n  password: {}\n  user: x\nE\nid"],
        "[A-Za-z0-9][ -~]{9,60}",
    ),
    (
        &[
            "bash",
            "-c",
            "cat <<'E'\na:\n  password: |\n    {}\n  user: x\nE\nid",
        ],
        "[ -~]{9,60}",
    ),
    (
        &["kubectl", "-p", "a: b\npassword: {}\nuser: x"],
        "[A-Za-z0-9][ -~]{9,60}",
    ),
    (
        &["kubectl", "-p", "a: b\npassword: >-\n {}\nuser: x"],
        "[!-~][ -~]{9,60}",
    ),
    (
        &["kubectl", "-p", "a: b\npassword: {}\n  {}\nuser: x"],
        "[A-Za-z0-9][ -~]{9,60}",
    ),
    (&["kubectl", "-p", "a: {b: c, password: {}}"], FLOW),
    (&["kubectl", "-p", "kind: Secret\ndata: {b: c, d: {}}"], FLOW),
    (
        &["kubectl", "-p", "kind: Secret\ndata:\n  a: c\n  b: {}"],
        "[A-Za-z0-9][ -~]{9,60}",
    ),
    (
        &[
            "kubectl",
            "patch",
            "secret",
            "x",
            "-p",
            "{\"data\":{\"a\":\"{}\"}}",
        ],
        "[^\0\"\\\\]{9,60}",
    ),
    (&["kubectl", "-p", "a: [{name: TOKEN, value: {}}]"], FLOW),
    (&["kubectl", "-p", "a: [{value: {}, name: TOKEN}]"], FLOW),
    (&["kubectl", "-p", "a: [{name: TOKEN,value: {},b: c}]"], FLOW),
    (
        &["bash", "-c", "kubectl -p 'a: [{value: {}, name: TOKEN}]'"],
        "[A-Za-z0-9][A-Za-z0-9/+ ]{9,60}",
    ),
    (
        &["kubectl", "-p", "- value: {}\n  name: DB_PASSWORD"],
        "[A-Za-z0-9][ -~]{9,60}",
    ),
    (
        &["x", "-d", "[{\"value\":\"{}\",\"name\":\"A_TOKEN\"}]"],
        "[^\0\"\\\\]{9,60}",
    ),
    (
        &[
            "x",
            "-d",
            "[{\"value\":\"{}\",\"op\":\"add\",\"path\":\"/data/token\"}]",
        ],
        "[^\0\"\\\\]{9,60}",
    ),
    (
        &["x", "-d", "{\"a\":{\"pass\\u0077ord\":\"{}\"}}"],
        "[^\0\"\\\\]{9,60}",
    ),
    (
        &["bash", "-c", "a='{}'; kubectl --token=$a get"],
        "[^\0'\\\\]{9,60}",
    ),
    (
        &["env", "a={}", "sh", "-c", "kubectl --token=\"$a\" get"],
        "[^\0]{9,60}",
    ),
    (
        &["bash", "-c", "echo machine h login bob password {}"],
        "[A-Za-z0-9+/=]{9,60}",
    ),
    (
        &["python3", "-c", "get(u, auth=('bob', '{}'), x='y')"],
        "[^\0'\\\\]{9,60}",
    ),
    (
        &["python3", "-c", "get(u, auth=(\"bob\", \"{}\"))"],
        "[^\0\"\\\\]{9,60}",
    ),
];

/// What a text of YAML in brackets can have.
const FLOW: &str = "[A-Za-z0-9][ -+.-Z^-z|~-]{9,60}";
