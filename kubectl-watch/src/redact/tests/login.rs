//! Names with letters as numbers, and passwords that have none of their own: beside a user.

use super::{marked, redacted, text};

/// That of each text the secret alone is taken that is in place of `{}`: in an argument, in a text alone and in a
/// document of a shell.
fn taken_wherever(texts: &[&str], kind: &str) {
    for given in texts {
        let whole = given.replace("{}", "hunter22");
        // What is nothing but a mark has no quotes.
        let want = given.replace("'{}'", "{}").replace("\"{}\"", "{}");
        let want = want.replace("{}", &marked(kind, "hunter22"));
        let document = |text: &str| format!("cat > x <<'EOF'\n{text}\nEOF\nid --as=x");
        assert_eq!(redacted(&["x", &whole])[1], want);
        assert_eq!(String::from_utf8_lossy(&text(whole.as_bytes())), want);
        assert_eq!(redacted(&["sh", "-c", &document(&whole)])[2], document(&want));
    }
}

/// That nothing is taken of each text.
fn stays(texts: &[&str]) {
    for text in texts {
        assert_eq!(redacted(&["x", text])[1], *text);
        assert_eq!(redacted(&["sh", "-c", text])[2], *text);
    }
}

#[test]
fn a_key_is_known_by_its_letters_however_they_are_written() {
    taken_wherever(
        &[
            r#"{"pass\u0077ord":"{}"}"#,
            r#"{"\u0070assword": "{}", "a": "b"}"#,
            r#"{"\u0070\u0061\u0073\u0073\u0077\u006F\u0072\u0064":"{}"}"#,
            r#"{"a": {"passwor\u0064": "{}"}}"#,
            r#"{"name": "DB_PASSW\u004fRD", "value": "{}"}"#,
            r#"{"n\u0061me": "DB_PASSWORD", "v\u0061lue": "{}"}"#,
            "\"pass\\x77ord\": {}",
        ],
        "password",
    );
    taken_wherever(&[r#"{"stringData": {"a\u0062c": "{}"}}"#], "secret");
    stays(&[
        r#"{"pass\u0061ble":"hunter22"}"#,
        r#"{"a": "\u0070assword", "b": "hunter22"}"#,
        r#"{"passwor\u00zz":"hunter22"}"#,
        r#"{"pass\u0077":"hunter22"}"#,
        r"C:\users\token hunter22",
    ]);
    let line = |secret: &str| format!(r#"curl -d "{{\"pass\\u0077ord\":{secret}}}" --as=x"#);
    let want = line(&marked("password", "hunter22"));
    assert_eq!(redacted(&["sh", "-c", &line(r#"\"hunter22\""#)])[2], want);
}

#[test]
fn a_password_of_netrc_is_taken() {
    taken_wherever(
        &[
            "machine example.org login bob password {}",
            "machine example.org login bob password {} macdef x",
            "machine example.org\n  login bob\n  password {}\n",
            "default login bob\npassword {}",
            "machine example.org\npassword {}\nlogin bob",
            "machine a login A\\bob password {}",
        ],
        "password",
    );
    let line = |secret: &str| format!("printf 'machine a\\nlogin b\\npassword {secret}' > .netrc");
    let want = line(&marked("password", "hunter22"));
    assert_eq!(redacted(&["sh", "-c", &line("hunter22")])[2], want);
    stays(&[
        "machine learning password reset",
        "the login of a machine needs a new password then",
        "login bob password hunter22",
        "machine example.org login bob",
    ]);
}

#[test]
fn a_password_of_sql_is_taken() {
    taken_wherever(
        &[
            "ALTER USER bob WITH PASSWORD '{}'",
            "create role bob with login password '{}';",
            "ALTER USER bob PASSWORD '{}' VALID",
            "CREATE USER bob IDENTIFIED BY '{}'",
            "CREATE USER b IDENTIFIED WITH mysql_native_password BY '{}'",
        ],
        "password",
    );
    let line = |secret: &str| format!("kubectl exec x -- psql -c \"ALTER USER bob WITH PASSWORD {secret}\"");
    let want = line(&marked("password", "hunter22"));
    assert_eq!(redacted(&["sh", "-c", &line("'hunter22'")])[2], want);
    stays(&[
        "select password from users",
        "get password 'hunter22'",
        "sort by 'hunter22'",
    ]);
}

#[test]
fn a_password_of_a_call_is_taken() {
    taken_wherever(
        &[
            r#"requests.get(u, auth=("bob","{}"))"#,
            r#"s.auth = ( "bob", "{}" )"#,
            r#"HTTPBasicAuth("bob", "{}")"#,
            r#"x(auth=aiohttp.BasicAuth(user(1), "{}"), y=1)"#,
            r#"x(http_auth=["bob", "{}"])"#,
            r#"x(**{"auth": ("bob", "{}")})"#,
        ],
        "password",
    );
    let code = "requests.get(u, auth=('bob', 'hunter22'), x='y')";
    assert!(!redacted(&["python3", "-c", code])[2].contains("hunter22"));
    stays(&[
        "requests.get(u, auth=None)",
        "requests.get(u, auth=(user, password))",
        r#"requests.get(u, auth=("bob", x), y="hunter22")"#,
        r#"auth("bob"), "hunter22""#,
        r#"auth=x, "hunter22""#,
    ]);
}
