//! Windows, as far as the standard library goes: handles for descriptors. Everything counts as ready to be read and written.

use std::ffi::OsString;
use std::io as std_io;

use wasmc_loader::GuestMemory;

pub(crate) mod event;
pub(crate) mod fs;
pub(crate) mod time;

/// Text of the host as bytes of a guest's: UTF-8, but for half a pair of UTF-16.
pub(crate) fn bytes(text: OsString) -> Vec<u8> {
    text.into_encoded_bytes()
}

/// Reads into guest memory.
pub(crate) fn read(
    memory: &GuestMemory,
    file: fd::BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    offset: Option<u64>,
) -> std_io::Result<usize> {
    memory.read_from_handle(file, pieces, offset)
}

/// Writes from guest memory.
pub(crate) fn write(
    memory: &GuestMemory,
    file: fd::BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    offset: Option<u64>,
) -> std_io::Result<usize> {
    memory.write_to_handle(file, pieces, offset)
}

/// Sockets are given to no program.
pub(crate) fn send(
    _memory: &GuestMemory,
    _socket: fd::BorrowedFd<'_>,
    _pieces: &[(u64, u64)],
) -> std_io::Result<usize> {
    Err(std_io::ErrorKind::Unsupported.into())
}

/// Handles under the names of descriptors.
pub(crate) mod fd {
    pub(crate) use std::os::windows::io::{
        AsHandle, AsRawHandle, BorrowedHandle as BorrowedFd, OwnedHandle as OwnedFd,
    };

    /// A handle as a number.
    pub(crate) type RawFd = usize;

    /// What has a handle.
    pub(crate) trait AsFd {
        fn as_fd(&self) -> BorrowedFd<'_>;
    }

    macro_rules! handles {
        ($($type:ty),*) => {$(
            impl AsFd for $type {
                fn as_fd(&self) -> BorrowedFd<'_> {
                    self.as_handle()
                }
            }
        )*};
    }

    handles!(std::fs::File, OwnedFd, BorrowedFd<'_>);

    impl<T: AsFd> AsFd for &T {
        fn as_fd(&self) -> BorrowedFd<'_> {
            (*self).as_fd()
        }
    }

    /// What has a number.
    pub(crate) trait AsRawFd {
        fn as_raw_fd(&self) -> RawFd;
    }

    impl<T: AsRawHandle> AsRawFd for T {
        fn as_raw_fd(&self) -> RawFd {
            self.as_raw_handle().addr()
        }
    }
}

/// Standard streams.
pub(crate) mod stdio {
    use std::os::windows::io::AsHandle as _;

    use super::fd::BorrowedFd;

    pub(crate) fn stdin() -> BorrowedFd<'static> {
        let stream: &'static std::io::Stdin = Box::leak(Box::new(std::io::stdin()));
        std::io::Stdin::as_handle(stream)
    }

    pub(crate) fn stdout() -> BorrowedFd<'static> {
        let stream: &'static std::io::Stdout = Box::leak(Box::new(std::io::stdout()));
        std::io::Stdout::as_handle(stream)
    }

    pub(crate) fn stderr() -> BorrowedFd<'static> {
        let stream: &'static std::io::Stderr = Box::leak(Box::new(std::io::stderr()));
        std::io::Stderr::as_handle(stream)
    }
}

/// Errors, and what is asked of descriptors.
pub(crate) mod io {
    use super::fd::AsFd;
    pub(crate) use crate::errno::Errno;

    impl Errno {
        pub(crate) const INTR: Self = Self::Intr;
    }

    /// How much there is to read is not known.
    pub(crate) fn ioctl_fionread(_handle: impl AsFd) -> Result<u64, Errno> {
        Err(Errno::Notsup)
    }

    pub(crate) fn ioctl_fionbio(_handle: impl AsFd, _nonblocking: bool) -> Result<(), Errno> {
        Err(Errno::Notsup)
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
