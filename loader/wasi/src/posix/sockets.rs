//! The calls for sockets: of those that a program makes, and of those that it was given.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use wasmc_loader::{GuestMemory, SocketFlags};

use super::endpoint::Endpoint;
use super::special::Special;
use super::{OPEN_MAX, Posix, flags};
use crate::descriptor::{Direction, Handle, Object, Slot};
use crate::errno::Errno;
use crate::system::fd::AsFd as _;
use crate::types::{FileType, Vectors};

#[cfg(unix)]
#[path = "sockets/unix.rs"]
pub(super) mod host;
#[cfg(windows)]
#[path = "sockets/windows.rs"]
pub(super) mod host;

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `AF_INET`.
    Ipv4,
    /// `AF_INET6`.
    Ipv6,
}

/// Why a name has no address, as `getaddrinfo` and its like tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It has none that the program may know.
    Unknown,
}

impl Posix {
    /// Applies what there is for a socket of the program's making, or for one that it was given.
    fn with_socket<T>(
        &self,
        descriptor: u32,
        direction: Direction,
        own: impl FnOnce(&Endpoint) -> Result<T, Errno>,
        given: impl FnOnce(&Handle) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        match &*self.context().table.find(descriptor)? {
            Object::Special(Special::Endpoint(endpoint)) => own(endpoint),
            Object::Socket(handle) => given(handle),
            Object::File(file) if file.file_type() == FileType::SocketStream => {
                if file.lets(direction) {
                    given(&file.handle)
                } else {
                    Err(Errno::Badf)
                }
            }
            _ => Err(Errno::Notsock),
        }
    }

    /// Whether a descriptor is a stream that the program shares with others, and does not want to wait for.
    fn waits_itself(&self, descriptor: u32) -> bool {
        let object = self.context().table.find(descriptor);
        object.is_ok_and(|object| matches!(&*object, Object::File(file) if file.waits_itself()))
    }

    fn insert_endpoint(&self, endpoint: Endpoint, close_on_exec: bool) -> Result<u32, Errno> {
        let object = Arc::new(Object::Special(Special::Endpoint(endpoint)));
        self.context().table.insert_slot(Slot { object, opened: None, close_on_exec }, 0, OPEN_MAX)
    }

    /// `socket`, of TCP if `is_stream`, else of UDP; with the flags [`flags::NONBLOCK`] and [`flags::CLOSE_ON_EXEC`].
    ///
    /// # Errors
    ///
    /// `EMFILE`.
    pub fn socket(&self, family: Family, is_stream: bool, flags: u32) -> Result<u32, Errno> {
        let endpoint = Endpoint::new(&self.shared.network, family, is_stream, flags & flags::NONBLOCK != 0);
        self.insert_endpoint(endpoint, flags & flags::CLOSE_ON_EXEC != 0)
    }

