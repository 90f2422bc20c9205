//! That a long argument takes one pass, whatever it is made to be.

use super::redacted;
use crate::event::Args;
use crate::redact::{self, value};

/// Each command within another is read once as that, and once as a part of what is around it.
#[test]
fn a_long_command_within_others_is_taken_in_time() {
    let depth = 8;
    let line = [
        "\"x $(".repeat(depth),
        "kubectl --token a'b' ".repeat(10_000),
        ")\"".repeat(depth),
    ]
    .concat();
    let out = redacted(&["sh", "-c", &line]);
    assert!(!out[2].contains("--token a"));
}

/// A variable is looked up each time it is set, and the text is read again a few times at most.
#[test]
fn a_long_line_of_variables_takes_a_few_passes() {
    let many = (0..10_000).map(|number| format!("a{number}=1; kubectl --token=$a{} x;", number + 1));
    for line in ["a=1;".repeat(100_000) + "kubectl --token=$a get", many.collect()] {
        value::READ.set(0);
        assert!(!redacted(&["sh", "-c", &line])[2].contains("=1;"));
        let read = value::READ.get();
        assert!(read < 64 * line.len(), "{read} bytes of values");
    }
}

/// Input made to be read again and again by a reader that looks ahead; a quadratic one would not end.
#[test]
fn a_long_argument_of_anything_takes_one_pass() {
    for piece in [
        "eyJ",
        "eyJ.",
        "\\",
        "\\\"",
        "://a:b/",
        "://",
        "--env '",
        "--env \"",
        "--token",
        "-u 'a ",
        "password:",
        "\"",
        "--env=\\\"",
        "x ",
        " ",
        "Authorization: ",
        "a\"",
        "curl -u '",
        "set a.token --a ",
        "--env $(",
        "a_proxy=",
        "a_proxy=x://h/",
        " a_proxy='",
        "--env $(' ",
        "--token=$(\"",
        "curl -u $(a)(",
        "set a@b.token -- -",
        "\"x $(",
        "`",
        "\"`\" ",
        "<<E\n",
        "<<E \\\n",
        "case x in x) ",
        "[\"",
        " '\\",
        "${",
        "sh -c '",
        "--env x$( ",
        "-e x<( ",
        "--env -x=$( ",
        "--auth-provider-arg x$( ",
        "curl -u x$( ",
        "curl -u -x:<( ",
        "a_proxy=x$( ",
        "\npassword: |\n\n",
        "\npassword: 'a",
        "\n- x: b\n  --env: >\n ",
        "token[",
        "token ] ",
        "token value: ",
        "\"auth\" : ",
        "--from-file a=$( ",
        "value: ",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "\"data\":{secret ",
        "\ndata:\n  secret: $(",
        "{value: a, ",
        "{\"value\": \"a",
        "{value: $(",
        "\nvalue: a\n  ",
        "\n- value: a\n  name: token",
        "{value: a, name: token/token, ",
        "{password: ",
        "$token = ",
        "$token = '",
        "\"$token\" = $(a",
        "\\u0061",
        "\"a\\u0061\\\\",
        "machine a login b password c ",
        "machine login password '",
        "auth=(\"",
        "identified by '",
        "auth=('a', \"",
        "auth=(",
        "auth=(\"a\", \"",
        "a=1; --token=$a ",
        "a=1; --token=$(",
        "$a=",
    ] {
        let args: Args = [piece.repeat(300_000 / piece.len())].iter().collect();
        value::READ.set(0);
        assert_eq!(redact::args(&args).len(), 1);
        // Each kind of quote, of which there are few, can be open to the end of the text.
        let read = value::READ.get();
        assert!(read < 64 * 300_000, "{piece}: {read} bytes of values");
    }
}
