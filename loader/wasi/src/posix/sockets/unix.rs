//! Sockets of the host: what Unix systems do for those of a program.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, Shutdown, SocketType};
use wasmc_loader::GuestMemory;

use crate::descriptor::Handle;
use crate::errno::Errno;
use crate::system::fd::AsFd as _;
use crate::types::Vectors;

pub(crate) fn local_address(handle: &Handle) -> Result<SocketAddr, Errno> {
    SocketAddr::try_from(rustix::net::getsockname(handle)?).map_err(|_| Errno::Afnosupport)
}

pub(crate) fn peer_address(handle: &Handle) -> Result<SocketAddr, Errno> {
    SocketAddr::try_from(rustix::net::getpeername(handle)?.ok_or(Errno::Notconn)?).map_err(|_| Errno::Afnosupport)
}

/// The socket, and whether it is connected already.
pub(crate) fn connect(address: SocketAddr, nonblocking: bool) -> Result<(OwnedFd, Result<(), Errno>), Errno> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, nonblocking)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) => Ok((socket, Ok(()))),
        Err(rustix::io::Errno::INPROGRESS) => Ok((socket, Err(Errno::Inprogress))),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn accept(listener: &Handle, nonblocking: bool) -> Result<OwnedFd, Errno> {
    Ok(crate::system::accept(listener, nonblocking)?)
}

pub(crate) fn receive(
    memory: &GuestMemory<'_>,
    handle: &Handle,
    vectors: &Vectors,
    peek: bool,
    wait_all: bool,
) -> Result<usize, Errno> {
    Ok(memory.receive_from_socket(handle.as_fd(), vectors.as_slice(), peek, wait_all)?.0)
}

pub(crate) fn shut_down(handle: &Handle, how: u32) -> Result<(), Errno> {
    let how = match how {
        0 => Shutdown::Read,
        1 => Shutdown::Write,
        _ => Shutdown::Both,
    };
    Ok(rustix::net::shutdown(handle, how)?)
}

pub(crate) fn take_error(handle: &Handle) -> Result<Option<Errno>, Errno> {
    Ok(rustix::net::sockopt::socket_error(handle)?.err().map(Errno::from))
}
