//! From where somebody came in, told of logins to a real SSH server: Debian's, on loopback, with keys of the test's own.
//!
//! The server has a mount namespace of its own, with a passwd file in which nobody has a shell and with its folder in
//! `/run`; so the machine's own files stay as they are.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

use kubectl_watch_tests::{Daemon, Scene, kubectl, run, unique};
use serde_json::json;

const SSHD: &str = "/usr/sbin/sshd";

/// A server that is ended when it is dropped.
struct SshServer {
    child: Child,
    /// What it says, which it goes on to say as long as somebody could read it.
    _said: BufReader<ChildStderr>,
    scene: Scene,
    port: u16,
}

impl SshServer {
    fn start() -> Self {
        assert!(
            Path::new(SSHD).exists(),
            "this test needs {SSHD}, which Debian's openssh-server brings: `cargo xtask test` installs it"
        );
        let scene = Scene::new();
        for name in ["host", "user"] {
            let made = run(Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(scene.path().join(name)));
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = free.local_addr().expect("it has one").port();
        drop(free);
        let text = |name: &str| fs::read_to_string(scene.path().join(name)).expect("it was made");
        // Everybody may read these, whatever the umask is.
        let write = |name: &str, text: &str| scene.script(name, text).display().to_string();
        write("known", &format!("[127.0.0.1]:{port} {}", text("host.pub")));
        let passwd = write(
            "passwd",
            "root:x:0:0:root:/root:/bin/bash\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n\
             nobody:x:65534:65534:nobody:/:/bin/bash\n",
        );
        // The server lets nobody in whose password is locked, which it may be here.
        let shadow = write("shadow", "root:*:1::::::\nsshd:*:1::::::\nnobody:*:1::::::\n");
        let folder = scene.path().display();
        let config = write(
            "config",
            &format!(
                "ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nPidFile none\nUsePAM no\n\
                 AuthorizedKeysFile {folder}/user.pub\nPasswordAuthentication no\n\
                 PermitRootLogin prohibit-password\nStrictModes no\n"
            ),
        );
        let line = format!(
            "mount --bind {passwd} /etc/passwd && mount --bind {shadow} /etc/shadow && mount -t tmpfs -o mode=755 none /run && \
             mkdir /run/sshd && exec {SSHD} -D -e -f {config}"
        );
        // Who logs in reads the list of keys as himself.
        let mut open = Command::new("chmod");
        open.arg("755")
            .args([scene.path(), &scene.path().join("user.pub")]);
        let opened = run(&mut open);
        assert!(opened.status.success());
        let mut child = Command::new("unshare")
            .args(["--mount", "sh", "-c", &line])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("unshare is part of every distribution");
        let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut lines = String::new();
        while !lines.contains("Server listening") {
            let read = said.read_line(&mut lines).expect("it is text");
            assert!(read > 0, "the server does not start: {lines}");
        }
        Self {
            child,
            _said: said,
            scene,
            port,
        }
    }

    /// Runs a line as somebody who logs in.
    fn login(&self, user: &str, line: &str) -> Child {
        let at = |name: &str| self.scene.path().join(name).display().to_string();
        Command::new("ssh")
            .args(["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"])
            .args(["-o", &format!("UserKnownHostsFile={}", at("known"))])
            .args(["-i", &at("user"), "-p", &self.port.to_string()])
            .args([&format!("{user}@127.0.0.1"), line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was looked for")
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        // Who is logged in has a process of his own, and has left by now.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn a_login_to_a_real_server_is_told_with_its_address_and_port() {
    let server = SshServer::start();
    let mut daemon = Daemon::start(&[]);
    let kubectl = kubectl().display().to_string();
    for (user, id) in [("root", "0"), ("nobody", "65534")] {
        let word = unique("ssh");
        // What the environment says of it is a lie. Who logged in stays until the alert is there.
        let line = format!(
            "echo $SSH_CONNECTION; SSH_CONNECTION='192.0.2.7 50122 10.0.0.1 22' {kubectl} version --client --as={word} \
             > /dev/null; read -r _"
        );
        let mut login = server.login(user, &line);
        let mut said = String::new();
        let mut out = BufReader::new(login.stdout.take().expect("it is piped"));
        out.read_line(&mut said).expect("it is text");
        let port: u16 = said
            .split(' ')
            .nth(1)
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("{said}"));
        let alert = daemon.whole_alert(&word);
        drop(login.stdin.take());
        login.wait().expect("it ends");
        assert_eq!(
            alert["source"],
            json!({"ip": "127.0.0.1", "port": port}),
            "{alert}"
        );
        assert_eq!(alert["kubectl_watch"]["source"]["known_by"], "socket");
        assert_eq!(alert["related"]["ip"], json!(["127.0.0.1"]));
        assert_eq!(
            alert["process"]["entry_leader"]["entry_meta"]["type"], "sshd",
            "{alert}"
        );
        assert_eq!(alert["process"]["user"]["id"], id);
        assert!(said.starts_with("127.0.0.1 "), "{said}");
    }
}
