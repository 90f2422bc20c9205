//! What an alerted process and those that it forked did next: single deeds, and what they make together.

use std::net::IpAddr;

use jiff::Timestamp;

/// Connections that are listed; all are counted.
pub const MAX_CONNECTIONS: usize = 128;

/// Something that a followed process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Which follow-up it belongs to.
    pub follow_up: u64,
    /// When it happened.
    pub time: Timestamp,
    /// Who did it.
    pub pid: u32,
    /// The thread's short name.
    pub comm: Vec<u8>,
    /// What it was.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It forked the process of this pid, made at this time in ticks since boot, which is followed too.
    Forked(u32, u64),
    /// It began to connect. The number tells its answer from others.
    Connecting(u64, Destination),
    /// The connection of this number was answered, or failed with this error of Linux.
    Answered(u64, Result<(), i32>),
    /// It ended.
    Ended(Exit),
}

/// Where a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The address. An IPv4 address in IPv6's clothes is an IPv4 address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// The protocol's number, 6 for TCP.
    pub protocol: u16,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(u8),
    /// By this signal.
    Signal {
        /// Its number.
        number: u8,
        /// Whether a core file was written.
        dumped: bool,
    },
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// When it was begun.
    pub time: Timestamp,
    /// Who began it.
    pub pid: u32,
    /// The short name of the thread.
    pub comm: Vec<u8>,
    /// Where to.
    pub destination: Destination,
    /// What came of it; none where that was not known in time.
    pub answer: Option<Result<(), i32>>,
    number: u64,
}

/// Why a follow-up is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The process and all that came of it have ended.
    AllEnded,
    /// It was followed as long as anybody is.
    TimeLimit,
    /// The daemon ended.
    DaemonStopped,
}

/// What is known of what an alerted process did next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// The alerted process.
    pub pid: u32,
    /// Since when everything was seen; none where the process had ended by then.
    pub since: Option<Timestamp>,
    /// When the process ended, and how, where that was seen.
    pub end: Option<(Timestamp, Exit)>,
    /// The first of all connections.
    pub connections: Vec<Connection>,
    /// The kernel's own numbers.
    pub numbers: Numbers,
}

/// What the kernel counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Processes that were forked, followed or not.
    pub forked: u64,
    /// Those of them that could not be followed.
    pub unfollowed: u64,
    /// Connections that were begun, told or not.
    pub connections: u64,
    /// Those of them beyond the number that is told.
    pub untold: u64,
    /// Those of them that found the buffer full.
    pub lost: u64,
    /// Forks, answers and ends that did.
    pub lost_others: u64,
}

impl Exit {
    /// Reads what `wait(2)` says.
    #[must_use]
    pub const fn from_status(status: u32) -> Self {
        let [low, high, ..] = status.to_le_bytes();
        match low & 0x7f {
            0 => Self::Code(high),
            number => Self::Signal {
                number,
                dumped: low & 0x80 != 0,
            },
        }
    }
}

impl Numbers {
    /// Adds those of another follow-up.
    pub const fn add(&mut self, other: &Self) {
        self.forked += other.forked;
        self.unfollowed += other.unfollowed;
        self.connections += other.connections;
        self.untold += other.untold;
        self.lost += other.lost;
        self.lost_others += other.lost_others;
    }
}

impl FollowUp {
    /// Begins, now or never.
    #[must_use]
    pub const fn new(pid: u32, since: Option<Timestamp>) -> Self {
        Self {
            pid,
            since,
            end: None,
            connections: Vec::new(),
            numbers: Numbers {
                forked: 0,
                unfollowed: 0,
                connections: 0,
                untold: 0,
                lost: 0,
                lost_others: 0,
            },
        }
    }

    /// Takes note of a deed.
    pub fn note(&mut self, deed: Deed) {
        match deed.what {
            What::Forked(..) => {}
            What::Connecting(number, destination) => {
                if self.connections.len() < MAX_CONNECTIONS {
                    self.connections.push(Connection {
                        time: deed.time,
                        pid: deed.pid,
                        comm: deed.comm,
                        destination,
                        answer: None,
                        number,
                    });
                } else {
                    self.numbers.untold += 1;
                }
            }
            What::Answered(number, answer) => {
                let is_it = |it: &&mut Connection| it.number == number && it.answer.is_none();
                if let Some(connection) = self.connections.iter_mut().find(is_it) {
                    connection.answer = Some(answer);
                }
            }
            What::Ended(exit) => {
                if deed.pid == self.pid {
                    self.end = Some((deed.time, exit));
                }
            }
        }
    }

    /// Whether each connection that the kernel counted is listed, beyond what is told, or lost.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let Numbers {
            connections,
            untold,
            lost,
            ..
        } = self.numbers;
        connections == self.connections.len() as u64 + untold + lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(pid: u32, what: What) -> Deed {
        Deed {
            follow_up: 1,
            time: Timestamp::UNIX_EPOCH,
            pid,
            comm: b"kubectl".to_vec(),
            what,
        }
    }

    fn destination(port: u16) -> Destination {
        Destination {
            address: "127.0.0.1".parse().expect("an address"),
            port,
            protocol: 6,
        }
    }

    #[test]
    fn a_status_is_read_as_wait_reads_it() {
        for (status, exit) in [
            (0, Exit::Code(0)),
            (1 << 8, Exit::Code(1)),
            (255 << 8, Exit::Code(255)),
            (
                9,
                Exit::Signal {
                    number: 9,
                    dumped: false,
                },
            ),
            (
                0x80 | 0xb,
                Exit::Signal {
                    number: 11,
                    dumped: true,
                },
            ),
        ] {
            assert_eq!(Exit::from_status(status), exit, "{status:#x}");
        }
    }

    #[test]
    fn an_answer_finds_its_connection() {
        let mut this = FollowUp::new(7, None);
        this.note(deed(7, What::Connecting(1, destination(1))));
        this.note(deed(8, What::Connecting(2, destination(2))));
        this.note(deed(0, What::Answered(2, Ok(()))));
        this.note(deed(0, What::Answered(3, Ok(()))));
        let answers: Vec<_> = this.connections.iter().map(|it| it.answer).collect();
        assert_eq!(answers, [None, Some(Ok(()))]);
    }

    #[test]
    fn only_the_end_of_the_process_itself_is_its_end() {
        let mut this = FollowUp::new(7, None);
        this.note(deed(8, What::Ended(Exit::Code(3))));
        assert_eq!(this.end, None);
        this.note(deed(7, What::Ended(Exit::Code(4))));
        assert_eq!(this.end, Some((Timestamp::UNIX_EPOCH, Exit::Code(4))));
    }

    #[test]
    fn the_list_has_an_end_and_the_count_has_not() {
        let mut this = FollowUp::new(7, None);
        for number in 0..MAX_CONNECTIONS as u64 + 10 {
            this.note(deed(7, What::Connecting(number, destination(1))));
        }
        assert_eq!(this.connections.len(), MAX_CONNECTIONS);
        assert!(!this.adds_up());
        this.numbers.add(&Numbers {
            connections: MAX_CONNECTIONS as u64 + 12,
            lost: 2,
            ..Numbers::default()
        });
        assert!(this.adds_up());
    }
}
