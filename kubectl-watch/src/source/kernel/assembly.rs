//! Puts the arguments of one exec together again, from however many records they came in.
//!
//! Records of one CPU arrive in order and the kernel sends all of an exec at once, so at most one exec of each
//! CPU is unfinished. One that is never finished is given up, said to have a gap, and so never lost.

use std::collections::BTreeMap;

use kubectl_watch_ebpf::{Args, Header};

use crate::event::{self, Gap, ProcessEvent};

/// Bytes of unfinished arguments that are held, over all CPUs: four of the longest that a usual stack allows.
pub(super) const MAX_HELD: usize = 8 * 1024 * 1024;

/// Execs whose arguments have not all come yet.
#[derive(Default)]
pub(super) struct Assembly {
    unfinished: BTreeMap<u32, Unfinished>,
    held: usize,
    /// Execs that went on without all of their arguments.
    pub(super) given_up: u64,
    /// Records of arguments that belong to no exec.
    pub(super) strays: u64,
}

struct Unfinished {
    sequence: u64,
    event: ProcessEvent,
    args: Vec<u8>,
    total: usize,
    /// Whether a part came since it was last asked.
    moved: bool,
}

impl Assembly {
    /// Takes a new exec with its first arguments. Hands out what is whole now, an older one of its CPU first.
    pub(super) fn exec(
        &mut self,
        header: Header,
        event: ProcessEvent,
        args: &[u8],
        total: u32,
        out: &mut Vec<ProcessEvent>,
    ) {
        self.give_up(header.cpu, out);
        let total = total as usize;
        let this = Unfinished {
            sequence: header.sequence,
            event,
            args: args.to_vec(),
            total,
            moved: true,
        };
        if args.len() >= total || self.held + total > MAX_HELD {
            self.given_up += u64::from(args.len() < total);
            out.push(this.finish());
            return;
        }
        self.held += total;
        self.unfinished.insert(header.cpu, this);
    }

    /// Takes more arguments. Hands out their exec when these were the last.
    pub(super) fn args(&mut self, head: &Args, bytes: &[u8], out: &mut Vec<ProcessEvent>) {
        let cpu = head.header.cpu;
        let Some(this) = self
            .unfinished
            .get_mut(&cpu)
            .filter(|it| it.sequence == head.header.sequence)
        else {
            self.strays += 1;
            return;
        };
        if this.args.len() != head.offset as usize || bytes.len() > this.total - this.args.len() {
            self.strays += 1;
            self.give_up(cpu, out);
            return;
        }
        this.args.extend_from_slice(bytes);
        this.moved = true;
        if this.args.len() == this.total
            && let Some(this) = self.unfinished.remove(&cpu)
        {
            self.held -= this.total;
            out.push(this.finish());
        }
    }

    /// Gives up those of which nothing came since this was last called.
    pub(super) fn give_up_still(&mut self, out: &mut Vec<ProcessEvent>) {
        let still = |(&cpu, this): (&u32, &mut Unfinished)| (!std::mem::take(&mut this.moved)).then_some(cpu);
        let cpus: Vec<u32> = self.unfinished.iter_mut().filter_map(still).collect();
        for cpu in cpus {
            self.give_up(cpu, out);
        }
    }

    /// Gives up all, at the end.
    pub(super) fn give_up_all(&mut self, out: &mut Vec<ProcessEvent>) {
        while let Some(&cpu) = self.unfinished.keys().next() {
            self.give_up(cpu, out);
        }
    }

    /// Bytes of unfinished arguments that there is room made for.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn held(&self) -> usize {
        self.held
    }

    fn give_up(&mut self, cpu: u32, out: &mut Vec<ProcessEvent>) {
        if let Some(this) = self.unfinished.remove(&cpu) {
            self.held -= this.total;
            self.given_up += 1;
            out.push(this.finish());
        }
    }
}

impl Unfinished {
    fn finish(mut self) -> ProcessEvent {
        if self.args.len() < self.total && !self.event.gaps.contains(&Gap::Args) {
            self.event.gaps.push(Gap::Args);
        }
        self.event.process.args = event::Args::from_bytes(self.args);
        self.event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cpu: u32, sequence: u64) -> Header {
        Header {
            kind: 0,
            cpu,
            sequence,
        }
    }

    fn part(cpu: u32, sequence: u64, offset: u32) -> Args {
        Args {
            header: header(cpu, sequence),
            offset,
            len: 0,
        }
    }

    fn line(event: &ProcessEvent) -> (String, bool) {
        (
            String::from_utf8(event.process.args.command_line().to_vec()).expect("it is text"),
            event.gaps.contains(&Gap::Args),
        )
    }

    #[test]
    fn parts_of_two_cpus_do_not_mix() {
        let (mut assembly, mut out) = (Assembly::default(), Vec::new());
        assembly.exec(header(0, 1), ProcessEvent::default(), b"a\0", 6, &mut out);
        assembly.exec(header(1, 1), ProcessEvent::default(), b"x\0", 4, &mut out);
        assembly.args(&part(1, 1, 2), b"y\0", &mut out);
        assembly.args(&part(0, 1, 2), b"b\0", &mut out);
        assembly.args(&part(0, 1, 4), b"c\0", &mut out);
        assert_eq!(
            out.iter().map(line).collect::<Vec<_>>(),
            [("x y".into(), false), ("a b c".into(), false)]
        );
        assert_eq!((assembly.held, assembly.given_up, assembly.strays), (0, 0, 0));
    }

    #[test]
    fn what_is_never_finished_is_given_up_with_a_gap() {
        let (mut assembly, mut out) = (Assembly::default(), Vec::new());
        assembly.exec(header(0, 1), ProcessEvent::default(), b"a\0", 6, &mut out);
        assembly.exec(header(0, 2), ProcessEvent::default(), b"b\0", 9, &mut out);
        assert_eq!(out.iter().map(line).collect::<Vec<_>>(), [("a".into(), true)]);
        assembly.give_up_still(&mut out);
        assert_eq!(out.len(), 1, "a part came since");
        assembly.give_up_still(&mut out);
        assert_eq!(out.len(), 2);
        assert_eq!((assembly.held, assembly.given_up), (0, 2));
    }

    #[test]
    fn a_missing_part_is_noticed_by_its_place() {
        let (mut assembly, mut out) = (Assembly::default(), Vec::new());
        assembly.exec(header(0, 1), ProcessEvent::default(), b"a\0", 6, &mut out);
        assembly.args(&part(0, 1, 4), b"c\0", &mut out);
        assert_eq!(out.iter().map(line).collect::<Vec<_>>(), [("a".into(), true)]);
        assembly.args(&part(0, 7, 4), b"c\0", &mut out);
        assert_eq!((assembly.strays, assembly.given_up, assembly.held), (2, 1, 0));
    }

    #[test]
    fn no_more_is_held_than_there_is_room_for() {
        let (mut assembly, mut out) = (Assembly::default(), Vec::new());
        let most = u32::try_from(MAX_HELD).expect("it is small");
        assembly.exec(header(0, 1), ProcessEvent::default(), b"a\0", most, &mut out);
        assembly.exec(header(1, 1), ProcessEvent::default(), b"b\0", 3, &mut out);
        assert_eq!(out.iter().map(line).collect::<Vec<_>>(), [("b".into(), true)]);
        assembly.give_up_all(&mut out);
        assert_eq!((out.len(), assembly.held), (2, 0));
    }
}
