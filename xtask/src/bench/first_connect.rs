//! Whether the alert is there before a real kubectl first connects to an API server, which the bench plays.
//!
//! Whatever kubectl asks is forbidden, so that it ends at once.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::daemon::{Alerts, Daemon, now};
use super::report::Report;
use super::spread::Spread;
use super::{Bench, interrupt};
use crate::program;

/// How long kubectl may take to connect.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    const WHAT: &str = "alert before kubectl's first connect";
    let Some(kubectl) = program::find("kubectl") else {
        report.row(WHAT, "not measured: kubectl is not installed", "all");
        return Ok(());
    };
    let count = if bench.quick { 5 } else { 20 };
    let (port, connections) = listen()?;
    let server = format!("--server=http://127.0.0.1:{port}");
    let args = [
        server.clone(),
        "--as=x".to_owned(),
        "--request-timeout=2s".to_owned(),
        "get".to_owned(),
        "--raw=/api".to_owned(),
    ]
    .map(OsString::from);
    let daemon = Daemon::start(&bench.daemon, Alerts::Read)?;
    let (mut first, mut ahead, mut connected) = (0, Vec::new(), Vec::new());
    for _ in 0..count {
        interrupt::check()?;
        let begin = now();
        let mut stepper = bench.workbench.stepper(&kubectl, &args)?;
        stepper.step()?;
        let connect = connections
            .recv_timeout(PATIENCE)
            .context("kubectl does not connect")?;
        stepper.finish()?;
        // What else it tried is of no interest.
        connections.try_iter().for_each(drop);
        let alert = daemon.alert_about(&server)?.at;
        first += u32::from(alert < connect);
        ahead.push(milliseconds(connect - alert));
        connected.push(milliseconds(connect - begin));
    }
    daemon.stop()?;
    report.row(WHAT, format!("{first} of {count}"), "all");
    report.row(
        "alert ahead of that connect, ms",
        format!("{:.1}", Spread::of(&ahead)),
        "> 0",
    );
    report.row(
        "start of the spawner to that connect, ms",
        format!("{:.1}", Spread::of(&connected)),
        "",
    );
    Ok(())
}

/// A port on which connections are accepted, and when each was.
fn listen() -> Result<(u16, Receiver<i128>)> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
    let port = listener.local_addr().context("cannot listen")?.port();
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let at = now();
            let Ok(connection) = connection else { continue };
            // If kubectl does not take the answer, it was quicker than the bench.
            let _answered = forbid(connection);
            if send.send(at).is_err() {
                break;
            }
        }
    });
    Ok((port, receive))
}

/// Answers one request.
fn forbid(mut connection: TcpStream) -> io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let _request = connection.read(&mut [0; 4096])?;
    connection.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn milliseconds(nanoseconds: i128) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some seconds at most")]
    let nanoseconds = nanoseconds as f64;
    nanoseconds / 1e6
}
