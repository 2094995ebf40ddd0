//! Waiting on Windows. Sockets are waited for by the system; pipes and consoles cannot be, together with these: they are looked
//! at again and again. Nobody wakes a thread that waits, so that it looks around from time to time.

use std::thread;
use std::time::{Duration, Instant};

pub(crate) use rustix::event::PollFlags;
use rustix::event::{PollFd as SocketPoll, poll as poll_sockets};
use wasmc_loader::Readiness;

use super::fd::{AsFd, BorrowedFd, Kind};
use super::io::Errno;
use super::time::Timespec;

/// How long one call waits at most, before it asks to be called again.
const SLICE: Duration = Duration::from_millis(20);
/// How long nobody looks at pipes and consoles: first, and at most.
const NAP: Duration = Duration::from_micros(500);
const NAP_MAX: Duration = Duration::from_millis(5);

/// A descriptor that is waited for.
#[derive(Debug)]
pub(crate) struct PollFd<'a> {
    descriptor: BorrowedFd<'a>,
    wanted: PollFlags,
    found: PollFlags,
}

impl<'a> PollFd<'a> {
    pub(crate) fn new(descriptor: &'a impl AsFd, wanted: PollFlags) -> Self {
        Self::from_borrowed_fd(descriptor.as_fd(), wanted)
    }

    pub(crate) fn from_borrowed_fd(descriptor: BorrowedFd<'a>, wanted: PollFlags) -> Self {
        Self { descriptor, wanted, found: PollFlags::empty() }
    }

    pub(crate) fn revents(&self) -> PollFlags {
        self.found
    }

    /// Looks at what is no socket.
    fn look(&mut self) {
        let Kind::File(handle) = self.descriptor.kind else { return };
        // Nothing says whether a pipe has room.
        self.found = self.wanted & PollFlags::OUT;
        if self.wanted.contains(PollFlags::IN) {
            match wasmc_loader::readiness(handle) {
                Ok(Readiness::Waits) => {}
                Ok(Readiness::Ready | Readiness::Bytes(_)) => self.found |= PollFlags::IN,
                Ok(Readiness::Ended) => self.found |= PollFlags::HUP,
                Err(_) => self.found |= PollFlags::NVAL,
            }
        }
    }
}

/// How many are ready, after the time has passed at the latest; `INTR` if there is time left.
pub(crate) fn poll(all: &mut [PollFd<'_>], timeout: Option<&Timespec>) -> Result<usize, Errno> {
    let timeout = timeout.map(Timespec::duration);
    let slice = timeout.map_or(SLICE, |timeout| timeout.min(SLICE));
    let end = Instant::now() + slice;
    let mut nap = NAP;
    loop {
        all.iter_mut().for_each(PollFd::look);
        let count = |all: &[PollFd<'_>]| all.iter().filter(|one| !one.found.is_empty()).count();
        let only_sockets = all.iter().all(|one| matches!(one.descriptor.kind, Kind::Socket(_)));
        let left = end.saturating_duration_since(Instant::now());
        let wait = if count(all) > 0 {
            Duration::ZERO
        } else if only_sockets {
            left
        } else {
            left.min(nap)
        };
        look_at_sockets(all, wait)?;
        let ready = count(all);
        if ready > 0 {
            return Ok(ready);
        }
        if Instant::now() >= end {
            return if timeout.is_some_and(|timeout| timeout <= slice) { Ok(0) } else { Err(Errno::INTR) };
        }
        nap = (nap * 2).min(NAP_MAX);
    }
}

/// Waits until a socket is ready, or so long.
fn look_at_sockets(all: &mut [PollFd<'_>], wait: Duration) -> Result<(), Errno> {
    let (mut positions, mut sockets) = (Vec::new(), Vec::new());
    for (position, one) in all.iter().enumerate() {
        if let Kind::Socket(socket) = one.descriptor.kind {
            positions.push(position);
            sockets.push(SocketPoll::from_borrowed_fd(socket, one.wanted));
        }
    }
    // The system takes no empty list.
    if sockets.is_empty() {
        thread::sleep(wait);
        return Ok(());
    }
    // In whole milliseconds: what is less would be none.
    let wait = if wait.is_zero() { wait } else { wait.max(Duration::from_millis(1)) };
    let wait = rustix::event::Timespec { tv_sec: wait.as_secs().cast_signed(), tv_nsec: wait.subsec_nanos() as _ };
    poll_sockets(&mut sockets, Some(&wait)).map_err(std::io::Error::from)?;
    for (position, socket) in positions.into_iter().zip(sockets) {
        all[position].found = socket.revents();
    }
    Ok(())
}
