//! The last exec that each CPU lost, which the kernel keeps outside the buffer that was full.

use aya::maps::{MapData, PerCpuArray};
use jiff::Timestamp;
use kubectl_watch_ebpf::LastLost;

use super::{SourceError, clock::Boot};
use crate::event::Process;

/// The map that they are kept in, eight bytes at a time.
pub(super) type LastLostMap = PerCpuArray<MapData, [u64; WORDS]>;
const WORDS: usize = size_of::<LastLost>() / size_of::<u64>();
/// How often it is read again what the kernel is writing just then.
const MAX_READS: usize = 3;

/// An exec of which nothing arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct LostExec {
    /// The CPU that it ran on.
    pub cpu: u32,
    /// When the losses that it ends began.
    pub first: Timestamp,
    /// When it was.
    pub last: Timestamp,
    /// What is known of it: its pid, its start, its short name.
    pub process: Process,
}

/// Reads the last exec that each CPU lost; a CPU that lost none is left out.
pub(super) fn read(map: &LastLostMap) -> Result<Vec<LostExec>, SourceError> {
    let mut found = Vec::new();
    for _ in 0..MAX_READS {
        let cpus = map.get(&0, 0)?;
        let cpus = cpus.iter().map(|words| zerocopy::transmute!(*words));
        let cpus: Vec<LastLost> = cpus.collect();
        let boot = Boot::now();
        found = cpus
            .iter()
            .zip(0..)
            .filter(|(last, _)| last.last_ns != 0)
            .map(|(last, cpu)| exec(last, cpu, boot))
            .collect();
        // A time of none beside a beginning is one that is being written.
        if cpus
            .iter()
            .all(|last| (last.last_ns == 0) == (last.first_ns == 0))
        {
            break;
        }
    }
    Ok(found)
}

fn exec(last: &LastLost, cpu: u32, boot: Boot) -> LostExec {
    let comm = last.task.comm.split(|&byte| byte == 0).next().unwrap_or_default();
    LostExec {
        cpu,
        first: boot.time(last.first_ns),
        last: boot.time(last.last_ns),
        process: Process {
            pid: last.task.pid,
            tid: last.task.tid,
            start: boot.time(last.task.start_ns),
            start_boot_ns: last.task.start_ns,
            comm: comm.to_vec(),
            name: comm.to_vec(),
            ..Process::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use kubectl_watch_ebpf::Task;

    use super::*;

    #[test]
    fn a_lost_exec_has_its_times_and_its_process() {
        let last = LastLost {
            first_ns: 1_000_000_000,
            last_ns: 2_000_000_000,
            task: Task {
                start_ns: 500_000_000,
                pid: 7,
                tid: 8,
                comm: *b"kubectl\0\xff\xff\xff\xff\xff\xff\xff\xff",
            },
        };
        let found = exec(&last, 3, Boot::default());
        assert_eq!(
            (found.cpu, found.first.as_second(), found.last.as_second()),
            (3, 1, 2)
        );
        let Process {
            pid,
            tid,
            name,
            start_boot_ns,
            ..
        } = found.process;
        assert_eq!(
            (pid, tid, &name[..], start_boot_ns),
            (7, 8, &b"kubectl"[..], 500_000_000)
        );
    }
}
