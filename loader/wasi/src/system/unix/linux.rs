//! What of rustix is Linux's own.

use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{SocketAddrAny, SocketFlags};
pub(crate) use rustix::{fs, thread};

/// The next connection of a listener, and whose it is.
pub(crate) fn accept_from(
    listener: impl AsFd,
    nonblocking: bool,
) -> rustix::io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    let mut flags = SocketFlags::CLOEXEC;
    flags.set(SocketFlags::NONBLOCK, nonblocking);
    rustix::net::acceptfrom_with(listener, flags)
}

/// Whether a socket waits for connections.
pub(crate) fn is_listening(socket: impl AsFd) -> bool {
    rustix::net::sockopt::socket_acceptconn(socket).unwrap_or(false)
}
