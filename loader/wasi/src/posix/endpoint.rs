//! Sockets that a program makes itself: none of them is the host's until it listens where it was granted to, or connects to
//! what it was granted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use wasmc_loader::GuestMemory;

use super::poll::Readiness;
use super::sockets::{Family, host};
use crate::context::Parts;
use crate::descriptor::Handle;
use crate::errno::Errno;
use crate::system::fd::AsFd as _;
use crate::types::{FileType, Vectors};

/// What a program may reach of the network.
#[derive(Debug)]
pub(super) struct Network {
    /// Listening sockets that nobody has taken yet.
    listeners: Mutex<Vec<Arc<Handle>>>,
    /// Hosts and ports that may be connected to.
    peers: Vec<(String, u16)>,
}

impl Network {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { listeners: Mutex::new(parts.sockets.clone()), peers: parts.peers.clone() }
    }

    /// The listening socket that was granted for this port, and for all addresses or this one.
    fn take_listener(&self, address: SocketAddr) -> Option<Arc<Handle>> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |listener: &Arc<Handle>| {
            host::local_address(listener).is_ok_and(|granted| {
                let same = address.ip().is_unspecified() || granted.ip() == address.ip();
                granted.port() == address.port() && (same || granted.ip().is_unspecified())
            })
        };
        let index = listeners.iter().position(fits)?;
        Some(listeners.swap_remove(index))
    }

    /// The addresses of a host that was granted; `None` for others.
    pub(super) fn addresses(&self, name: &str) -> Option<Vec<IpAddr>> {
        let (_, port) = self.peers.iter().find(|(host, _)| host.eq_ignore_ascii_case(name))?;
        let found = (name, *port).to_socket_addrs().ok()?;
        Some(found.map(|address| address.ip()).collect())
    }

    /// Whether this may be connected to.
    fn allows(&self, address: SocketAddr) -> bool {
        self.peers.iter().filter(|(_, port)| *port == address.port()).any(|(name, port)| {
            let found = (name.as_str(), *port).to_socket_addrs();
            found.is_ok_and(|mut found| found.any(|granted| granted.ip().to_canonical() == address.ip().to_canonical()))
        })
    }
}

/// How far a socket has come.
#[derive(Debug)]
enum State {
    New,
    Bound(SocketAddr),
    Listening(Arc<Handle>),
    Connected(Arc<Handle>),
}

/// A socket of a program's own making.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(super) family: Family,
    pub(super) is_stream: bool,
    nonblocking: AtomicBool,
    state: RwLock<State>,
}

impl Endpoint {
    pub(super) fn new(family: Family, is_stream: bool, nonblocking: bool) -> Self {
        Self { family, is_stream, nonblocking: AtomicBool::new(nonblocking), state: RwLock::new(State::New) }
    }

    /// A connection that was accepted.
    pub(super) fn accepted(family: Family, connection: Handle, nonblocking: bool) -> Self {
        let state = RwLock::new(State::Connected(Arc::new(connection)));
        Self { family, is_stream: true, nonblocking: AtomicBool::new(nonblocking), state }
    }

    pub(crate) fn file_type(&self) -> FileType {
        if self.is_stream { FileType::SocketStream } else { FileType::SocketDatagram }
    }

    pub(crate) fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn handle(&self) -> Option<Arc<Handle>> {
        self.with_state(|state| match state {
            State::Listening(handle) | State::Connected(handle) => Some(Arc::clone(handle)),
            State::New | State::Bound(_) => None,
        })
    }

    /// The connection. Without one, a socket of datagrams just gets none.
    pub(super) fn connection(&self) -> Result<Arc<Handle>, Errno> {
        self.with_state(|state| match state {
            State::Connected(handle) => Ok(Arc::clone(handle)),
            _ if self.is_stream => Err(Errno::Notconn),
            _ => Err(Errno::Again),
        })
    }

