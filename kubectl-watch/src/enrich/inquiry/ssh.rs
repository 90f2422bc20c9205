//! From where somebody came in over SSH: by the socket of the SSH server above the process, which he cannot choose;
//! where that is not to be had, by his environment, which he can.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::enrich::lineage;
use crate::enrich::process::{ProcessFolder, effective_user};
use crate::event::{EntryKind, Environment, Process, ProcessEvent, Source, Unknown, Witness};

/// Bytes of a table of the kernel's connections: 50,000 of them.
const MAX_TABLE: u64 = 8 * 1024 * 1024;
/// Descriptors of the server that are looked at. It has a dozen, and some for each port that it forwards.
const MAX_DESCRIPTORS: usize = 1024;
/// Bytes of a `/proc/PID/status`; the user stands in its beginning.
const MAX_STATUS: usize = 4096;
/// The state of a connection that is open: `TCP_ESTABLISHED` of Linux.
const ESTABLISHED: &str = "01";

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    /// The servers above the process, the nearest first.
    pub(super) servers: Vec<Process>,
    told: Option<Source>,
}

impl Question {
    pub(super) fn of(event: &ProcessEvent) -> Self {
        Self {
            servers: lineage::doors(event, EntryKind::Sshd),
            told: told(event),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.told.is_none()
    }

    /// What the environment says.
    pub(super) fn told(&self) -> Option<Source> {
        self.told.clone()
    }

    /// An error where a server is there and does not show its connection.
    pub(super) fn answer(&self) -> Result<Option<Source>, Unknown> {
        let mut worst = None;
        for server in &self.servers {
            match connection(server) {
                Ok(source) => return Ok(Some(source)),
                Err(unknown) => worst = Some(unknown),
            }
        }
        worst.map_or(Ok(self.told()), Err)
    }
}

/// What the environment of a process says of it.
pub(super) fn told(event: &ProcessEvent) -> Option<Source> {
    of_environment(&event.environment)
}

fn of_environment(environment: &Environment) -> Option<Source> {
    let value = std::str::from_utf8(environment.get("SSH_CONNECTION")?).ok()?;
    let mut words = value.split(' ');
    Some(Source {
        address: words.next()?.parse().ok()?,
        port: words.next()?.parse().ok()?,
        by: Witness::Environment,
    })
}

/// The connection that a server has had the longest: those that it forwards come later. A server that anybody could
/// have started under its name does not count: a real one has a part that runs as root.
fn connection(server: &Process) -> Result<Source, Unknown> {
    let folder = ProcessFolder::open(server).ok_or(Unknown::Gone)?;
    let status = folder.read("status", MAX_STATUS).ok_or(Unknown::Gone)?;
    if effective_user(&status) != Some(0) {
        return Err(Unknown::Unreadable);
    }
    let sockets = folder.sockets(MAX_DESCRIPTORS)?;
    let tables = ["net/tcp", "net/tcp6"].map(|table| folder.table(table, MAX_TABLE).unwrap_or_default());
    let tables = tables.map(|table| String::from_utf8_lossy(&table).into_owned());
    let found = sockets.iter().find_map(|socket| {
        let lines = tables.iter().flat_map(|table| table.lines().skip(1));
        lines
            .filter_map(open_connection)
            .find(|(inode, _)| inode == socket)
    });
    let (_, (address, port)) = found.ok_or(Unknown::Unreadable)?;
    Ok(Source {
        address,
        port,
        by: Witness::Socket,
    })
}

/// The inode number and the other end of an open connection in a line of `/proc/net/tcp`, see `proc_net_tcp.rst` of
/// Linux.
pub(in crate::enrich) fn open_connection(line: &str) -> Option<(u64, (IpAddr, u16))> {
    let mut fields = line.split_ascii_whitespace().skip(2);
    let (remote, state) = (fields.next()?, fields.next()?);
    let inode = fields.nth(5)?.parse().ok()?;
    let (address, port) = remote.split_once(':')?;
    let end = (self::address(address)?, u16::from_str_radix(port, 16).ok()?);
    (state == ESTABLISHED).then_some((inode, end))
}

/// Words of four bytes each, in hexadecimal digits, as the machine has them in memory.
fn address(digits: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        Some(
            u32::from_str_radix(digits.get(8 * at..8 * at + 8)?, 16)
                .ok()?
                .to_ne_bytes(),
        )
    };
    match digits.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (at, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(at)?);
            }
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::enrich::process::{NANOSECONDS_PER_TICK, start_ticks};

    #[test]
    fn lines_of_the_kernel_are_understood() {
        let line = |remote: &str, state: &str| {
            format!(
                "   7: 0A00000A:0016 {remote} {state} 00000000:00000000 02:0001 00000000     0        0 4711 2 00"
            )
        };
        let v4 = u32::from_ne_bytes([192, 0, 2, 7]);
        let found = open_connection(&line(&format!("{v4:08X}:C3CA"), "01"));
        assert_eq!(found, Some((4711, ([192, 0, 2, 7].into(), 50_122))));
        assert_eq!(open_connection(&line(&format!("{v4:08X}:C3CA"), "0A")), None);
        let mapped = format!(
            "0000000000000000{:08X}{v4:08X}:0001",
            u32::from_ne_bytes([0, 0, 0xff, 0xff])
        );
        assert_eq!(
            open_connection(&line(&mapped, "01")),
            Some((4711, ([192, 0, 2, 7].into(), 1)))
        );
        for junk in [
            "",
            "7: 8 9",
            "  sl  local_address rem_address   st",
            "1: 2:3 xyz:01 01 1 1 1 1 1 1",
        ] {
            assert_eq!(open_connection(junk), None, "{junk}");
        }
    }

    #[test]
    fn the_longest_connection_of_a_process_is_found() {
        let is_root = rustix::process::geteuid().is_root();
        let listener = TcpListener::bind("127.0.0.1:0").expect("it is allowed");
        let first = TcpStream::connect(listener.local_addr().expect("it has one")).expect("it listens");
        let stat = std::fs::read("/proc/self/stat").expect("there is one");
        let this = Process {
            pid: std::process::id(),
            start_boot_ns: start_ticks(&stat).expect("it is there") * NANOSECONDS_PER_TICK,
            ..Process::default()
        };
        // Others of these tests may have connections of their own.
        let source = connection(&this);
        assert_eq!(source.is_ok(), is_root, "only root is believed");
        assert!(source.is_ok_and(|it| it.by == Witness::Socket && it.address.is_loopback()) || !is_root);
        drop(first);
        let gone = Process {
            start_boot_ns: 1,
            ..this
        };
        assert_eq!(connection(&gone), Err(Unknown::Gone));
    }

    #[test]
    fn an_environment_is_a_second_choice() {
        let source = |value: &str| {
            of_environment(&Environment::from_bytes(
                format!("SSH_CONNECTION={value}").as_bytes(),
            ))
        };
        let told = source("2001:db8::7 50122 10.0.0.1 22").expect("it is one");
        assert_eq!(
            (told.address.to_string().as_str(), told.port, told.by),
            ("2001:db8::7", 50_122, Witness::Environment)
        );
        for junk in ["", "x 1", "10.0.0.1", "10.0.0.1 99999", "\u{1b}[2J 1"] {
            assert_eq!(source(junk), None, "{junk}");
        }
    }
}
