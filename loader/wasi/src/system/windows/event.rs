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
        // Each is two bits there, of which one may come.
        let of_kinds = [PollFlags::IN, PollFlags::OUT].into_iter().filter(|kind| socket.revents().intersects(*kind));
        all[position].found = of_kinds.fold(socket.revents(), |found, kind| found | kind);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::os::windows::io::{OwnedHandle, OwnedSocket};

    use super::super::fd::OwnedFd;
    use super::*;

    /// What is found of each; `None` if the time has passed.
    fn found(descriptors: &[&OwnedFd], wanted: PollFlags, milliseconds: u64) -> Option<Vec<PollFlags>> {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        loop {
            let left = Timespec::of(end.saturating_duration_since(Instant::now()));
            let mut all: Vec<_> = descriptors.iter().map(|one| PollFd::new(*one, wanted)).collect();
            match poll(&mut all, Some(&left)) {
                Err(Errno::INTR) => {}
                Err(error) => panic!("{error:?}"),
                Ok(0) => return None,
                Ok(_) => return Some(all.iter().map(PollFd::revents).collect()),
            }
        }
    }

    #[test]
    fn pipes_and_sockets_are_waited_for_together() {
        let (reader, mut writer) = io::pipe().unwrap();
        let pipe = OwnedFd::from(OwnedHandle::from(reader));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let listener = OwnedFd::from(OwnedSocket::from(listener));
        let both = [&pipe, &listener];
        assert_eq!(found(&both, PollFlags::IN, 50), None);

        let mut client = TcpStream::connect(address).unwrap();
        let ready = found(&both, PollFlags::IN, 60_000).unwrap();
        assert!(ready[0].is_empty() && ready[1].contains(PollFlags::IN), "{ready:?}");
        let accepted = super::super::accept(&listener, true).unwrap();
        assert!(accepted.as_fd().flags().contains(super::super::fs::OFlags::NONBLOCK));
        assert_eq!(found(&[&accepted], PollFlags::IN, 50), None);
        assert!(found(&[&accepted], PollFlags::OUT, 60_000).unwrap()[0].contains(PollFlags::OUT));
        client.write_all(b"seven").unwrap();
        assert!(found(&[&pipe, &accepted], PollFlags::IN, 60_000).unwrap()[1].contains(PollFlags::IN));
        assert_eq!(super::super::io::ioctl_fionread(&accepted), Ok(5));

        // From another thread, while someone waits.
        let writing = thread::spawn(move || {
            thread::sleep(Duration::from_millis(30));
            writer.write_all(b"four").unwrap();
            writer
        });
        assert!(found(&[&pipe], PollFlags::IN, 60_000).unwrap()[0].contains(PollFlags::IN));
        let writer = writing.join().unwrap();
        assert_eq!(super::super::io::ioctl_fionread(&pipe), Ok(4));
        drop(writer);
        let Kind::File(handle) = pipe.as_fd().kind else { panic!("a pipe is no socket") };
        let mut reader = io::PipeReader::from(handle.try_clone_to_owned().unwrap());
        reader.read_to_end(&mut Vec::new()).unwrap();
        assert!(found(&[&pipe], PollFlags::IN, 60_000).unwrap()[0].contains(PollFlags::HUP));
    }
}
