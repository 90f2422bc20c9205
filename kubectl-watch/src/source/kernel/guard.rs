//! What is to be watched, written into the kernel, and whether all that the daemon put there is still there: its
//! programs attached, its maps as it wrote them.
//!
//! The kernel lets nobody detach these programs but by closing what holds them, and everybody who may use bpf(2)
//! write to the maps.

use aya::{
    maps::{Array, HashMap, MapData},
    programs::links::FdLink,
};
use kubectl_watch_ebpf::{MAX_WATCHED_NAMES, NameKey, Program, Sieve};

use super::{SourceError, error::refused, pin::PinnedSet};

pub(super) const SIEVE_WORDS: usize = size_of::<Sieve>() / size_of::<u64>();
/// Names up to which all of them are compared at every look; more are compared at one look of so many.
const MANY_NAMES: usize = 256;
const RARELY: u32 = 16;

/// Which execs the kernel sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Those of these names, in any case of letters; none means of every name.
    pub names: Option<Vec<Vec<u8>>>,
    /// Those of files that were not judged yet or are wanted, whatever their name.
    pub content: bool,
}

/// Something that is not as it was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// What it is.
    pub part: Part,
    /// What was found, in words.
    pub found: String,
}

/// A part in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What holds a program to its tracepoint.
    Link,
    /// The names to watch.
    Names,
    /// The files that keep the programs.
    Pins,
}

/// The maps that say what is watched.
pub(super) struct Filter {
    pub(super) names: HashMap<MapData, [u64; 2], u8>,
    pub(super) sieve: Array<MapData, [u64; SIEVE_WORDS]>,
    /// What was written: the names in order, and what lets them pass.
    wanted: Option<(Vec<[u64; 2]>, [u64; SIEVE_WORDS])>,
    looks: u32,
}

impl Filter {
    pub(super) const fn new(
        names: HashMap<MapData, [u64; 2], u8>,
        sieve: Array<MapData, [u64; SIEVE_WORDS]>,
    ) -> Self {
        Self {
            names,
            sieve,
            wanted: None,
            looks: 0,
        }
    }

    /// Lets everything pass, until it is said what.
    pub(super) fn open(&mut self) -> Result<(), SourceError> {
        let mut open = Sieve::EMPTY;
        open.all = 1;
        self.set_sieve(&zerocopy::transmute!(open))
    }

    /// Says which execs are wanted.
    pub(super) fn watch(&mut self, watch: &Watch) -> Result<(), SourceError> {
        let names = watch.names.iter().flatten();
        let mut names: Vec<NameKey> = names.map(|name| NameKey::of(name).lower()).collect();
        let all = watch.names.is_none() || names.len() > MAX_WATCHED_NAMES as usize;
        let mut sieve = Sieve::EMPTY;
        sieve.all = all.into();
        sieve.content = watch.content.into();
        if all {
            names.clear();
        }
        for name in &names {
            sieve.add(*name);
        }
        self.write(&names, &sieve)
    }

    /// Writes what is to be watched.
    fn write(&mut self, names: &[NameKey], sieve: &Sieve) -> Result<(), SourceError> {
        let step = "the names to watch";
        // Rather too many than too few: meanwhile everything is let through.
        self.open()?;
        let mut wanted: Vec<[u64; 2]> = names.iter().map(|name| name.0).collect();
        wanted.sort_unstable();
        wanted.dedup();
        for name in self.present().map_err(|error| refused(step, error))? {
            if wanted.binary_search(&name).is_err() {
                self.names.remove(&name).map_err(|error| refused(step, error))?;
            }
        }
        for name in &wanted {
            self.names
                .insert(name, 1, 0)
                .map_err(|error| refused(step, error))?;
        }
        let sieve = zerocopy::transmute!(*sieve);
        self.set_sieve(&sieve)?;
        self.wanted = Some((wanted, sieve));
        Ok(())
    }

    /// What of it was changed since. It is written again where it was.
    pub(super) fn check(&mut self) -> Result<Option<Touched>, SourceError> {
        let Some((wanted, sieve)) = self.wanted.clone() else {
            return Ok(None);
        };
        self.looks = self.looks.wrapping_add(1);
        let compare_names = wanted.len() <= MANY_NAMES || self.looks.is_multiple_of(RARELY);
        let mut found = Vec::new();
        if self.sieve.get(&0, 0)? != sieve {
            found.push("what lets names pass was overwritten".to_owned());
        }
        if compare_names {
            let present = self.present()?;
            let missing = wanted
                .iter()
                .filter(|name| present.binary_search(name).is_err())
                .count();
            let foreign = present
                .iter()
                .filter(|name| wanted.binary_search(name).is_err())
                .count();
            if missing + foreign > 0 {
                found.push(format!(
                    "{missing} of {} names are missing, {foreign} are foreign",
                    wanted.len()
                ));
            }
        }
        if found.is_empty() {
            return Ok(None);
        }
        let names: Vec<NameKey> = wanted.into_iter().map(NameKey).collect();
        self.write(&names, &zerocopy::transmute!(sieve))?;
        Ok(Some(Touched {
            part: Part::Names,
            found: found.join(", "),
        }))
    }

    fn set_sieve(&mut self, words: &[u64; SIEVE_WORDS]) -> Result<(), SourceError> {
        self.sieve
            .set(0, *words, 0)
            .map_err(|error| refused("what to let pass", error))
    }

    fn present(&self) -> Result<Vec<[u64; 2]>, aya::maps::MapError> {
        let mut present = self.names.keys().collect::<Result<Vec<_>, _>>()?;
        present.sort_unstable();
        Ok(present)
    }
}

/// The links that do not hold their program any more. They are told once.
pub(super) fn check_links(links: &mut Vec<(Program, u32, FdLink)>) -> Vec<Touched> {
    let mut touched = Vec::new();
    links.retain(|(which, program, link)| {
        let found = match link.info() {
            Ok(info) if info.program_id() == *program => return true,
            Ok(info) => format!("its link is that of program {}", info.program_id()),
            Err(error) => format!("its link is gone: {error}"),
        };
        touched.push(Touched {
            part: Part::Link,
            found: format!("{} on {}: {found}", which.name, which.tracepoint),
        });
        false
    });
    touched
}

/// Whether a set is still pinned. Told once: it is forgotten then.
pub(super) fn check_pins(set: &mut Option<PinnedSet>) -> Option<Touched> {
    let gone = set.take_if(|set| !set.is_whole())?;
    Some(Touched {
        part: Part::Pins,
        found: format!("{} is not whole", gone.0.display()),
    })
}
