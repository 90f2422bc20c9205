//! BPF programs: the empty one to compare with, and the time that the kernel counts for each.

use anyhow::{Context, Result};
use aya::programs::{BtfTracePoint, loaded_programs};
use aya::sys::{Stats, enable_stats};
use aya::{Btf, Ebpf, EbpfLoader};
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::process;

/// The kernel counts run times as long as this lives. Needs Linux 5.8.
pub(crate) struct Counting(#[expect(dead_code, reason = "what matters is when it is closed")] OwnedFd);

/// The empty program, attached as long as this lives.
pub(crate) struct Empty {
    id: u32,
    #[expect(dead_code, reason = "the program is attached as long as this lives")]
    ebpf: Ebpf,
}

/// What a program took so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    id: u32,
    name: String,
    nanoseconds: u128,
    runs: u64,
}

impl Counting {
    pub(crate) fn begin() -> Result<Self> {
        enable_stats(Stats::RunTime)
            .map(Self)
            .context("the kernel does not count the time of BPF programs")
    }
}

impl Empty {
    pub(crate) fn attach(object: &Path) -> Result<Self> {
        const NAME: &str = "empty";
        let bytes = fs::read(object).with_context(|| format!("cannot read {}", object.display()))?;
        let mut ebpf = EbpfLoader::new()
            .btf(None)
            .load(&bytes)
            .context("the empty program")?;
        let program = ebpf
            .program_mut(NAME)
            .context("the object has no empty program")?;
        let program: &mut BtfTracePoint = program.try_into().context("the empty program")?;
        let types = Btf::from_sys_fs().context("the kernel's types")?;
        program
            .load("sched_process_exec", &types)
            .context("cannot load the empty program")?;
        program.attach().context("cannot attach the empty program")?;
        let id = program.info().context("the empty program")?.id();
        Ok(Self { id, ebpf })
    }

    pub(crate) fn taken(&self) -> Result<Vec<Taken>> {
        taken(&[self.id])
    }
}

/// What the programs of a process took so far.
pub(crate) fn of_process(pid: u32) -> Result<Vec<Taken>> {
    taken(&process::programs(pid)?)
}

fn taken(ids: &[u32]) -> Result<Vec<Taken>> {
    // One that ends while all are looked at is none of these.
    let ours = loaded_programs()
        .filter_map(Result::ok)
        .filter(|program| ids.contains(&program.id()));
    let taken: Vec<Taken> = ours
        .map(|program| Taken {
            id: program.id(),
            name: program.name_as_str().unwrap_or_default().to_owned(),
            nanoseconds: program.run_time().as_nanos(),
            runs: program.run_count(),
        })
        .collect();
    anyhow::ensure!(taken.len() == ids.len(), "a BPF program has gone");
    Ok(taken)
}

/// Nanoseconds for each run of a program between two looks.
pub(crate) fn each_run(name: &str, before: &[Taken], after: &[Taken]) -> Result<f64> {
    let (nanoseconds, runs) = between(before, after, |taken| taken.name == name);
    anyhow::ensure!(runs > 0, "the kernel counted no run of the program {name}");
    #[expect(
        clippy::cast_precision_loss,
        reason = "some seconds and millions of runs at most"
    )]
    Ok(nanoseconds as f64 / runs as f64)
}

/// Nanoseconds of all of them together between two looks.
pub(crate) fn all_runs(before: &[Taken], after: &[Taken]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some seconds at most")]
    let nanoseconds = between(before, after, |_| true).0 as f64;
    nanoseconds
}

fn between(before: &[Taken], after: &[Taken], which: impl Fn(&Taken) -> bool) -> (u128, u64) {
    let (mut nanoseconds, mut runs) = (0, 0);
    for now in after.iter().filter(|now| which(now)) {
        let then = before.iter().find(|then| then.id == now.id);
        nanoseconds += now.nanoseconds - then.map_or(0, |then| then.nanoseconds);
        runs += now.runs - then.map_or(0, |then| then.runs);
    }
    (nanoseconds, runs)
}

#[cfg(test)]
mod tests {
    use super::{Taken, all_runs, each_run};

    #[test]
    fn what_lies_between_two_looks() {
        let look = |exec: (u128, u64), fork: (u128, u64)| {
            [("exec", 1, exec), ("fork", 2, fork)].map(|(name, id, (nanoseconds, runs))| Taken {
                id,
                name: name.to_owned(),
                nanoseconds,
                runs,
            })
        };
        let (before, after) = (look((100, 1), (50, 1)), look((1100, 11), (450, 3)));
        let each = |name| each_run(name, &before, &after).ok();
        assert_eq!(each("exec"), Some(100.0));
        assert_eq!(each("fork"), Some(200.0));
        assert_eq!(each("other"), None);
        assert!((all_runs(&before, &after) - 1400.0).abs() < f64::EPSILON);
    }
}
