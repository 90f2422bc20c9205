//! Puts one exec together again, from however many records it came in.
//!
//! Records of one CPU arrive in order and the kernel sends all of an exec at once, so at most one exec of each
//! CPU is unfinished. One that is never finished is given up, said to have a gap, and so never lost.

use std::collections::BTreeMap;

use kubectl_watch_ebpf::{Chunk, Exec, Header, MAX_ANCESTORS};

use crate::event::{self, Ancestor, Environment, Gap, ProcessEvent};

/// Bytes of unfinished execs that are held, over all CPUs: four of the longest that a usual stack allows.
pub(super) const MAX_HELD: usize = 8 * 1024 * 1024;

/// What has come, and not all that belongs to it.
#[derive(Default)]
pub(super) struct Assembly {
    /// What comes before its exec, for each CPU: bytes of environments are held, and ancestors are [`MAX_ANCESTORS`] of
    /// some kilobytes at most.
    ahead: BTreeMap<u32, Ahead>,
    unfinished: BTreeMap<u32, Unfinished>,
    held: usize,
    /// Execs that went on without all of their arguments.
    pub(super) given_up: u64,
    /// Execs that went on without all of the environment that was sent.
    pub(super) without_env: u64,
    /// Records that belong to no exec.
    pub(super) strays: u64,
}

/// What was sent ahead of an exec.
#[derive(Default)]
struct Ahead {
    sequence: u64,
    ancestors: Vec<Ancestor>,
    env: Vec<u8>,
    /// Whether something came since it was last asked.
    moved: bool,
}

struct Unfinished {
    sequence: u64,
    event: ProcessEvent,
    /// How many arguments the kernel counted.
    argc: usize,
    args: Part,
    /// Whether something came since it was last asked.
    moved: bool,
}

/// Bytes that come in chunks, in order.
struct Part {
    bytes: Vec<u8>,
    total: usize,
}

impl Assembly {
    /// Takes a process above the parent of an exec that is still to come.
    pub(super) fn ancestor(&mut self, header: Header, ancestor: Ancestor) {
        let ancestors = &mut self.ahead(header).ancestors;
        if ancestors.len() < MAX_ANCESTORS as usize {
            ancestors.push(ancestor);
        }
    }

    /// Takes some of its environment.
    pub(super) fn env(&mut self, head: &Chunk, bytes: &[u8]) {
        let has_room = self.held + bytes.len() <= MAX_HELD;
        let env = &mut self.ahead(head.header).env;
        // What is missing is noticed by how much there is in the end.
        if has_room && env.len() == head.offset as usize {
            env.extend_from_slice(bytes);
            self.held += bytes.len();
        }
    }

    /// What came ahead of this exec. What is there of another one, whose record was lost, belongs to nothing.
    fn ahead(&mut self, header: Header) -> &mut Ahead {
        let Header { cpu, sequence, .. } = header;
        if self
            .ahead
            .get(&cpu)
            .is_some_and(|ahead| ahead.sequence != sequence)
        {
            drop(self.take_ahead(header));
        }
        let ahead = self.ahead.entry(cpu).or_default();
        ahead.sequence = sequence;
        ahead.moved = true;
        ahead
    }

    /// The same, as it is taken away.
    fn take_ahead(&mut self, header: Header) -> Ahead {
        let Some(ahead) = self.ahead.remove(&header.cpu) else {
            return Ahead::default();
        };
        self.held -= ahead.env.len();
        if ahead.sequence == header.sequence {
            return ahead;
        }
        self.strays += (ahead.ancestors.len() + usize::from(!ahead.env.is_empty())) as u64;
        Ahead::default()
    }

    /// Lets go of what came ahead of an exec that was lost.
    fn drop_ahead(&mut self, cpu: u32) {
        // No exec has this number.
        let none = Header {
            cpu,
            ..Header::default()
        };
        drop(self.take_ahead(none));
    }

