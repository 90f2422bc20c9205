//! How far the buffer has been read, kept in a map beside it: so that the next reader of a pinned buffer goes on with
//! the same counts, and the proof covers both.

use std::path::Path;

use aya::maps::{Array, Map, MapData};
use kubectl_watch_ebpf::Counter;

use super::{
    SourceError,
    error::refused,
    ledger::{Cpu, Ledger},
    losses::Losses,
    pin::PinnedSet,
};

/// The name of its pin.
const NAME: &str = "READER";
/// Counters whose losses were told: the kernel program's, and those of execs and forks that it was not shown.
const COUNTERS: u32 = MISSED_FORKS + 1;
const MISSED_EXECS: u32 = Counter::ALL[Counter::ALL.len() - 1] as u32 + 1;
const MISSED_FORKS: u32 = MISSED_EXECS + 1;
/// What is kept of a CPU.
type Words = [u64; 5];

/// The map.
pub(super) struct Reader {
    map: Array<MapData, Words>,
    /// What was kept last.
    kept: Ledger,
}

impl Reader {
    /// Makes the map and keeps it with the set.
    pub(super) fn create(set: &PinnedSet) -> Result<Self, SourceError> {
        let cpus = aya::util::nr_cpus().map_err(|(_, error)| error)?;
        let cpus = u32::try_from(cpus).unwrap_or(u32::MAX - COUNTERS);
        let map = Array::<_, Words>::create(COUNTERS + cpus, 0)?;
        map.pin(path(set))
            .map_err(|error| refused("the pin of a map", error))?;
        Self::open(set)
    }

    /// Opens the map of a set.
    pub(super) fn open(set: &PinnedSet) -> Result<Self, SourceError> {
        let map = Map::from_map_data(MapData::from_pin(path(set))?)?;
        let mut this = Self {
            map: map.try_into()?,
            kept: Ledger::default(),
        };
        for cpu in 0..this.map.len().saturating_sub(COUNTERS) {
            let words = this.map.get(&(COUNTERS + cpu), 0)?;
            if words != Words::default() {
                this.kept.resume(cpu, Cpu::from_words(words));
            }
        }
        Ok(this)
    }

    /// What was read when it was last kept.
    pub(super) fn ledger(&self) -> Ledger {
        self.kept.clone()
    }

    /// The losses that were told when it was last kept.
    pub(super) fn told(&self) -> Result<Losses, SourceError> {
        let mut losses = Losses::default();
        for counter in Counter::ALL {
            losses.kernel[counter as usize] = self.map.get(&(counter as u32), 0)?[0];
        }
        losses.missed_execs = self.map.get(&MISSED_EXECS, 0)?[0];
        losses.missed_forks = self.map.get(&MISSED_FORKS, 0)?[0];
        Ok(losses)
    }

    /// Keeps how far the buffer is read. What did not move costs nothing.
    pub(super) fn keep(&mut self, ledger: &Ledger) -> Result<(), SourceError> {
        for (cpu, state) in ledger.cpus() {
            if self.kept.cpu(cpu) != state {
                self.map.set(COUNTERS + cpu, state.words(), 0)?;
                self.kept.resume(cpu, state);
            }
        }
        Ok(())
    }

    /// Keeps which losses were told.
    pub(super) fn keep_told(&mut self, losses: &Losses) -> Result<(), SourceError> {
        for counter in Counter::ALL {
            self.map
                .set(counter as u32, [losses.kernel[counter as usize], 0, 0, 0, 0], 0)?;
        }
        for (place, missed) in [
            (MISSED_EXECS, losses.missed_execs),
            (MISSED_FORKS, losses.missed_forks),
        ] {
            self.map.set(place, [missed, 0, 0, 0, 0], 0)?;
        }
        Ok(())
    }
}

fn path(set: &PinnedSet) -> std::path::PathBuf {
    Path::new(&set.0).join(NAME)
}
