//! Clocks on Windows.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock. Those of CPU time show the time that has passed: the standard library has no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockId {
    Realtime,
    Monotonic,
    ProcessCPUTime,
    ThreadCPUTime,
}

/// Seconds and nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timespec {
    pub(crate) tv_sec: i64,
    pub(crate) tv_nsec: i64,
}

impl Timespec {
    pub(crate) fn of(duration: Duration) -> Self {
        Self { tv_sec: duration.as_secs().cast_signed(), tv_nsec: duration.subsec_nanos().into() }
    }

    pub(crate) fn duration(&self) -> Duration {
        let nanoseconds = u32::try_from(self.tv_nsec).unwrap_or(0);
        Duration::new(u64::try_from(self.tv_sec).unwrap_or(0), nanoseconds)
    }
}

pub(crate) fn clock_gettime(clock: ClockId) -> Timespec {
    static START: OnceLock<Instant> = OnceLock::new();
    Timespec::of(match clock {
        ClockId::Realtime => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        _ => START.get_or_init(Instant::now).elapsed(),
    })
}

/// The unit that the system counts in.
pub(crate) fn clock_getres(_clock: ClockId) -> Timespec {
    Timespec { tv_sec: 0, tv_nsec: 100 }
}
