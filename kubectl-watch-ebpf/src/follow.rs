//! What a followed process does: the contract of the object `follow`, attached only while somebody is followed.
//!
//! A follow-up is about one process and those that it forks. The daemon begins it and ends it, the kernel says what
//! happens in between: one [`Deed`] for each fork, connection and end, up to a bound, and the whole number of each.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{NAME_KEY_LEN, Process, Program};

/// The object's name.
pub const FOLLOW_OBJECT: &str = "follow";
/// Map: the ring buffer with every [`Deed`].
pub const DEEDS: &str = "DEEDS";
/// Map: the processes that are followed, each a [`Followed`] under its pid.
pub const FOLLOWED: &str = "FOLLOWED";
/// Map: the numbers of each follow-up, a [`FollowUp`] each.
pub const FOLLOW_UPS: &str = "FOLLOW_UPS";
/// Map: sockets of theirs that have not been answered yet.
pub const CONNECTING: &str = "CONNECTING";

/// What is attached while somebody is followed; the forks first, so that no child is missed.
pub const FOLLOW_PROGRAMS: [Program; 3] = [
    Program {
        name: "follow_fork",
        tracepoint: "sched_process_fork",
    },
    Program {
        name: "follow_exit",
        tracepoint: "sched_process_exit",
    },
    Program {
        name: "follow_connect",
        tracepoint: "inet_sock_set_state",
    },
];

/// Follow-ups at once.
pub const MAX_FOLLOW_UPS: u32 = 64;
/// Processes of one follow-up, those that have ended included; more are counted and not followed.
pub const MAX_PROCESSES: u64 = 64;
/// Connections of one follow-up that are told; more are counted.
pub const MAX_CONNECTIONS: u64 = 128;
/// Processes that are followed at once.
pub const MAX_FOLLOWED: u32 = MAX_FOLLOW_UPS * 16;
/// Bytes of the ring buffer: more than one follow-up can tell at most, and what a hundred of the usual kind do.
pub const DEEDS_BYTES: u32 = 64 * 1024;
/// Nanoseconds of the clock by which `/proc` tells when a process was made: all that two sides can agree on.
pub const TICK_NS: u64 = 10_000_000;

/// A process that is followed.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Followed {
    /// When it was made, in [`TICK_NS`] since boot: with its pid this names it.
    pub start_ticks: u64,
    /// Which follow-up it belongs to; none ever has the number of another.
    pub id: u64,
    /// Where the numbers of that one are.
    pub slot: u32,
    /// So that nothing is left to the compiler.
    pub reserved: u32,
}

/// The numbers of one follow-up. They only grow.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct FollowUp {
    /// Its number.
    pub id: u64,
    /// Processes that were forked, followed or not.
    pub forked: u64,
    /// Those of them that are not followed, because there are [`MAX_PROCESSES`] or [`MAX_FOLLOWED`] already.
    pub unfollowed: u64,
    /// Connections that were begun, told or not.
    pub connections: u64,
    /// Connections that were not told, because [`MAX_CONNECTIONS`] were.
    pub untold: u64,
    /// Connections that found the ring buffer full.
    pub lost: u64,
    /// Other deeds that did.
    pub lost_others: u64,
}

/// What happened.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeedKind {
    /// It forked; [`Deed::child`] is followed too.
    Forked = 1,
    /// It began to connect.
    Connecting = 2,
    /// A connection was answered, or failed: [`Deed::status`] is an error number, or 0.
    Answered = 3,
    /// It ended; [`Deed::status`] is what `wait(2)` says.
    Ended = 4,
}

/// Something that a followed process did.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Deed {
    /// [`Followed::id`]
    pub id: u64,
    /// When, in nanoseconds since boot; of an answer, when its connection was begun, which tells which one that is.
    pub boot_ns: u64,
    /// Who; of an answer, nobody.
    pub process: Process,
    /// Whom it forked.
    pub child: Process,
    /// The thread's `comm`.
    pub comm: [u8; NAME_KEY_LEN],
    /// Where to: an IPv6 address, or an IPv4 one in its first four bytes.
    pub address: [u8; 16],
    /// A [`DeedKind`].
    pub kind: u32,
    /// See there.
    pub status: u32,
    /// `AF_INET` or `AF_INET6`.
    pub family: u16,
    /// In the byte order of the network.
    pub port: u16,
    /// The protocol's number, 6 for TCP.
    pub protocol: u16,
    /// So that nothing is left to the compiler.
    pub reserved: u16,
}

const _: () = assert!(size_of::<Followed>() == 24, "24 bytes on both sides");
const _: () = assert!(size_of::<FollowUp>() == 56, "56 bytes on both sides");
const _: () = assert!(size_of::<Deed>() == 96, "a deed is 96 bytes on both sides");
