//! Sockets of the host: on Windows, programs are given none.

use std::net::SocketAddr;

use wasmc_loader::{GuestMemory, SocketFlags};

use crate::descriptor::Handle;
use crate::errno::Errno;
use crate::posix::Family;
use crate::system::fd::OwnedFd;
use crate::types::Vectors;

pub(crate) fn local_address(_handle: &Handle) -> Result<SocketAddr, Errno> {
    Err(Errno::Notsock)
}

pub(crate) fn peer_address(_handle: &Handle) -> Result<SocketAddr, Errno> {
    Err(Errno::Notsock)
}

pub(crate) fn stream(_family: Family, _nonblocking: bool) -> Result<OwnedFd, Errno> {
    Err(Errno::Acces)
}

pub(crate) fn connect(_socket: &Handle, _address: SocketAddr) -> Result<(), Errno> {
    Err(Errno::Notsock)
}

pub(crate) fn accept(_listener: &Handle, _nonblocking: bool) -> Result<(OwnedFd, Option<SocketAddr>), Errno> {
    Err(Errno::Notsock)
}

pub(crate) fn is_listening(_handle: &Handle) -> bool {
    false
}

pub(crate) fn receive(
    _memory: &GuestMemory<'_>,
    _handle: &Handle,
    _vectors: &Vectors,
    _flags: SocketFlags,
) -> Result<usize, Errno> {
    Err(Errno::Notsock)
}

pub(crate) fn shut_down(_handle: &Handle, _how: u32) -> Result<(), Errno> {
    Err(Errno::Notsock)
}

pub(crate) fn take_error(_handle: &Handle) -> Result<Option<Errno>, Errno> {
    Err(Errno::Notsock)
}
