//! The proof that nothing is lost in silence. The kernel numbers the watched execs of each CPU and counts those
//! that it could not send; the numbers that arrive must have just so many gaps.
//!
//! In go the numbers of what arrived and the kernel's counters, out comes an equation and whether it holds. It
//! knows no map and no clock.

use std::{collections::BTreeMap, fmt};

/// What arrived, CPU by CPU.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    cpus: BTreeMap<u32, Cpu>,
    /// Gaps that nobody has asked for yet; those of one CPU are put together, so that there are never many.
    holes: BTreeMap<u32, Hole>,
}

/// What arrived of one CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cpu {
    /// The number of the last exec.
    pub(super) last: u64,
    /// How many execs arrived.
    pub(super) received: u64,
    /// How many numbers were left out before it.
    pub(super) missing: u64,
    /// How many came with a number that had its turn before.
    pub(super) disorder: u64,
    /// When the last one was, in nanoseconds since boot.
    last_ns: u64,
}

/// Execs that are missing between two that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The CPU.
    pub cpu: u32,
    /// How many are missing.
    pub missing: u64,
    /// When the exec before them was, in nanoseconds since boot; 0 where they are the first.
    pub after_ns: u64,
    /// When the exec behind them was.
    pub before_ns: u64,
}

/// `watched = received + lost`, for each CPU, with each side counted by another: the kernel and this reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The terms of each CPU that watched anything.
    pub cpus: Vec<Terms>,
    /// Records that were not whole. Each may be an exec that the kernel sent.
    pub bad_records: u64,
}

/// The terms of one CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The CPU.
    pub cpu: u32,
    /// Watched execs, by the kernel's count.
    pub watched: u64,
    /// Those that found the buffer full, by the kernel's count.
    pub lost: u64,
    /// Those that arrived, by ours.
    pub received: u64,
    /// Numbers left out between those that arrived, by ours.
    pub gaps: u64,
    /// What the kernel counted beyond the last number that arrived: lost at the end, or still under way.
    pub behind: u64,
    /// Numbers that came twice or late, or that the kernel has not reached.
    pub disorder: u64,
}

impl Cpu {
    /// As it is kept beside the buffer.
    pub(super) const fn words(self) -> [u64; 5] {
        [
            self.last,
            self.received,
            self.missing,
            self.disorder,
            self.last_ns,
        ]
    }

    /// The way back.
    pub(super) const fn from_words([last, received, missing, disorder, last_ns]: [u64; 5]) -> Self {
        Self {
            last,
            received,
            missing,
            disorder,
            last_ns,
        }
    }
}

impl Ledger {
    /// What arrived of one CPU.
    pub(super) fn cpu(&self, cpu: u32) -> Cpu {
        self.cpus.get(&cpu).copied().unwrap_or_default()
    }

    /// Goes on where another reader of the same buffer ended.
    pub(super) fn resume(&mut self, cpu: u32, state: Cpu) {
        self.cpus.insert(cpu, state);
    }

    /// What arrived of each CPU.
    pub(super) fn cpus(&self) -> impl Iterator<Item = (u32, Cpu)> {
        self.cpus.iter().map(|(&cpu, &state)| (cpu, state))
    }

    /// Takes note of an exec that arrived.
    pub(super) fn received(&mut self, cpu: u32, sequence: u64, boot_ns: u64) {
        let this = self.cpus.entry(cpu).or_default();
        this.received += 1;
        if sequence <= this.last {
            this.disorder += 1;
            return;
        }
        let missing = sequence - this.last - 1;
        if missing > 0 {
            this.missing += missing;
            let new = Hole {
                cpu,
                missing: 0,
                after_ns: this.last_ns,
                before_ns: boot_ns,
            };
            let hole = self.holes.entry(cpu).or_insert(new);
            hole.missing += missing;
            hole.before_ns = boot_ns;
        }
        this.last = sequence;
        this.last_ns = boot_ns;
    }