    pub(super) fn is_listening(&self) -> bool {
        self.with_state(|state| matches!(state, State::Listening(_)))
    }

    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> Result<(), Errno> {
        if let Some(handle) = self.handle() {
            crate::system::io::ioctl_fionbio(&*handle, nonblocking)?;
        }
        self.nonblocking.store(nonblocking, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn bind(&self, mut address: SocketAddr) -> Result<(), Errno> {
        /// Ports that are given to those who ask for none.
        static NEXT: AtomicU16 = AtomicU16::new(49_152);
        if !self.family.has(address) {
            return Err(Errno::Afnosupport);
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, State::New) {
            return Err(Errno::Inval);
        }
        if address.port() == 0 {
            let next = NEXT
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |port| Some(port.checked_add(1).unwrap_or(49_152)));
            address.set_port(next.unwrap_or_default());
        }
        *state = State::Bound(address);
        Ok(())
    }

    pub(super) fn listen(&self, network: &Network) -> Result<(), Errno> {
        if !self.is_stream {
            return Err(Errno::Notsup);
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Listening(_) => Ok(()),
            State::New | State::Connected(_) => Err(Errno::Inval),
            State::Bound(address) => {
                let listener = network.take_listener(*address).ok_or(Errno::Acces)?;
                crate::system::io::ioctl_fionbio(&*listener, self.is_nonblocking())?;
                *state = State::Listening(listener);
                Ok(())
            }
        }
    }

    pub(super) fn connect(&self, address: SocketAddr, network: &Network) -> Result<(), Errno> {
        if !self.family.has(address) {
            return Err(Errno::Afnosupport);
        }
        if matches!(self.with_state(|state| matches!(state, State::Connected(_) | State::Listening(_))), true) {
            return Err(Errno::Isconn);
        }
        if !self.is_stream || !network.allows(address) {
            return Err(Errno::Acces);
        }
        let (connection, result) = host::connect(address, self.is_nonblocking())?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) =
            State::Connected(Arc::new(Handle::Owned(connection)));
        result
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr, Errno> {
        self.with_state(|state| match state {
            State::New => Ok(self.family.unspecified()),
            State::Bound(address) => Ok(*address),
            State::Listening(handle) | State::Connected(handle) => host::local_address(handle),
        })
    }

    pub(super) fn peer_address(&self) -> Result<SocketAddr, Errno> {
        self.with_state(|state| match state {
            State::Connected(handle) => host::peer_address(handle),
            _ => Err(Errno::Notconn),
        })
    }

    pub(crate) fn receive(&self, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        let connection = self.connection()?;
        Ok(crate::system::read(memory, connection.as_fd(), vectors.as_slice(), None)?)
    }

    pub(crate) fn send(&self, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        let connection = match self.connection() {
            Err(Errno::Again) => return Err(Errno::Destaddrreq),
            connection => connection?,
        };
        Ok(crate::system::send(memory, connection.as_fd(), vectors.as_slice())?)
    }

    pub(crate) fn waiting_bytes(&self) -> Result<u64, Errno> {
        match self.handle() {
            Some(handle) => Ok(crate::system::io::ioctl_fionread(&*handle)?),
            None => Ok(0),
        }
    }

    pub(crate) fn readiness(&self) -> Readiness {
        match self.handle() {
            Some(handle) => Readiness { host: Some(handle), ..Readiness::default() },
            // As on Linux, what is not connected has hung up, and to write tells so at once.
            None if self.is_stream => Readiness { writable: true, hung_up: true, ..Readiness::default() },
            None => Readiness { writable: true, ..Readiness::default() },
        }
    }
}

impl Family {
    pub(super) fn has(self, address: SocketAddr) -> bool {
        (self == Self::Ipv4) == address.is_ipv4()
    }

    fn unspecified(self) -> SocketAddr {
        match self {
            Self::Ipv4 => (Ipv4Addr::UNSPECIFIED, 0).into(),
            Self::Ipv6 => (Ipv6Addr::UNSPECIFIED, 0).into(),
        }
    }
}
