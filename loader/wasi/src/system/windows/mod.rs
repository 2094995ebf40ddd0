//! Windows: handles and sockets for descriptors, by the standard library, rustix and the loader.

use std::ffi::OsString;
use std::io as std_io;
use std::os::windows::io::BorrowedHandle;

use wasmc_loader::{GuestMemory, SocketFlags};

use fd::Kind;
pub(crate) use net::{accept, send};

pub(crate) mod event;
pub(crate) mod fd;
pub(crate) mod fs;
pub(crate) mod net;
pub(crate) mod time;

/// Text of the host as bytes of a guest's: UTF-8, but for half a pair of UTF-16.
pub(crate) fn bytes(text: OsString) -> Vec<u8> {
    text.into_encoded_bytes()
}

/// Refuses to wait where that was asked for: the system is told so of sockets alone.
fn check_ready(file: &fd::BorrowedFd<'_>, handle: BorrowedHandle<'_>) -> std_io::Result<()> {
    let waits = file.flags().contains(fs::OFlags::NONBLOCK)
        && matches!(wasmc_loader::readiness(handle), Ok(wasmc_loader::Readiness::Waits));
    if waits { Err(std_io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
}

/// Reads into guest memory.
pub(crate) fn read(
    memory: &GuestMemory,
    file: fd::BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    offset: Option<u64>,
) -> std_io::Result<usize> {
    match file.kind {
        Kind::File(handle) => {
            check_ready(&file, handle)?;
            memory.read_from_handle(handle, pieces, offset)
        }
        Kind::Socket(_) => net::receive(memory, file, pieces, SocketFlags::default()).map(|(length, _)| length),
    }
}

/// Writes bytes of the host's own.
pub(crate) fn write_all(file: fd::BorrowedFd<'_>, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    match file.kind {
        fd::Kind::File(handle) => std::fs::File::from(handle.try_clone_to_owned()?).write_all(bytes),
        fd::Kind::Socket(_) => Err(std::io::ErrorKind::InvalidInput.into()),
    }
}

/// Reads what follows in a file, but no more than `bytes_max`.
pub(crate) fn read_all(file: fd::BorrowedFd<'_>, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let Kind::File(handle) = file.kind else { return Err(std::io::ErrorKind::InvalidInput.into()) };
    let mut bytes = Vec::new();
    std::fs::File::from(handle.try_clone_to_owned()?).take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes from guest memory.
pub(crate) fn write(
    memory: &GuestMemory,
    file: fd::BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    offset: Option<u64>,
) -> std_io::Result<usize> {
    let Kind::File(handle) = file.kind else { return net::send(memory, file, pieces, false) };
    let flags = file.flags();
    let written = if flags.contains(fs::OFlags::APPEND) && offset.is_none() {
        memory.append_to_handle(handle, pieces)?
    } else {
        memory.write_to_handle(handle, pieces, offset)?
    };
    if flags.intersects(fs::OFlags::SYNC | fs::OFlags::DSYNC) {
        fs::fdatasync(file).map_err(|_| std_io::Error::other("not written to the disk"))?;
    }
    Ok(written)
}

/// Standard streams.
pub(crate) mod stdio {
    use std::os::windows::io::AsHandle as _;

    use super::fd::BorrowedFd;

    pub(crate) fn stdin() -> BorrowedFd<'static> {
        let stream: &'static std::io::Stdin = Box::leak(Box::new(std::io::stdin()));
        BorrowedFd::shared(std::io::Stdin::as_handle(stream))
    }

    pub(crate) fn stdout() -> BorrowedFd<'static> {
        let stream: &'static std::io::Stdout = Box::leak(Box::new(std::io::stdout()));
        BorrowedFd::shared(std::io::Stdout::as_handle(stream))
    }

    pub(crate) fn stderr() -> BorrowedFd<'static> {
        let stream: &'static std::io::Stderr = Box::leak(Box::new(std::io::stderr()));
        BorrowedFd::shared(std::io::Stderr::as_handle(stream))
    }
}

/// Errors, and what is asked of descriptors.
pub(crate) mod io {
    use wasmc_loader::Readiness;

    use super::fd::{AsFd, Kind};
    pub(crate) use crate::errno::Errno;

    impl Errno {
        pub(crate) const INTR: Self = Self::Intr;
    }

    /// How much there is to read; 0 if that is not known.
    pub(crate) fn ioctl_fionread(descriptor: impl AsFd) -> Result<u64, Errno> {
        match descriptor.as_fd().kind {
            Kind::Socket(socket) => Ok(rustix::io::ioctl_fionread(socket).map_err(std::io::Error::from)?),
            Kind::File(handle) => match wasmc_loader::readiness(handle)? {
                Readiness::Bytes(bytes) => Ok(bytes),
                _ => Ok(0),
            },
        }
    }

    pub(crate) fn ioctl_fionbio(descriptor: impl AsFd, nonblocking: bool) -> Result<(), Errno> {
        super::net::set_nonblocking(descriptor, nonblocking)
    }
}

/// Threads that wait.
pub(crate) mod thread {
    use std::time::Duration;

    use super::io::Errno;
    use super::time::{ClockId, Timespec, clock_gettime};

    /// Nobody wakes a thread that sleeps: it looks around so often.
    const NAP: Duration = Duration::from_millis(20);

    pub(crate) fn sched_yield() {
        std::thread::yield_now();
    }

    pub(crate) fn clock_nanosleep_absolute(clock: ClockId, end: &Timespec) -> Result<(), Errno> {
        let left = end.duration().saturating_sub(clock_gettime(clock).duration());
        std::thread::sleep(left.min(NAP));
        if left > NAP { Err(Errno::Intr) } else { Ok(()) }
    }
}
