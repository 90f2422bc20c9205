//! That no piece of any secret gets by, wherever it is, and that any bytes can be read.

pub(crate) mod command;
mod shell;

use proptest::prelude::*;

use super::text;
use crate::event::Args;

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
];

/// What a text of YAML in brackets can have.
const FLOW: &str = "[A-Za-z0-9][ -+.-Z^-z|~-]{9,60}";

proptest! {
    #[test]
    fn no_piece_of_a_secret_gets_out(
        (place, secret) in (0..PLACES.len()).prop_flat_map(|place| (Just(place), PLACES[place].1)),
        before in proptest::collection::vec("[ -~]{0,12}", 0..3),
    ) {
        let (template, _) = PLACES[place];
        let noise = before.iter().filter(|arg| !arg.contains(['-', ':', ' ', 'r']));
        let args: Args = noise.cloned().chain(template.iter().map(|arg| arg.replace("{}", &secret))).collect();
        let out = crate::redact::args(&args);
        prop_assert_eq!(out.len(), args.len());
        let out = out.command_line();
        for piece in secret.as_bytes().windows(8) {
            let clean = template.iter().all(|arg| !arg.as_bytes().windows(8).any(|window| window == piece));
            prop_assert!(!clean || !out.windows(8).any(|window| window == piece), "{}", String::from_utf8_lossy(out));
        }
    }

    #[test]
    fn no_piece_of_a_secret_in_any_command_gets_out(command in command::command()) {
        let (args, without) = (command.args(&command.secret), command.args(""));
        let out = crate::redact::args(&args);
        prop_assert_eq!(out.len(), args.len());
        let (out, without) = (out.command_line(), without.command_line());
        let has = |bytes: &[u8], piece: &[u8]| bytes.windows(8).any(|window| window == piece);
        for piece in command.secret.as_bytes().windows(8) {
            prop_assert!(
                !has(out, piece) || has(without, piece),
                "{}\n{}",
                String::from_utf8_lossy(args.command_line()),
                String::from_utf8_lossy(out)
            );
        }
    }

    #[test]
    fn the_first_arguments_are_redacted_as_among_all(
        (place, secret) in (0..PLACES.len()).prop_flat_map(|place| (Just(place), PLACES[place].1)),
        bytes in 0..100_usize,
    ) {
        let args: Args = PLACES[place].0.iter().map(|arg| arg.replace("{}", &secret)).collect();
        let (all, first) = (crate::redact::args(&args), crate::redact::first_args(&args, bytes));
        prop_assert!(all.iter().zip(first.iter()).all(|(one, other)| one == other));
        prop_assert!(first.is_cut() == (first.len() < all.len()));
        prop_assert!(first == all || first.command_line().len() >= bytes);
    }

    #[test]
    fn anything_is_read_to_its_end(args in proptest::collection::vec(proptest::collection::vec(1u8.., 0..80), 0..8)) {
        let args: Args = args.iter().collect();
        prop_assert_eq!(crate::redact::args(&args).len(), args.len());
    }

    #[test]
    fn secrets_of_any_tangle_are_read_to_their_end(
        words in proptest::collection::vec(
            prop_oneof![
                Just("--token"), Just("="), Just(" "), Just("'"), Just("\""), Just("\\"), Just("--env"), Just(":"),
                Just("Authorization"), Just("Bearer"), Just("://"), Just("@"), Just("eyJ"), Just("."), Just("a"),
                Just("curl"), Just("-u"), Just(","), Just("set"), Just("\n"), Just("-c"), Just("\0"), Just("users.a"), Just("$("), Just(")"), Just("`"), Just("<("), Just("--kubeconfig"), Just("case "), Just("<<E\n"), Just("["), Just("${"), Just("}"), Just("esac"),
            ],
            0..40,
        ),
    ) {
        let args = Args::from_bytes(words.concat().into_bytes());
        prop_assert_eq!(crate::redact::args(&args).len(), args.len());
        let _ = text(words.concat().as_bytes());
    }
}
