//! Sinks at real pipes: one that nobody reads, one that is closed, one that breaks. And blocks as snapshots.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use super::stdout::Stdout;
use super::terminal::{Terminal, block};
use super::*;
use crate::alert::samples::{self, Sample};

/// Far longer than anything here takes; only a fault reaches it.
const LONG: Duration = Duration::from_mins(1);

fn alert() -> Arc<Message> {
    Arc::new(Sample::new().alert().into())
}

/// An alert that no pipe can hold.
fn large() -> Arc<Message> {
    Arc::new(
        Sample::new()
            .args(&[b"kubectl", &vec![b'x'; 1 << 21]])
            .alert()
            .into(),
    )
}

fn wait(mut closed: Closed) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("runtime");
    runtime.block_on(closed.wait());
}

#[test]
fn every_alert_is_a_line() {
    let (reader, writer) = io::pipe().expect("pipe");
    let (handle, _closed) = spawn(Box::new(Stdout::to(writer)), 8).expect("sink");
    assert!(handle.send(alert()));
    assert!(handle.send(alert()));
    assert_eq!(
        handle.finish(LONG),
        Totals {
            sent: 2,
            lost: 0,
            errors: 0
        }
    );
    let lines: Vec<_> = BufReader::new(reader)
        .lines()
        .collect::<Result<_, _>>()
        .expect("lines");
    assert_eq!(lines.len(), 2);
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(value["event"]["kind"], "alert");
    }
}

#[test]
fn a_reader_that_does_not_read_delays_nobody() {
    let (mut reader, writer) = io::pipe().expect("pipe");
    let (handle, _closed) = spawn(Box::new(Stdout::to(writer)), 2).expect("sink");
    // The first fills the pipe, at most two more the queue. No send waits, or this would never end.
    assert!(handle.send(large()));
    let mut first = [0];
    reader.read_exact(&mut first).expect("the first is being written");
    let queued = (0..100).filter(|_| handle.send(alert())).count();
    assert_eq!(queued, 2);
    assert_eq!(
        handle.totals(),
        Totals {
            sent: 0,
            lost: 98,
            errors: 0
        }
    );

    // With no patience what is queued is lost as well.
    assert_eq!(
        handle.finish(Duration::ZERO),
        Totals {
            sent: 0,
            lost: 101,
            errors: 0
        }
    );
}

#[test]
fn large_alerts_fill_a_queue_sooner() {
    let (mut reader, writer) = io::pipe().expect("pipe");
    let (handle, _closed) = spawn(Box::new(Stdout::to(writer)), 100).expect("sink");
    let (large, mut first) = (large(), [0]);
    assert!(handle.send(Arc::clone(&large)));
    reader.read_exact(&mut first).expect("the first is being written");
    let queued = (0..100).filter(|_| handle.send(Arc::clone(&large))).count();
    // Each is a little over 2 MiB, and the one being written counts.
    assert_eq!((queued + 1) * (1 << 21), MAX_QUEUED_BYTES - (1 << 21));
    assert!(handle.send(alert()), "a small one still fits");
}

#[test]
fn a_reader_that_comes_late_gets_what_was_queued() {
    let (mut reader, writer) = io::pipe().expect("pipe");
    let (handle, _closed) = spawn(Box::new(Stdout::to(writer)), 2).expect("sink");
    let mut first = [0];
    assert!(handle.send(large()));
    reader.read_exact(&mut first).expect("the first is being written");
    while handle.send(alert()) {}
    let late = thread::spawn(move || {
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).map(|_| rest.lines().count())
    });
    assert_eq!(
        handle.finish(LONG),
        Totals {
            sent: 3,
            lost: 1,
            errors: 0
        }
    );
    assert_eq!(late.join().expect("reader").expect("lines"), 3);
}

#[test]
fn a_closed_pipe_is_told() {
    let (reader, writer) = io::pipe().expect("pipe");
    let (handle, closed) = spawn(Box::new(Stdout::to(writer)), 8).expect("sink");
    drop(reader);
    handle.send(alert());
    wait(closed.clone());
    wait(closed);
    handle.send(alert());
    assert_eq!(
        handle.finish(LONG),
        Totals {
            sent: 0,
            lost: 2,
            errors: 0
        }
    );
}

/// Fails as often as it is told to.
struct Broken(mpsc::Receiver<io::Result<()>>);

