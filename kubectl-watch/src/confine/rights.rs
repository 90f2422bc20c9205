//! The capabilities that are left once the programs are loaded and attached.

use std::{fmt, fs};

use rustix::io::Result;
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

use crate::event::capability;

/// What looking at processes of others takes, as long as the daemon runs: to follow `/proc/PID/exe` and
/// `/proc/PID/root`, and to read programs that are not for everybody.
const NEEDED: CapabilitySet = CapabilitySet::SYS_PTRACE.union(CapabilitySet::DAC_READ_SEARCH);
/// What reading and changing maps takes on some kernels: before 5.19, with `kernel.unprivileged_bpf_disabled` set.
const FOR_MAPS: [CapabilitySet; 2] = [CapabilitySet::BPF, CapabilitySet::SYS_ADMIN];

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Effective and permitted.
    pub left: CapabilitySet,
}

/// Gives up all that is not needed: in this thread, and in those that it starts from now on.
pub(super) fn give_up(reads_maps: impl Fn() -> bool, signals: bool) -> Result<Rights> {
    let permitted = capabilities(None)?.permitted;
    let needed = if signals {
        NEEDED | CapabilitySet::KILL
    } else {
        NEEDED
    };
    let mut left = permitted & needed;
    // First only out of effect, so that what turns out to be needed can be taken back.
    let set = |left, permitted| {
        set_capabilities(
            None,
            CapabilitySets {
                effective: left,
                permitted,
                inheritable: CapabilitySet::empty(),
            },
        )
    };
    set(left, permitted)?;
    for more in FOR_MAPS {
        if reads_maps() {
            break;
        }
        left |= permitted & more;
        set(left, permitted)?;
    }
    set(left, left)?;
    Ok(Rights { left })
}

/// How many threads of this process can do more than that.
pub(super) fn threads_with_more(left: CapabilitySet) -> usize {
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let permitted = |status: String| {
        let set = status.lines().find_map(|line| line.strip_prefix("CapPrm:"))?;
        u64::from_str_radix(set.trim(), 16).ok()
    };
    threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("status")).ok())
        .filter_map(permitted)
        .filter(|set| set & !left.bits() != 0)
        .count()
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = capability::names(self.left.bits()).collect();
        if names.is_empty() {
            return f.write_str("no capability");
        }
        f.write_str(&names.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// In a thread of its own, because what is given up does not come back.
    fn in_a_thread<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
        thread::spawn(run).join().expect("it ends")
    }

    #[test]
    fn what_is_not_needed_is_gone_and_stays_gone_for_threads_that_are_started() {
        let before = capabilities(None).expect("there are some").permitted;
        let (rights, here, below) = in_a_thread(|| {
            let rights = give_up(|| true, false).expect("it is allowed");
            let below = in_a_thread(|| capabilities(None).expect("there are some"));
            (rights, capabilities(None).expect("there are some"), below)
        });
        assert_eq!(rights.left, before & NEEDED);
        for sets in [here, below] {
            assert_eq!((sets.effective, sets.permitted), (rights.left, rights.left));
            assert_eq!(sets.inheritable, CapabilitySet::empty());
        }
    }

    #[test]
    fn what_maps_take_is_kept_only_where_they_take_it() {
        let before = capabilities(None).expect("there are some").permitted;
        let has =
            |set: CapabilitySet| move || capabilities(None).is_ok_and(|sets| sets.effective.contains(set));
        let bpf = in_a_thread(move || give_up(has(CapabilitySet::BPF), false).expect("it is allowed"));
        assert_eq!(bpf.left, before & (NEEDED | CapabilitySet::BPF));
        let signals = in_a_thread(|| give_up(|| true, true).expect("it is allowed"));
        assert_eq!(signals.left, before & (NEEDED | CapabilitySet::KILL));
        let never = in_a_thread(|| give_up(|| false, false).expect("it is allowed"));
        assert_eq!(
            never.left,
            before & (NEEDED | CapabilitySet::BPF | CapabilitySet::SYS_ADMIN)
        );
    }

    #[test]
    fn they_are_named() {
        let named = |left| Rights { left }.to_string();
        assert_eq!(named(CapabilitySet::empty()), "no capability");
        assert_eq!(named(NEEDED), "CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE");
    }
}