    /// `bind`: says which port to listen at later.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn bind(&self, descriptor: u32, address: SocketAddr) -> Result<(), Errno> {
        self.with_socket(descriptor, Direction::None, |endpoint| endpoint.bind(address), |_| Err(Errno::Inval))
    }

    /// `listen`: takes the listening socket that was granted for the address.
    ///
    /// # Errors
    ///
    /// `EACCES`, if there is none; else as POSIX has them.
    pub fn listen(&self, descriptor: u32) -> Result<(), Errno> {
        self.with_socket(descriptor, Direction::None, Endpoint::listen, |_| Ok(()))
    }

    /// `connect`.
    ///
    /// # Errors
    ///
    /// `EACCES`, if that was not granted; else as POSIX has them.
    pub fn connect(&self, descriptor: u32, address: SocketAddr) -> Result<(), Errno> {
        self.with_socket(descriptor, Direction::None, |endpoint| endpoint.connect(address), |_| Err(Errno::Isconn))
    }

    /// `accept4`: the connection, and whose it is.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn accept(&self, descriptor: u32, flags: u32) -> Result<(u32, SocketAddr), Errno> {
        let nonblocking = flags & flags::NONBLOCK != 0;
        let own = |endpoint: &Endpoint| match endpoint.handle() {
            Some(listener) if endpoint.is_listening() => Ok((host::accept(&listener, nonblocking)?, endpoint.family)),
            _ => Err(if endpoint.is_stream() { Errno::Inval } else { Errno::Notsup }),
        };
        let given = |listener: &Handle| {
            let family = if host::local_address(listener).is_ok_and(|local| local.is_ipv6()) {
                Family::Ipv6
            } else {
                Family::Ipv4
            };
            Ok((host::accept(listener, nonblocking)?, family))
        };
        let ((connection, peer), family) = self.with_socket(descriptor, Direction::In, own, given)?;
        let endpoint = Endpoint::accepted(&self.shared.network, family, Handle::Owned(connection), nonblocking);
        let connection = self.insert_endpoint(endpoint, flags & flags::CLOSE_ON_EXEC != 0)?;
        Ok((connection, peer.unwrap_or(family.unspecified())))
    }

    /// `getsockname`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn local_address(&self, descriptor: u32) -> Result<SocketAddr, Errno> {
        self.with_socket(descriptor, Direction::None, Endpoint::local_address, host::local_address)
    }

    /// `getpeername`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn peer_address(&self, descriptor: u32) -> Result<SocketAddr, Errno> {
        self.with_socket(descriptor, Direction::None, Endpoint::peer_address, host::peer_address)
    }

    /// `recvmsg`, into buffers: how many bytes, and whose they are.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn receive(
        &self,
        descriptor: u32,
        memory: &GuestMemory<'_>,
        buffers: Buffers,
        mut flags: SocketFlags,
    ) -> Result<(u32, Option<SocketAddr>), Errno> {
        flags.nonblocking |= self.waits_itself(descriptor);
        let (length, from) = self.with_socket(
            descriptor,
            Direction::In,
            |endpoint| endpoint.receive(memory, &buffers.read(memory)?, flags),
            |handle| {
                let length = host::receive(memory, handle, &buffers.read(memory)?, flags)?;
                Ok((length, host::peer_address(handle).ok()))
            },
        )?;
        Ok((u32::try_from(length).map_err(|_| Errno::Overflow)?, from))
    }

    /// `sendmsg`, from buffers: how many bytes. A connection does not look at an address. If `nonblocking`, this call does not
    /// wait, whatever the socket is told.
    ///
    /// # Errors
    ///
    /// `EACCES` for an address that is not the program's own; else as POSIX has them.
    pub fn send(
        &self,
        descriptor: u32,
        memory: &GuestMemory<'_>,
        buffers: Buffers,
        to: Option<SocketAddr>,
        nonblocking: bool,
    ) -> Result<u32, Errno> {
        let nonblocking = nonblocking || self.waits_itself(descriptor);
        let own = |endpoint: &Endpoint| endpoint.send(memory, &buffers.read(memory)?, to, nonblocking);
        let given = |handle: &Handle| {
            Ok(crate::system::send(memory, handle.as_fd(), buffers.read(memory)?.as_slice(), nonblocking)?)
        };
        u32::try_from(self.with_socket(descriptor, Direction::Out, own, given)?).map_err(|_| Errno::Overflow)
    }

    /// `shutdown`: of reading (0), of writing (1), or of both (2).
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn shut_down(&self, descriptor: u32, how: u32) -> Result<(), Errno> {
        let direction = match how {
            0 => Direction::In,
            1 => Direction::Out,
            2 => Direction::Both,
            _ => return Err(Errno::Inval),
        };
        let own = |endpoint: &Endpoint| match endpoint.connection() {
            Ok(connection) => host::shut_down(&connection, how),
            Err(_) => Err(Errno::Notconn),
        };
        self.with_socket(descriptor, direction, own, |handle| host::shut_down(handle, how))
    }

    /// `getsockopt` with `SO_ERROR`: the error that is waiting, and it is no more.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn take_socket_error(&self, descriptor: u32) -> Result<Option<Errno>, Errno> {
        let own = |endpoint: &Endpoint| match endpoint.handle() {
            Some(handle) => host::take_error(&handle),
            None => Ok(None),
        };
        self.with_socket(descriptor, Direction::None, own, host::take_error)
    }

    /// Whether a socket is a stream, and whether it listens.
    ///
    /// # Errors
    ///
    /// `EBADF`, `ENOTSOCK`.
    pub fn socket_kind(&self, descriptor: u32) -> Result<(bool, bool), Errno> {
        let own = |endpoint: &Endpoint| Ok((endpoint.is_stream(), endpoint.is_listening()));
        let given = |handle: &Handle| {
            let is_stream = crate::system::net::file_type(handle) == FileType::SocketStream;
            Ok((is_stream, host::is_listening(handle)))
        };
        self.with_socket(descriptor, Direction::None, own, given)
    }

    /// The addresses of a host, by its name or by numbers. Names are known of what the program may connect to, and
    /// `localhost`.
    ///
    /// # Errors
    ///
    /// If it has none.
    pub fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Lookup> {
        if let Ok(address) = name.parse::<IpAddr>() {
            return Ok(vec![address]);
        }
        if let Some(found) = self.shared.network.addresses(name) {
            return if found.is_empty() { Err(Lookup::Unknown) } else { Ok(found) };
        }
        if name.eq_ignore_ascii_case("localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        Err(Lookup::Unknown)
    }
}

/// Buffers in guest memory.
#[derive(Clone, Copy, Debug)]
pub enum Buffers {
    /// One, by its address and its length in bytes.
    One(u32, u32),
    /// An array of `iovec`, by its address and how many there are.
    Many(u32, u32),
}

impl Buffers {
    fn read(self, memory: &GuestMemory<'_>) -> Result<Vectors, Errno> {
        match self {
            Self::One(address, length_bytes) => Vectors::one(memory, address, length_bytes),
            Self::Many(address, count) => Vectors::read(memory, address, count),
        }
    }
}
