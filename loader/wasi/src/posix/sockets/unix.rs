//! Sockets of the host: what Unix systems do for those of a program.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, Shutdown, SocketType};
use wasmc_loader::{GuestMemory, SocketFlags};

use crate::descriptor::Handle;
use crate::errno::Errno;
use crate::posix::Family;
use crate::system::fd::AsFd as _;
use crate::types::Vectors;

pub(crate) fn local_address(handle: &Handle) -> Result<SocketAddr, Errno> {
    SocketAddr::try_from(rustix::net::getsockname(handle)?).map_err(|_| Errno::Afnosupport)
}

pub(crate) fn peer_address(handle: &Handle) -> Result<SocketAddr, Errno> {
    SocketAddr::try_from(rustix::net::getpeername(handle)?.ok_or(Errno::Notconn)?).map_err(|_| Errno::Afnosupport)
}

/// A socket that is to be connected.
pub(crate) fn stream(family: Family, nonblocking: bool) -> Result<OwnedFd, Errno> {
    let family = match family {
        Family::Ipv4 => AddressFamily::INET,
        Family::Ipv6 => AddressFamily::INET6,
    };
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, nonblocking)?;
    Ok(socket)
}

pub(crate) fn connect(socket: &Handle, address: SocketAddr) -> Result<(), Errno> {
    Ok(rustix::net::connect(socket, &address)?)
}

/// The connection, and whose it is, also if that has gone already; a system may not know then.
pub(crate) fn accept(listener: &Handle, nonblocking: bool) -> Result<(OwnedFd, Option<SocketAddr>), Errno> {
    let (connection, peer) = crate::system::accept_from(listener, nonblocking)?;
    Ok((connection, peer.and_then(|peer| peer.try_into().ok())))
}

pub(crate) fn is_listening(handle: &Handle) -> bool {
    crate::system::is_listening(handle)
}

pub(crate) fn receive(
    memory: &GuestMemory<'_>,
    handle: &Handle,
    vectors: &Vectors,
    flags: SocketFlags,
) -> Result<usize, Errno> {
    Ok(memory.receive_from_socket(handle.as_fd(), vectors.as_slice(), flags)?.0)
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
