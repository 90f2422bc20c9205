//! The programs that follow an alerted process: loaded at the start, attached as long as somebody is followed.
//!
//! To attach them takes a third of a millisecond, and an idle system pays nothing. What is followed comes and goes with
//! this daemon, so nothing of it is pinned. Where the kernel can't do it, nobody is followed, and everything else goes on.

use std::{collections::BTreeSet, net::IpAddr};

use aya::{
    Ebpf, EbpfLoader,
    maps::{Array, HashMap, MapData, MapError},
    programs::{BtfTracePoint, ProgramError},
};
use kubectl_watch_ebpf::{
    self as wire, ABSENT, CAST_TYPE, CONNECTING, DEEDS, DeedKind, FOLLOW_PROGRAMS, FOLLOW_UPS, FOLLOWED,
    Followed, OFFSETS, Offsets, Program,
};
use tokio::io::unix::AsyncFd;
use zerocopy::{FromBytes as _, IntoBytes as _};

use super::{
    MAX_BATCH, SourceError, Touched,
    clock::Boot,
    error::{absent, refused},
    guard,
    load::{Attached, KernelTypes, attach},
    offsets::Layout,
    readable::readable,
    ring::Ring,
};
use crate::event::follow_up::{Deed, Destination, Exit, Numbers, What};

pub(super) static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/follow"));
const STEP: &str = "what follows processes";
/// Follow-ups at once.
pub const MAX_FOLLOW_UPS: u32 = wire::MAX_FOLLOW_UPS;
/// Processes of one of them.
pub const MAX_PROCESSES: u64 = wire::MAX_PROCESSES;
/// `AF_INET6`
const INET6: u16 = 10;
/// How often the processes of a follow-up are taken out: a fork of one may put in another at that moment.
const ROUNDS: usize = 8;

/// Follows processes.
pub struct Follower {
    programs: Box<Ebpf>,
    links: Vec<Attached>,
    ring: AsyncFd<Ring>,
    followed: HashMap<MapData, u32, [u64; size_of::<Followed>() / 8]>,
    numbers: Array<MapData, [u64; size_of::<wire::FollowUp>() / 8]>,
    connecting: HashMap<MapData, u64, [u64; 4]>,
    /// Records that were not whole.
    pub bad_records: u64,
}

/// A follow-up that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its number.
    pub id: u64,
    /// Its place among those of the same time, below [`MAX_FOLLOW_UPS`].
    pub slot: u32,
}

impl Follower {
    /// Loads the programs. Nobody is followed yet. Must be called in a tokio runtime.
    pub(super) fn open(layout: &Layout, types: &KernelTypes<'_>) -> Result<Self, SourceError> {
        let Layout { offsets, cast } = layout;
        has_all(offsets)?;
        let types = types.get()?;
        let mut programs = EbpfLoader::new()
            .btf(None)
            .override_global(OFFSETS, offsets.as_bytes(), true)
            .override_global(CAST_TYPE, &cast.structure, true)
            .load(cast.apply(OBJECT).as_bytes())
            .map_err(|error| refused(STEP, error))?;
        for which in FOLLOW_PROGRAMS {
            program(&mut programs, which)?
                .load(which.tracepoint, types)
                .map_err(|error| refused(which.tracepoint, error))?;
        }
        let mut take = |name| programs.take_map(name).ok_or_else(|| absent(name));
        Ok(Self {
            ring: readable(Ring::new(take(DEEDS)?)?)?,
            followed: take(FOLLOWED)?.try_into()?,
            numbers: take(FOLLOW_UPS)?.try_into()?,
            connecting: take(CONNECTING)?.try_into()?,
            links: Vec::new(),
            programs: Box::new(programs),
            bad_records: 0,
        })
    }

    /// Whether the programs are attached.
    pub const fn is_attached(&self) -> bool {
        !self.links.is_empty()
    }

    /// Begins a follow-up; the first attaches the programs.
    pub fn begin(&mut self, ticket: Ticket) -> Result<(), SourceError> {
        if !self.is_attached() {
            for which in FOLLOW_PROGRAMS {
                let (id, link) = attach(program(&mut self.programs, which)?)?;
                self.links.push((which, id, link));
            }
        }
        let numbers = wire::FollowUp {
            id: ticket.id,
            ..wire::FollowUp::default()
        };
        let words: [u64; _] = zerocopy::transmute!(numbers);
        Ok(self.numbers.set(ticket.slot, words, 0)?)
    }

    /// Follows a process, by its pid and by when it was made, in ticks since boot.
    pub fn follow(&mut self, ticket: Ticket, pid: u32, start_ticks: u64) -> Result<(), SourceError> {
        let followed = Followed {
            start_ticks,
            id: ticket.id,
            slot: ticket.slot,
            reserved: 0,
        };
        let words: [u64; _] = zerocopy::transmute!(followed);
        Ok(self.followed.insert(pid, words, 0)?)
    }

