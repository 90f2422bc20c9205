//! What the daemon tells the kernel of files that it has judged.
//!
//! Verdicts in, cache lines of the wire contract out. It judges nothing, and decides nothing about which verdict can be
//! kept: who says so has read the file.

use aya::maps::{Array, Map, MapData};
use kubectl_watch_ebpf::{self as wire, JUDGED_LINES, JUDGED_WAYS, Judged, JudgedLine};

use super::{SourceError, error::refused};
use crate::event::{File, Verdict};

/// Words of a line, as the map has it.
const WORDS: usize = size_of::<JudgedLine>() / size_of::<u64>();
const STEP: &str = "the judged files";

/// The map.
pub(super) struct JudgedFiles {
    map: Array<MapData, [u64; WORDS]>,
    /// Which place of a full line is given away next.
    turn: usize,
}

impl JudgedFiles {
    /// Takes the map.
    pub(super) fn new(map: Map) -> Result<Self, SourceError> {
        let map = Array::try_from(map).map_err(|error| refused(STEP, error))?;
        Ok(Self { map, turn: 0 })
    }

    /// Lets the kernel know this version of a file again.
    pub(super) fn remember(&mut self, file: &File, verdict: Verdict) -> Result<(), SourceError> {
        let verdict = match verdict {
            Verdict::Plain => wire::Verdict::Plain,
            Verdict::Wanted => wire::Verdict::Wanted,
        };
        let judged = Judged::new(&to_wire(file), verdict as u32);
        let index = judged.line();
        let words = self.map.get(&index, 0).map_err(|error| refused(STEP, error))?;
        let mut line: JudgedLine = zerocopy::transmute!(words);
        let place = self.place(&line, &judged);
        if line.0[place] == judged {
            return Ok(());
        }
        // A program may read the line while it is written. Between a place that is free and one that is whole, no mix
        // is a verdict on another file.
        for entry in [Judged::default(), judged] {
            line.0[place] = entry;
            self.set(index, line)?;
        }
        Ok(())
    }

    /// Forgets all, because what is wanted has changed: every file is asked for again.
    pub(super) fn forget(&mut self) -> Result<(), SourceError> {
        for index in 0..JUDGED_LINES {
            let words = self.map.get(&index, 0).map_err(|error| refused(STEP, error))?;
            if words != [0; WORDS] {
                self.set(index, JudgedLine::default())?;
            }
        }
        Ok(())
    }

    /// Where a version goes: where it is, or where another of its file is, or where nothing is, or in turn.
    fn place(&mut self, line: &JudgedLine, judged: &Judged) -> usize {
        let same = |it: &Judged| it.inode == judged.inode && it.device == judged.device && it.verdict != 0;
        let free = |it: &Judged| it.verdict == 0;
        let found = line.0.iter().position(same);
        found.or_else(|| line.0.iter().position(free)).unwrap_or_else(|| {
            self.turn = (self.turn + 1) % JUDGED_WAYS;
            self.turn
        })
    }

    fn set(&mut self, index: u32, line: JudgedLine) -> Result<(), SourceError> {
        let words: [u64; WORDS] = zerocopy::transmute!(line);
        self.map
            .set(index, words, 0)
            .map_err(|error| refused(STEP, error))
    }
}

fn to_wire(file: &File) -> wire::File {
    wire::File {
        inode: file.version.inode,
        changed_ns: file.version.changed_ns,
        size: file.version.size,
        device: file.version.device,
        file_system: file.file_system,
        mode: file.mode,
        owner: file.owner,
        group: file.group,
        links: file.links,
    }
}
