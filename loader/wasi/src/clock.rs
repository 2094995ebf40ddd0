//! `clock_*`: the host's clocks, or a virtual one that moves only when the program looks at it or sleeps.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::system::time::{ClockId, Timespec, clock_getres, clock_gettime};
use wasmc_loader::GuestMemory;

use crate::Wasi;
use crate::context::Context;
use crate::errno::Errno;
use crate::types::write_u64;

/// Where time comes from.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The host's clocks.
    Host,
    /// Nanoseconds since the epoch.
    Virtual(AtomicU64),
}

impl Clock {
    /// What each look at a virtual clock adds: programs that wait for time to pass must end.
    const VIRTUAL_STEP: u64 = 1000;

    /// Nanoseconds.
    pub(crate) fn now(&self, id: u32) -> Result<u64, Errno> {
        let id = host_clock(id)?;
        match self {
            Self::Host => Ok(nanoseconds(clock_gettime(id))),
            Self::Virtual(time) => Ok(time.fetch_add(Self::VIRTUAL_STEP, Ordering::Relaxed)),
        }
    }

    /// Nanoseconds since the epoch, for the times of files in memory.
    pub(crate) fn wall(&self) -> u64 {
        match self {
            Self::Host => nanoseconds(clock_gettime(ClockId::Realtime)),
            Self::Virtual(time) => time.load(Ordering::Relaxed),
        }
    }

    /// Nanoseconds.
    fn resolution(&self, id: u32) -> Result<u64, Errno> {
        let id = host_clock(id)?;
        match self {
            Self::Host => Ok(nanoseconds(clock_getres(id)).max(1)),
            Self::Virtual(_) => Ok(Self::VIRTUAL_STEP),
        }
    }
}

fn host_clock(id: u32) -> Result<ClockId, Errno> {
    match id {
        0 => Ok(ClockId::Realtime),
        1 => Ok(ClockId::Monotonic),
        2 => Ok(ClockId::ProcessCPUTime),
        3 => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::Inval),
    }
}

/// Nanoseconds since the epoch as the interface counts them: none before 1970, none after 2554.
pub(crate) fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// The reverse of [`nanoseconds`].
pub(crate) fn timespec(nanoseconds: u64) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(nanoseconds / 1_000_000_000).unwrap_or(i64::MAX),
        tv_nsec: (nanoseconds % 1_000_000_000) as _,
    }
}

/// A time to set; `None` in its place leaves the time as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SetTime {
    /// To what the clock shows.
    Now,
    /// To nanoseconds since the epoch.
    To(u64),
}

impl SetTime {
    /// As the system is told.
    pub(crate) fn host(time: Option<Self>) -> Timespec {
        match time {
            None => Timespec { tv_sec: 0, tv_nsec: crate::system::fs::UTIME_OMIT },
            Some(Self::Now) => Timespec { tv_sec: 0, tv_nsec: crate::system::fs::UTIME_NOW },
            Some(Self::To(nanoseconds)) => timespec(nanoseconds),
        }
    }
}

/// Reads `$fstflags`: what becomes of the times of access and of modification.
pub(crate) fn set_times_flags(
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(Option<SetTime>, Option<SetTime>), Errno> {
    let choose = |set: bool, now: bool, time: u64| match (set, now) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(Some(SetTime::To(time))),
        (false, true) => Ok(Some(SetTime::Now)),
        (false, false) => Ok(None),
    };
    if flags >= 1 << 4 {
        return Err(Errno::Inval);
    }
    Ok((choose(flags & 1 != 0, flags & 2 != 0, accessed)?, choose(flags & 4 != 0, flags & 8 != 0, modified)?))
}

impl Wasi {
    /// Nanoseconds on the program's clock `id`, which is numbered as WASI does it.
    ///
    /// # Errors
    ///
    /// [`Errno::Inval`] if there is no such clock.
    pub fn now(&self, id: u32) -> Result<u64, Errno> {
        self.context.clock.now(id)
    }

    /// How many nanoseconds the clock `id` moves at once.
    ///
    /// # Errors
    ///
    /// [`Errno::Inval`] if there is no such clock.
    pub fn resolution(&self, id: u32) -> Result<u64, Errno> {
        self.context.clock.resolution(id)
    }

    /// Waits, on the program's clock. When a signal comes, `patience` is asked whether to go on.
    ///
    /// # Errors
    ///
    /// [`Errno::Intr`] if it has none.
    pub fn sleep(&self, nanoseconds: u64, patience: &dyn Fn() -> bool) -> Result<(), Errno> {
        crate::poll::sleep(&self.context.clock, patience, &mut [], Some(nanoseconds)).map(drop)
    }

    /// Lets at most so many nanoseconds pass on the program's clock: by `wait`, which may return earlier, unless the clock
    /// is one that moves by itself.
    pub fn pass_time(&self, nanoseconds: u64, wait: impl FnOnce(Duration)) {
        match &self.context.clock {
            Clock::Host => wait(Duration::from_nanos(nanoseconds)),
            Clock::Virtual(time) => {
                let add = |time: u64| Some(time.saturating_add(nanoseconds));
                let _ = time.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
            }
        }
    }
}

pub(crate) fn clock_res_get(context: &Context, memory: &GuestMemory, id: u32, result: u32) -> Result<(), Errno> {
    write_u64(memory, result, context.clock.resolution(id)?)
}

pub(crate) fn clock_time_get(
    context: &Context,
    memory: &GuestMemory,
    id: u32,
    _precision: u64,
    result: u32,
) -> Result<(), Errno> {
    write_u64(memory, result, context.clock.now(id)?)
}
