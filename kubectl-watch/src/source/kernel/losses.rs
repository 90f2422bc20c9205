//! What was seen and what was lost, by reason: the kernel's counters and ours.

use std::{
    fmt, fs,
    os::fd::{AsRawFd as _, OwnedFd},
};

use aya::maps::{Map, MapData, PerCpuArray};
use kubectl_watch_ebpf::Counter;

use super::{
    SourceError,
    error::refused,
    ledger::{Balance, Ledger},
};

/// Numbers since the program was attached. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Each kernel counter, in the order of [`Counter::ALL`].
    pub kernel: [u64; Counter::ALL.len()],
    /// Execs, watched or not, that the kernel could not show the program (`recursion_misses`, Linux 5.12).
    pub missed_execs: u64,
    /// Forks that the kernel could not show the program, in the same way. Who was forked has no known creator then, and
    /// each event of it says so.
    pub missed_forks: u64,
    /// Execs that arrived.
    pub received: u64,
    /// Records that were not whole.
    pub bad_records: u64,
    /// Execs that went on without all of their arguments.
    pub unfinished_args: u64,
    /// Execs that went on without all of their environment.
    pub unfinished_env: u64,
    /// Records that belong to no exec.
    pub strays: u64,
}

impl Losses {
    /// Watched execs, sent or lost.
    pub const fn watched(&self) -> u64 {
        self.kernel[Counter::Watched as usize]
    }

    /// Takes the kernel's numbers of execs from their terms, which may have been read a moment later.
    pub(super) fn set_to(&mut self, balance: &Balance) {
        self.kernel[Counter::Watched as usize] = balance.sum(|terms| terms.watched);
        self.kernel[Counter::LostExecs as usize] = balance.sum(|terms| terms.lost);
    }

    /// Everything that tells of a loss, with its name.
    pub fn by_reason(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let kernel = Counter::ALL
            .into_iter()
            .zip(self.kernel)
            .filter(|(it, _)| it.is_loss());
        kernel.map(|(counter, number)| (counter.name(), number)).chain([
            ("missed_execs", self.missed_execs),
            ("missed_forks", self.missed_forks),
            ("bad_records", self.bad_records),
            ("unfinished_args", self.unfinished_args),
            ("unfinished_env", self.unfinished_env),
            ("strays", self.strays),
        ])
    }

    /// The reasons of which there are more now than before.
    pub fn since(&self, before: &Self) -> Vec<(&'static str, u64)> {
        self.by_reason()
            .zip(before.by_reason())
            .map(|((reason, now), (_, then))| (reason, now.saturating_sub(then)))
            .filter(|(_, more)| *more > 0)
            .collect()
    }
}

/// `nothing lost`, or each reason with its number.
impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for (reason, number) in self.by_reason().filter(|(_, number)| *number > 0) {
            write!(f, "{}{reason} {number}", if any { ", " } else { "" })?;
            any = true;
        }
        if any { Ok(()) } else { f.write_str("nothing lost") }
    }
}

/// Where the kernel's numbers are read.
pub(super) struct Counters {
    map: PerCpuArray<MapData, u64>,
    /// The programs for execs and for forks, of which the kernel keeps numbers of its own. None where they are not known.
    programs: Option<[OwnedFd; 2]>,
}

impl Counters {
    /// Takes the map, and the programs for execs and for forks, if they are known.
    pub(super) fn new(map: Map, programs: Option<[OwnedFd; 2]>) -> Result<Self, SourceError> {
        let map = PerCpuArray::try_from(map).map_err(|error| refused("the counters", error))?;
        Ok(Self { map, programs })
    }

    /// Sets the kernel's counters of each CPU against what arrived.
    pub(super) fn balance(&self, ledger: &Ledger, bad_records: u64) -> Result<Balance, SourceError> {
        let watched = self.map.get(&(Counter::Watched as u32), 0)?;
        let lost = self.map.get(&(Counter::LostExecs as u32), 0)?;
        Ok(ledger.balance(&watched, &lost, bad_records))
    }

    /// Reads all of them.
    pub(super) fn read(&self) -> Result<Losses, SourceError> {
        let mut losses = Losses::default();
        for counter in Counter::ALL {
            let cpus = self.map.get(&(counter as u32), 0)?;
            losses.kernel[counter as usize] = cpus.iter().sum();
        }
        let page = |program: &OwnedFd| format!("/proc/self/fdinfo/{}", program.as_raw_fd());
        let missed = |program| missed(&fs::read_to_string(page(program)).ok()?);
        if let Some([execs, forks]) = &self.programs {
            losses.missed_execs = missed(execs).unwrap_or_default();
            losses.missed_forks = missed(forks).unwrap_or_default();
        }
        Ok(losses)
    }
}

fn missed(fdinfo: &str) -> Option<u64> {
    fdinfo
        .lines()
        .find_map(|line| line.strip_prefix("recursion_misses:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_terms_count_as_lost_the_losses_count_too() {
        let mut losses = Losses::default();
        let balance = Ledger::default().balance(&[7, 2], &[3, 1], 0);
        losses.set_to(&balance);
        assert_eq!(losses.watched(), 9);
        assert_eq!(losses.since(&Losses::default()), [("lost_execs", 4)]);
    }

    #[test]
    fn only_what_grew_is_news() {
        let before = Losses {
            bad_records: 1,
            received: 5,
            ..Losses::default()
        };
        let mut after = Losses {
            bad_records: 3,
            received: 9,
            ..before
        };
        after.kernel[Counter::Watched as usize] = 9;
        after.kernel[Counter::LostExecs as usize] = 2;
        assert_eq!(after.since(&before), [("lost_execs", 2), ("bad_records", 2)]);
        assert_eq!(after.to_string(), "lost_execs 2, bad_records 3");
        assert_eq!(Losses::default().to_string(), "nothing lost");
    }

    #[test]
    fn misses_are_read_from_the_kernels_page() {
        assert_eq!(missed("prog_id:\t7\nrecursion_misses:\t42\n"), Some(42));
        assert_eq!(missed("prog_id:\t7\n"), None);
    }
}