    /// The gaps since this was last asked, one for each CPU that has some.
    pub(super) fn take_holes(&mut self) -> Vec<Hole> {
        std::mem::take(&mut self.holes).into_values().collect()
    }

    /// Sets what arrived against what the kernel counted, CPU by CPU.
    pub(super) fn balance(&self, watched: &[u64], lost: &[u64], bad_records: u64) -> Balance {
        let known = self.cpus.keys().next_back().map_or(0, |&cpu| cpu as usize + 1);
        let term = |of: &[u64], cpu: usize| of.get(cpu).copied().unwrap_or_default();
        let terms = (0..watched.len().max(lost.len()).max(known)).map(|cpu| {
            let (watched, lost) = (term(watched, cpu), term(lost, cpu));
            let cpu = u32::try_from(cpu).unwrap_or(u32::MAX);
            let state = self.cpus.get(&cpu).copied().unwrap_or_default();
            Terms {
                cpu,
                watched,
                lost,
                received: state.received,
                gaps: state.missing,
                behind: watched.saturating_sub(state.last),
                disorder: state.disorder + state.last.saturating_sub(watched),
            }
        });
        Balance {
            cpus: terms.filter(|it| it.watched > 0 || it.received > 0).collect(),
            bad_records,
        }
    }
}

impl Terms {
    /// Those that did not arrive and that the kernel does not count as lost, when nothing is under way.
    fn excess(&self) -> u64 {
        (self.gaps + self.behind).saturating_sub(self.lost)
    }
}

impl Balance {
    /// Whether everything that was watched has arrived or is counted as lost. Only when nothing is under way.
    pub fn holds(&self) -> bool {
        let exact = |it: &Terms| {
            it.disorder == 0
                && it.received + it.gaps + it.behind == it.watched
                && it.gaps + it.behind >= it.lost
        };
        self.cpus.iter().all(exact) && self.sum(Terms::excess) <= self.bad_records
    }

    /// Execs of which the kernel says that it sent them, and that never came out of the buffer. Also while others
    /// are under way: a gap is behind us, so whatever made it has been counted.
    pub fn unaccounted(&self) -> u64 {
        let gone = self.sum(|it| it.gaps.saturating_sub(it.lost));
        gone.saturating_sub(self.bad_records)
    }

    /// Numbers that came twice, late or too early, which no loss explains.
    pub fn disorder(&self) -> u64 {
        self.sum(|it| it.disorder)
    }

    /// One term over all CPUs.
    pub fn sum(&self, term: impl Fn(&Terms) -> u64) -> u64 {
        self.cpus.iter().map(term).sum()
    }
}

/// `watched 412 = received 180 + lost 232 (232 by gaps)`, and the same of each CPU where there are several. What is
/// neither is `not here`: under way while the watch goes on, unaccounted for at its end.
impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_equation(f, |term| self.sum(term))?;
        if self.bad_records > 0 {
            write!(f, ", {} records not whole", self.bad_records)?;
        }
        if self.disorder() > 0 {
            write!(f, ", {} out of order", self.disorder())?;
        }
        if self.cpus.len() > 1 {
            for it in &self.cpus {
                write!(f, "; cpu {}: ", it.cpu)?;
                write_equation(f, |term| term(it))?;
            }
        }
        Ok(())
    }
}

fn write_equation(f: &mut fmt::Formatter<'_>, of: impl Fn(fn(&Terms) -> u64) -> u64) -> fmt::Result {
    let (watched, received, lost) = (of(|it| it.watched), of(|it| it.received), of(|it| it.lost));
    write!(f, "watched {watched} = received {received} + lost {lost}")?;
    let excess = of(Terms::excess);
    if excess > 0 {
        write!(f, " + not here {excess}")?;
    }
    write!(f, " ({} by gaps)", of(|it| it.gaps + it.behind))
}

#[cfg(test)]
mod tests;