impl Sink for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn deliver(&mut self, _: &Message) -> io::Result<()> {
        self.0.recv().unwrap_or(Ok(()))
    }
}

#[test]
fn an_error_costs_one_alert() {
    let (results, broken) = mpsc::channel();
    let (handle, _closed) = spawn(Box::new(Broken(broken)), 8).expect("sink");
    for result in [
        Err(io::ErrorKind::StorageFull.into()),
        Err(io::ErrorKind::StorageFull.into()),
        Ok(()),
    ] {
        assert!(handle.send(alert()));
        results.send(result).expect("sink");
    }
    assert_eq!(
        handle.finish(LONG),
        Totals {
            sent: 1,
            lost: 0,
            errors: 2
        }
    );
}

#[test]
fn a_sink_that_panics_loses_alerts_and_no_more() {
    struct Panics;
    impl Sink for Panics {
        fn name(&self) -> &'static str {
            "panics"
        }
        fn deliver(&mut self, _: &Message) -> io::Result<()> {
            panic!("on purpose")
        }
    }
    let (handle, _closed) = spawn(Box::new(Panics), 8).expect("sink");
    handle.send(alert());
    assert_eq!(
        handle.finish(LONG),
        Totals {
            sent: 0,
            lost: 1,
            errors: 0
        }
    );
}

/// A block without its colours.
fn shown(sample: &Sample) -> String {
    let alert = sample.alert();
    let allow = format!("kubectl-watch allow --from-alert {}", alert.id());
    anstream::adapter::strip_str(&block(&alert, Some(&allow))).to_string()
}

#[test]
fn blocks_are_aligned_and_harmless() {
    for (name, sample) in [
        ("plain", samples::plain as fn() -> Sample),
        ("hostile", samples::hostile),
        ("orphan", samples::orphan),
        ("in_pod", samples::in_pod),
        ("with_secrets", samples::with_secrets),
        ("in_memory", samples::in_memory),
        ("loaded", samples::loaded),
        ("with_token", samples::with_token),
        ("with_kubeconfig", samples::with_kubeconfig),
        ("with_kuberc", samples::with_kuberc),
        ("surrounded", samples::surrounded),
        ("long", long),
    ] {
        let sample = sample();
        insta::assert_snapshot!(name, shown(&sample));
    }
}

/// A hundred kilobytes of padding before the argument that matters.
fn long() -> Sample {
    let padding = "padding-padding".repeat(100);
    let mut args: Vec<&[u8]> = vec![b"kubectl"];
    args.extend(std::iter::repeat_n(b"pad".as_slice(), 50_000));
    args.extend([padding.as_bytes(), b"--as=system:admin", b"get", b"pods"]);
    Sample::new().args(&args)
}

#[test]
fn a_terminal_gets_colours_and_a_pipe_does_not() {
    let mut terminal = Terminal::to(Vec::new());
    terminal.deliver(&alert()).expect("written");
    let mut piped = anstream::StripStream::new(Vec::new());
    piped
        .write_all(block(&Sample::new().alert(), None).as_bytes())
        .expect("written");
    assert!(block(&Sample::new().alert(), None).contains("\u{1b}["));
    assert!(!piped.into_inner().contains(&0x1b));
}

/// Takes so many bytes, and then none until it is given room.
#[derive(Clone)]
struct Disk(Arc<std::sync::Mutex<(Vec<u8>, usize)>>);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.0.lock().expect("nobody fails with it");
        let fits = bytes.len().min(disk.1);
        if fits == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.1 -= fits;
        disk.0.extend_from_slice(&bytes[..fits]);
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_line_that_a_full_disk_tore_spoils_no_other() {
    let disk = Disk(Arc::new(std::sync::Mutex::new((Vec::new(), 100))));
    let mut sink = Stdout::to(disk.clone());
    assert!(sink.deliver(&alert()).is_err());
    assert!(sink.deliver(&alert()).is_err());
    disk.0.lock().expect("nobody fails with it").1 = usize::MAX;
    sink.deliver(&alert()).expect("there is room");
    sink.deliver(&alert()).expect("there is room");
    let text = disk.0.lock().expect("nobody fails with it").0.clone();
    let lines: Vec<_> = text.split(|&byte| byte == b'\n').collect();
    let whole = lines
        .iter()
        .filter(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok());
    assert_eq!((lines.len(), whole.count(), lines[0].len()), (4, 2, 100));
}
