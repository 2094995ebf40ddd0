//! What of rustix is Linux's own.

use std::os::fd::{AsFd, OwnedFd};

use rustix::net::SocketFlags;
pub(crate) use rustix::{fs, thread};

/// The next connection of a listener.
pub(crate) fn accept(listener: impl AsFd, nonblocking: bool) -> rustix::io::Result<OwnedFd> {
    let mut flags = SocketFlags::CLOEXEC;
    flags.set(SocketFlags::NONBLOCK, nonblocking);
    rustix::net::accept_with(listener, flags)
}
