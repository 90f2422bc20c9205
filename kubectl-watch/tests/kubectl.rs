//! Command lines as a real kubectl reads them: what it then tells an API server is what the reader must have read.
//!
//! The API server is a listener on loopback that notes one request and refuses it. kubectl must be on the PATH.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;

use kubectl_watch::event::Args;
use kubectl_watch::kubectl::Request;

/// As whom an API server is spoken to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Identity {
    user: Option<String>,
    uid: Option<String>,
    groups: Vec<String>,
}

impl Identity {
    /// What the reader makes of a command line.
    fn read(args: &Args) -> Self {
        let request = Request::of(args);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
        Self {
            user: request.as_user.map(text),
            uid: request.as_uid.map(text),
            groups: request.as_groups.into_iter().map(text).collect(),
        }
    }

    /// What the headers of a request say.
    fn heard(headers: &[String]) -> Self {
        let mut identity = Self::default();
        for header in headers {
            let Some((name, value)) = header.split_once(": ") else {
                continue;
            };
            let value = value.to_owned();
            match &*name.to_ascii_lowercase() {
                "impersonate-user" => identity.user = Some(value),
                "impersonate-uid" => identity.uid = Some(value),
                "impersonate-group" => identity.groups.push(value),
                _ => {}
            }
        }
        identity
    }
}

/// Runs kubectl, and says what its first request was like; none where it made none.
fn first_request(args: &[&str]) -> Option<Vec<String>> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("an address");
    let server = thread::spawn(move || {
        let mut first = None;
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(stream.try_clone().expect("a second end")).lines();
            let mut headers = Vec::new();
            while let Some(Ok(line)) = lines.next() {
                if line.is_empty() {
                    break;
                }
                headers.push(line);
            }
            if headers.first().is_none_or(|line| line.starts_with("END ")) {
                break;
            }
            first.get_or_insert(headers);
            let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            // It may have gone already.
            let _ = stream.write_all(refusal.as_bytes());
        }
        first
    });
    let home = tempfile::tempdir().expect("a folder");
    let done = Command::new("kubectl")
        .args(args)
        .env("HOME", home.path())
        .env_remove("KUBECONFIG")
        .env("KUBERNETES_MASTER", "")
        .arg(format!("--server=http://{address}"))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("this test needs kubectl on the PATH: {error}"));
    let mut end = std::net::TcpStream::connect(address).expect("the listener is there");
    end.write_all(b"END \r\n\r\n").expect("it is heard");
    let first = server.join().expect("it ends");
    assert!(
        first.is_some() || !done.status.success(),
        "{args:?} did without a server"
    );
    first
}

#[test]
fn kubectl_tells_the_server_what_was_read() {
    let table: &[&[&str]] = &[
        &["get", "--raw", "/x", "--as=eve"],
        &["--as", "eve", "get", "--raw", "/x"],
        &["get", "--as", "a", "--raw=/x", "--as=b"],
        &[
            "get",
            "--raw",
            "/x",
            "--as=a",
            "--as-group=x",
            "--as-group",
            "y,z",
        ],
        &["get", "--raw", "/x", "--as=a", "--as_group=x"],
        &["-nkube-system", "get", "--raw", "/x", "--as=eve"],
        &["-n", "--as=odd", "get", "--raw", "/x", "--as=eve"],
        &["get", "--raw", "/x", "-n=a", "--as=eve"],
        &["get", "pods", "-A", "--as=eve"],
        &["get", "pods", "-owide", "-l", "app=x", "--as=eve"],
        &["get", "pods", "-Aw", "--as=eve"],
        &["delete", "pod", "x", "--now", "--as=eve"],
        // The token itself is sent over TLS alone, so it is not looked for.
        &["get", "--raw", "/x", "--token", "--as=eve"],
        &["get", "--raw", "/x", "--token=a", "--as=eve"],
        &["auth", "can-i", "--list", "--as=eve", "--as-group=g"],
    ];
    for line in table {
        let headers = first_request(line).unwrap_or_else(|| panic!("{line:?} made no request"));
        let args: Args = std::iter::once(&"kubectl").chain(*line).collect();
        assert_eq!(Identity::read(&args), Identity::heard(&headers), "{line:?}");
    }
}