    /// Takes a new exec with its first arguments. Hands out what is whole now, an older one of its CPU first.
    pub(super) fn exec(
        &mut self,
        exec: &Exec,
        mut event: ProcessEvent,
        args: &[u8],
        out: &mut Vec<ProcessEvent>,
    ) {
        let Header { cpu, sequence, .. } = exec.header;
        self.give_up(cpu, out);
        let ahead = self.take_ahead(exec.header);
        if ahead.ancestors.len() < exec.ancestors as usize {
            add(&mut event.gaps, Gap::Ancestors);
        }
        if ahead.env.len() != exec.env_total as usize {
            self.without_env += 1;
            add(&mut event.gaps, Gap::Environment);
        }
        event.lineage.ancestors = ahead.ancestors;
        event.environment = Environment::from_bytes(&ahead.env);
        let this = Unfinished {
            sequence,
            event,
            argc: exec.argc as usize,
            args: Part {
                bytes: args.to_vec(),
                total: exec.args_total as usize,
            },
            moved: true,
        };
        if this.args.is_whole() || self.held + this.args.total > MAX_HELD {
            self.hand_out(this, out);
            return;
        }
        self.held += this.args.total;
        self.unfinished.insert(cpu, this);
    }

    /// Takes more arguments. Hands out their exec when nothing is missing any more.
    pub(super) fn args(&mut self, head: &Chunk, bytes: &[u8], out: &mut Vec<ProcessEvent>) {
        let Header { cpu, sequence, .. } = head.header;
        let Some(this) = self.unfinished.get_mut(&cpu).filter(|it| it.sequence == sequence) else {
            self.strays += 1;
            return;
        };
        if !this.args.append(head.offset as usize, bytes) {
            self.strays += 1;
            self.give_up(cpu, out);
            return;
        }
        this.moved = true;
        if this.args.is_whole()
            && let Some(this) = self.unfinished.remove(&cpu)
        {
            self.held -= this.args.total;
            self.hand_out(this, out);
        }
    }

    /// Gives up those of which nothing came since this was last called.
    pub(super) fn give_up_still(&mut self, out: &mut Vec<ProcessEvent>) {
        let still = |(&cpu, ahead): (&u32, &mut Ahead)| (!std::mem::take(&mut ahead.moved)).then_some(cpu);
        let cpus: Vec<u32> = self.ahead.iter_mut().filter_map(still).collect();
        for cpu in cpus {
            self.drop_ahead(cpu);
        }
        let still = |(&cpu, this): (&u32, &mut Unfinished)| (!std::mem::take(&mut this.moved)).then_some(cpu);
        let cpus: Vec<u32> = self.unfinished.iter_mut().filter_map(still).collect();
        for cpu in cpus {
            self.give_up(cpu, out);
        }
    }

    /// Whether nothing is missing of anything.
    pub(super) fn is_idle(&self) -> bool {
        self.unfinished.is_empty() && self.ahead.is_empty()
    }

    /// Gives up all, at the end.
    pub(super) fn give_up_all(&mut self, out: &mut Vec<ProcessEvent>) {
        while let Some((&cpu, _)) = self.ahead.first_key_value() {
            self.drop_ahead(cpu);
        }
        while let Some(&cpu) = self.unfinished.keys().next() {
            self.give_up(cpu, out);
        }
    }

    /// Bytes that are held, or that there is room made for.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn held(&self) -> usize {
        self.held
    }

    fn give_up(&mut self, cpu: u32, out: &mut Vec<ProcessEvent>) {
        if let Some(this) = self.unfinished.remove(&cpu) {
            self.held -= this.args.total;
            self.hand_out(this, out);
        }
    }

    /// Hands one out, whole or not.
    fn hand_out(&mut self, this: Unfinished, out: &mut Vec<ProcessEvent>) {
        let Unfinished {
            mut event,
            argc,
            args,
            ..
        } = this;
        if !args.has(argc) {
            self.given_up += 1;
            add(&mut event.gaps, Gap::Args);
        }
        event.process.args = event::Args::from_bytes(args.bytes);
        out.push(event);
    }
}

/// Notes what is missing, once.
fn add(gaps: &mut Vec<Gap>, gap: Gap) {
    if !gaps.contains(&gap) {
        gaps.push(gap);
    }
}

impl Part {
    const fn is_whole(&self) -> bool {
        self.bytes.len() >= self.total
    }

    /// Whether it is whole and as many texts, where it is known how many: memory that the kernel could not read came as
    /// empty ones.
    fn has(&self, texts: usize) -> bool {
        self.is_whole() && (texts == 0 || self.bytes.split(|&byte| byte == 0).count() == texts + 1)
    }

    /// Takes what comes next; refuses what does not.
    fn append(&mut self, offset: usize, bytes: &[u8]) -> bool {
        let fits = self.bytes.len() == offset && bytes.len() <= self.total - offset;
        if fits {
            self.bytes.extend_from_slice(bytes);
        }
        fits
    }
}

#[cfg(test)]
mod tests;