    /// For which follow-up the process of this pid, made at this time, is followed.
    pub fn owner(&self, pid: u32, start_ticks: u64) -> Result<Option<u64>, SourceError> {
        let followed: Followed = match self.followed.get(&pid, 0) {
            Ok(words) => zerocopy::transmute!(words),
            Err(MapError::KeyNotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok((followed.start_ticks == start_ticks).then_some(followed.id))
    }

    /// Who is followed for it.
    pub fn processes(&self, ticket: Ticket) -> Result<BTreeSet<u32>, SourceError> {
        let mut pids = BTreeSet::new();
        for entry in &self.followed {
            let (pid, followed) = entry?;
            let followed: Followed = zerocopy::transmute!(followed);
            if followed.id == ticket.id {
                pids.insert(pid);
            }
        }
        Ok(pids)
    }

    /// What the kernel counted for it.
    pub fn numbers(&self, ticket: Ticket) -> Result<Numbers, SourceError> {
        let numbers: wire::FollowUp = zerocopy::transmute!(self.numbers.get(&ticket.slot, 0)?);
        Ok(Numbers {
            forked: numbers.forked,
            unfollowed: numbers.unfollowed,
            connections: numbers.connections,
            untold: numbers.untold,
            lost: numbers.lost,
            lost_others: numbers.lost_others,
        })
    }

    /// Ends a follow-up: nobody is followed for it any more.
    pub fn end(&mut self, ticket: Ticket) -> Result<(), SourceError> {
        for _ in 0..ROUNDS {
            let left = self.processes(ticket)?;
            if left.is_empty() {
                break;
            }
            for pid in left {
                gone_or(self.followed.remove(&pid))?;
            }
        }
        Ok(())
    }

    /// Detaches the programs, when nobody is followed.
    pub fn detach(&mut self) -> Result<(), SourceError> {
        self.links.clear();
        // Nobody takes out any more what was not answered.
        let sockets: Vec<u64> = self.connecting.keys().filter_map(Result::ok).collect();
        sockets
            .iter()
            .try_for_each(|socket| gone_or(self.connecting.remove(socket)))
    }

    /// Those of the programs that somebody detached. Told once.
    pub fn check(&mut self) -> Vec<Touched> {
        guard::check_links(&mut self.links)
    }

    /// Waits for deeds and appends them. Loses nothing when it is dropped while it waits.
    pub async fn read(&mut self, out: &mut Vec<Deed>) -> Result<(), SourceError> {
        let mut ready = self.ring.readable_mut().await?;
        if take(ready.get_inner_mut(), out, &mut self.bad_records) < MAX_BATCH {
            ready.clear_ready();
        }
        Ok(())
    }

    /// Appends what is there now.
    pub fn take(&mut self, out: &mut Vec<Deed>) {
        while take(self.ring.get_mut(), out, &mut self.bad_records) == MAX_BATCH {}
    }
}

fn program(programs: &mut Ebpf, which: Program) -> Result<&mut BtfTracePoint, SourceError> {
    let program = programs
        .program_mut(which.name)
        .ok_or_else(|| absent(which.name))?;
    program
        .try_into()
        .map_err(|error: ProgramError| refused(STEP, error))
}

/// What is to be removed may have been by the kernel.
fn gone_or(removed: Result<(), MapError>) -> Result<(), SourceError> {
    match removed {
        Ok(()) | Err(MapError::KeyNotFound) => Ok(()),
        Err(MapError::SyscallError(error)) if error.io_error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The first offset that is missing, by the name of its field.
fn has_all(offsets: &Offsets) -> Result<(), SourceError> {
    let needed = [
        ("task_struct.exit_code", offsets.task_struct_exit_code),
        ("signal_struct.live", offsets.signal_struct_live),
        ("signal_struct.flags", offsets.signal_struct_flags),
        (
            "signal_struct.group_exit_code",
            offsets.signal_struct_group_exit_code,
        ),
        ("sock.skc_family", offsets.sock_family),
        ("sock.skc_dport", offsets.sock_port),
        ("sock.skc_daddr", offsets.sock_address),
        ("sock.sk_protocol", offsets.sock_protocol),
        ("sock.sk_err", offsets.sock_error),
    ];
    match needed.iter().find(|(_, offset)| *offset == ABSENT) {
        Some((field, _)) => Err(super::OffsetsError::Missing((*field).into()).into()),
        None => Ok(()),
    }
}

fn take(ring: &mut Ring, out: &mut Vec<Deed>, bad_records: &mut u64) -> usize {
    let boot = Boot::now();
    for taken in 0..MAX_BATCH {
        match ring.read(|bytes| deed(bytes, boot)) {
            Some(Some(deed)) => out.push(deed),
            Some(None) => *bad_records += 1,
            None => return taken,
        }
    }
    MAX_BATCH
}

/// Reads a record; none where it is not one.
pub(super) fn deed(bytes: &[u8], boot: Boot) -> Option<Deed> {
    let (deed, _) = wire::Deed::read_from_prefix(bytes).ok()?;
    let what = match deed.kind {
        kind if kind == DeedKind::Forked as u32 => {
            What::Forked(deed.child.pid, deed.child.start_ns / wire::TICK_NS)
        }
        kind if kind == DeedKind::Connecting as u32 => What::Connecting(deed.boot_ns, destination(&deed)),
        kind if kind == DeedKind::Answered as u32 => What::Answered(
            deed.boot_ns,
            match deed.status {
                0 => Ok(()),
                error => Err(error.cast_signed()),
            },
        ),
        kind if kind == DeedKind::Ended as u32 => What::Ended(Exit::from_status(deed.status)),
        _ => return None,
    };
    let comm = deed.comm.split(|&byte| byte == 0).next().unwrap_or_default();
    Some(Deed {
        follow_up: deed.id,
        time: boot.time(deed.boot_ns),
        pid: deed.process.pid,
        comm: comm.to_vec(),
        what,
    })
}

fn destination(deed: &wire::Deed) -> Destination {
    let [a, b, c, d, ..] = deed.address;
    let address = if deed.family == INET6 {
        IpAddr::from(deed.address).to_canonical()
    } else {
        IpAddr::from([a, b, c, d])
    };
    Destination {
        address,
        port: u16::from_be(deed.port),
        protocol: deed.protocol,
    }
}

#[cfg(test)]
mod tests;
