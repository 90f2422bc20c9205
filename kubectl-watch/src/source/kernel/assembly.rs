//! Puts one exec together again, from however many records it came in.
//!
//! Records of one CPU arrive in order and the kernel sends all of an exec at once, so at most one exec of each
//! CPU is unfinished. One that is never finished is given up, said to have a gap, and so never lost.

use std::collections::BTreeMap;

use kubectl_watch_ebpf::{Chunk, Exec, Header, MAX_ANCESTORS};

use crate::event::{self, Ancestor, Environment, Gap, ProcessEvent};

/// Bytes of unfinished execs that are held, over all CPUs: four of the longest that a usual stack allows.
pub(super) const MAX_HELD: usize = 8 * 1024 * 1024;

/// Execs of which not all has come yet.
#[derive(Default)]
pub(super) struct Assembly {
    /// Ancestors of an exec that comes after them, for each CPU.
    ancestors: BTreeMap<u32, (u64, Vec<Ancestor>)>,
    unfinished: BTreeMap<u32, Unfinished>,
    held: usize,
    /// Execs that went on without all of their arguments.
    pub(super) given_up: u64,
    /// Execs that went on without all of their environment.
    pub(super) without_env: u64,
    /// Records that belong to no exec.
    pub(super) strays: u64,
}

struct Unfinished {
    sequence: u64,
    event: ProcessEvent,
    /// How many arguments the kernel counted.
    argc: usize,
    args: Part,
    env: Part,
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
        let (sequence, ancestors) = self.ancestors.entry(header.cpu).or_default();
        if *sequence != header.sequence {
            self.strays += ancestors.len() as u64;
            ancestors.clear();
            *sequence = header.sequence;
        }
        if ancestors.len() < MAX_ANCESTORS as usize {
            ancestors.push(ancestor);
        }
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
        if let Some((of, ancestors)) = self.ancestors.get_mut(&cpu) {
            let ancestors = std::mem::take(ancestors);
            if *of == sequence {
                event.lineage.ancestors = ancestors;
            } else {
                self.strays += ancestors.len() as u64;
            }
        }
        if event.lineage.ancestors.len() < exec.ancestors as usize {
            event.gaps.push(Gap::Ancestors);
        }
        let this = Unfinished {
            sequence,
            event,
            argc: exec.argc as usize,
            args: Part {
                bytes: args.to_vec(),
                total: exec.args_total as usize,
            },
            env: Part {
                bytes: Vec::new(),
                total: exec.env_total as usize,
            },
            moved: true,
        };
        if this.is_whole() || self.held + this.size() > MAX_HELD {
            self.hand_out(this, out);
            return;
        }
        self.held += this.size();
        self.unfinished.insert(cpu, this);
    }

    /// Takes more arguments. Hands out their exec when nothing is missing any more.
    pub(super) fn args(&mut self, head: &Chunk, bytes: &[u8], out: &mut Vec<ProcessEvent>) {
        self.part(head, bytes, |this| &mut this.args, out);
    }

    /// The same for its environment.
    pub(super) fn env(&mut self, head: &Chunk, bytes: &[u8], out: &mut Vec<ProcessEvent>) {
        self.part(head, bytes, |this| &mut this.env, out);
    }

    fn part(
        &mut self,
        head: &Chunk,
        bytes: &[u8],
        which: impl Fn(&mut Unfinished) -> &mut Part,
        out: &mut Vec<ProcessEvent>,
    ) {
        let Header { cpu, sequence, .. } = head.header;
        let Some(this) = self.unfinished.get_mut(&cpu).filter(|it| it.sequence == sequence) else {
            self.strays += 1;
            return;
        };
        if !which(this).append(head.offset as usize, bytes) {
            self.strays += 1;
            self.give_up(cpu, out);
            return;
        }
        this.moved = true;
        if this.is_whole()
            && let Some(this) = self.unfinished.remove(&cpu)
        {
            self.held -= this.size();
            self.hand_out(this, out);
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

    /// Whether nothing is missing of anything.
    pub(super) fn is_idle(&self) -> bool {
        self.unfinished.is_empty() && self.ancestors.values().all(|(_, ancestors)| ancestors.is_empty())
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
            self.held -= this.size();
            self.hand_out(this, out);
        }
    }

    /// Hands one out, whole or not.
    fn hand_out(&mut self, this: Unfinished, out: &mut Vec<ProcessEvent>) {
        let Unfinished {
            mut event,
            argc,
            args,
            env,
            ..
        } = this;
        let parts = [
            (args.has(argc), Gap::Args, &mut self.given_up),
            (env.is_whole(), Gap::Environment, &mut self.without_env),
        ];
        for (is_whole, gap, counter) in parts {
            if is_whole {
                continue;
            }
            *counter += 1;
            if !event.gaps.contains(&gap) {
                event.gaps.push(gap);
            }
        }
        event.process.args = event::Args::from_bytes(args.bytes);
        event.environment = Environment::from_bytes(&env.bytes);
        out.push(event);
    }
}

impl Unfinished {
    const fn is_whole(&self) -> bool {
        self.args.is_whole() && self.env.is_whole()
    }

    const fn size(&self) -> usize {
        self.args.total + self.env.total
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
