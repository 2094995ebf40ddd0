//! Sockets on Windows, by rustix, which knows Winsock.

use std::io;
use std::net::Shutdown;

use rustix::net::SocketType;
use wasmc_loader::{GuestMemory, SocketFlags};

use super::fd::{AsFd, BorrowedFd, Kind, OwnedFd};
use super::fs::OFlags;
use crate::errno::Errno;
use crate::types::FileType;

/// `WSAENOTSOCK`
const NOT_A_SOCKET: i32 = 10038;

type Socket<'a> = std::os::windows::io::BorrowedSocket<'a>;

fn socket(descriptor: BorrowedFd<'_>) -> io::Result<Socket<'_>> {
    match descriptor.kind {
        Kind::Socket(socket) => Ok(socket),
        Kind::File(_) => Err(io::Error::from_raw_os_error(NOT_A_SOCKET)),
    }
}

/// What a socket is called in a status.
pub(crate) fn file_type(descriptor: impl AsFd) -> FileType {
    match socket(descriptor.as_fd()).map(rustix::net::sockopt::socket_type) {
        Ok(Ok(SocketType::DGRAM)) => FileType::SocketDatagram,
        Ok(Ok(_)) => FileType::SocketStream,
        _ => FileType::Unknown,
    }
}

/// The next connection of a listener.
pub(crate) fn accept(listener: impl AsFd, nonblocking: bool) -> Result<OwnedFd, Errno> {
    let accepted = OwnedFd::from(rustix::net::accept(socket(listener.as_fd())?).map_err(io::Error::from)?);
    // It takes over what its listener is.
    set_nonblocking(&accepted, nonblocking)?;
    Ok(accepted)
}

/// Has calls wait, or not. The system does not tell afterwards.
pub(crate) fn set_nonblocking(descriptor: impl AsFd, nonblocking: bool) -> Result<(), Errno> {
    let descriptor = descriptor.as_fd();
    rustix::io::ioctl_fionbio(socket(descriptor)?, nonblocking).map_err(io::Error::from)?;
    if let Some(kept) = descriptor.flags {
        kept.store(if nonblocking { OFlags::NONBLOCK } else { OFlags::empty() });
    }
    Ok(())
}

pub(crate) fn shutdown(descriptor: impl AsFd, how: Shutdown) -> Result<(), Errno> {
    let how = match how {
        Shutdown::Read => rustix::net::Shutdown::Read,
        Shutdown::Write => rustix::net::Shutdown::Write,
        Shutdown::Both => rustix::net::Shutdown::Both,
    };
    Ok(rustix::net::shutdown(socket(descriptor.as_fd())?, how).map_err(io::Error::from)?)
}

/// Receives into guest memory.
pub(crate) fn receive(
    memory: &GuestMemory,
    descriptor: BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    flags: SocketFlags,
) -> io::Result<(usize, bool)> {
    memory.receive_from_socket(socket(descriptor)?, pieces, flags)
}

/// Sends from guest memory.
pub(crate) fn send(
    memory: &GuestMemory,
    descriptor: BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    nonblocking: bool,
) -> io::Result<usize> {
    memory.send_to_socket(socket(descriptor)?, pieces, nonblocking)
}
