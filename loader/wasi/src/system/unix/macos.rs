//! What macOS has not, or does otherwise, under the names that rustix has for it on Linux.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::{FdFlags, Result};
use rustix::net::SocketAddrAny;

/// The next connection of a listener, and whose it is. What it is to be is said afterwards; it starts as the listener is.
pub(crate) fn accept_from(listener: impl AsFd, nonblocking: bool) -> Result<(OwnedFd, Option<SocketAddrAny>)> {
    let (socket, peer) = rustix::net::acceptfrom(listener)?;
    rustix::io::fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, nonblocking)?;
    // A peer that has gone is an error, and no signal.
    rustix::net::sockopt::set_socket_nosigpipe(&socket, true)?;
    Ok((socket, peer))
}

/// Whether a socket waits for connections: the system does not say, but nobody is at its other end.
pub(crate) fn is_listening(socket: impl AsFd) -> bool {
    rustix::net::getpeername(socket).is_err()
}

/// Files.
pub(crate) mod fs {
    use std::num::NonZeroU64;
    use std::os::fd::AsFd;

    pub(crate) use rustix::fs::{
        FallocateFlags, OFlags, SeekFrom, Timestamps, UTIME_NOW, UTIME_OMIT, fcntl_getfl, fcntl_setfl, fstat,
        ftruncate, futimens, seek, tell,
    };
    use rustix::io::Result;

    /// What a program says of its accesses.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Advice {
        Normal,
        Sequential,
        Random,
        WillNeed,
        DontNeed,
        NoReuse,
    }

    /// The system has a use for one kind of advice.
    pub(crate) fn fadvise(file: impl AsFd, offset: u64, length: Option<NonZeroU64>, advice: Advice) -> Result<()> {
        match advice {
            Advice::WillNeed => rustix::fs::fcntl_rdadvise(file, offset, length.map_or(0, NonZeroU64::get)),
            _ => Ok(()),
        }
    }

    /// What is written is to outlive a loss of power, for which the system has a call of its own, though not on each kind of
    /// file system.
    pub(crate) fn fsync(file: impl AsFd) -> Result<()> {
        rustix::fs::fcntl_fullfsync(&file).or_else(|_| rustix::fs::fsync(&file))
    }

    pub(crate) fn fdatasync(file: impl AsFd) -> Result<()> {
        fsync(file)
    }

    /// Gives a file room, and makes it no shorter, which rustix does on this system.
    pub(crate) fn fallocate(file: impl AsFd, mode: FallocateFlags, offset: u64, length: u64) -> Result<()> {
        let end = offset.checked_add(length).ok_or(rustix::io::Errno::FBIG)?;
        if u64::try_from(fstat(&file)?.st_size).is_ok_and(|size| size >= end) {
            return Ok(());
        }
        rustix::fs::fallocate(file, mode, offset, length)
    }
}

/// Sleep.
pub(crate) mod thread {
    use rustix::io::{Errno, Result};
    pub(crate) use rustix::thread::sched_yield;
    use rustix::thread::{NanosleepRelativeResult, nanosleep};
    use rustix::time::{ClockId, Timespec, clock_gettime};

    use crate::clock::{nanoseconds, timespec};

    /// Sleeps until a clock shows a time, or a little less: who waits looks at the clock.
    pub(crate) fn clock_nanosleep_absolute(clock: ClockId, until: &Timespec) -> Result<()> {
        let left = nanoseconds(*until).saturating_sub(nanoseconds(clock_gettime(clock)));
        match nanosleep(&timespec(left)) {
            NanosleepRelativeResult::Ok => Ok(()),
            NanosleepRelativeResult::Interrupted(_) => Err(Errno::INTR),
            NanosleepRelativeResult::Err(error) => Err(error),
        }
    }
}
