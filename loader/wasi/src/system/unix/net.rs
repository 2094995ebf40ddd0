//! Sockets on Unix systems.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::SocketType;
use wasmc_loader::{GuestMemory, SocketFlags};

use crate::errno::Errno;
use crate::types::FileType;

/// What a socket is called in a status.
pub(crate) fn file_type(socket: impl AsFd) -> FileType {
    match rustix::net::sockopt::socket_type(socket) {
        Ok(SocketType::DGRAM) => FileType::SocketDatagram,
        Ok(_) => FileType::SocketStream,
        Err(_) => FileType::Unknown,
    }
}

pub(crate) fn shutdown(socket: impl AsFd, how: Shutdown) -> Result<(), Errno> {
    let how = match how {
        Shutdown::Read => rustix::net::Shutdown::Read,
        Shutdown::Write => rustix::net::Shutdown::Write,
        Shutdown::Both => rustix::net::Shutdown::Both,
    };
    Ok(rustix::net::shutdown(socket, how)?)
}

/// Receives into guest memory.
pub(crate) fn receive(
    memory: &GuestMemory,
    socket: BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    flags: SocketFlags,
) -> io::Result<(usize, bool)> {
    memory.receive_from_socket(socket, pieces, flags)
}

/// Sends from guest memory.
pub(crate) fn send(
    memory: &GuestMemory,
    socket: BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    nonblocking: bool,
) -> io::Result<usize> {
    memory.send_to_socket(socket, pieces, nonblocking)
}
