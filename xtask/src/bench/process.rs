//! What the kernel says of a process: its memory, its time on a CPU, and the BPF programs that it holds.

use anyhow::{Context, Result};
use rustix::param::clock_ticks_per_second;
use std::fs;
use std::time::Duration;

/// Resident memory in bytes (`VmRSS`).
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let status = read(&format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: u64 = kilobytes.context("no VmRSS")?.trim().parse().context("VmRSS")?;
    Ok(kilobytes * 1024)
}

/// Time on a CPU, in user and kernel mode.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything; `utime` and `stime` are the 12th and 13th after it.
    let (_, fields) = stat.rsplit_once(')').context("no name in a process's stat")?;
    let mut ticks = 0;
    for field in fields.split_whitespace().skip(11).take(2) {
        ticks += field.parse::<u64>().context("a process's time")?;
    }
    Ok(Duration::from_micros(
        ticks * 1_000_000 / clock_ticks_per_second(),
    ))
}

/// The ids of the BPF programs that it holds open.
pub(crate) fn programs(pid: u32) -> Result<Vec<u32>> {
    let folder = format!("/proc/{pid}/fdinfo");
    let files = fs::read_dir(&folder).with_context(|| format!("cannot read {folder}"))?;
    let mut ids = Vec::new();
    for file in files {
        let file = file.with_context(|| format!("cannot read {folder}"))?;
        // It may have been closed since.
        let info = fs::read_to_string(file.path()).unwrap_or_default();
        if !info.contains("prog_type:") || info.contains("link_id:") {
            continue;
        }
        let id = info.lines().find_map(|line| line.strip_prefix("prog_id:"));
        ids.extend(id.and_then(|id| id.trim().parse::<u32>().ok()));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn read(file: &str) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {file}"))
}
