//! When the machine booted: what turns the kernel's times into times of day.

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};

/// The moment of boot, as the wall clock has it now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boot(Timestamp);

impl Boot {
    /// Asks both clocks. The wall clock can be set, so it is asked again for each batch of events.
    pub(super) fn now() -> Self {
        let boot = clock_gettime(ClockId::Boottime);
        let wall = clock_gettime(ClockId::Realtime);
        let seconds = wall.tv_sec - boot.tv_sec;
        let nanoseconds = wall.tv_nsec - boot.tv_nsec;
        let since_epoch = SignedDuration::from_secs(seconds) + SignedDuration::from_nanos(nanoseconds);
        Self(Timestamp::from_duration(since_epoch).unwrap_or_default())
    }

    /// The time of day, so many nanoseconds after boot.
    pub(super) fn time(self, nanoseconds: u64) -> Timestamp {
        let since_boot = SignedDuration::from_nanos(i64::try_from(nanoseconds).unwrap_or(i64::MAX));
        self.0.checked_add(since_boot).unwrap_or(Timestamp::MAX)
    }
}

/// When the machine booted, as the wall clock has it now.
pub fn booted() -> Timestamp {
    Boot::now().time(0)
}

impl Default for Boot {
    /// As if the machine had booted when time began.
    fn default() -> Self {
        Self(Timestamp::UNIX_EPOCH)
    }
}
