//! Sockets that a program makes itself: none of them is the host's until it listens where it was granted to, or connects to
//! what it was granted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use wasmc_loader::{GuestMemory, SocketFlags};

use super::datagram::{self, Mailbox, Mailboxes};
use super::poll::Readiness;
use super::sockets::{Family, host};
use crate::context::Parts;
use crate::descriptor::Handle;
use crate::errno::Errno;
use crate::kept::HostMemory;
use crate::system::fd::AsFd as _;
use crate::types::{FileType, Vectors};

/// What a program may reach of the network.
#[derive(Debug)]
pub(super) struct Network {
    /// Listening sockets that nobody has taken yet.
    listeners: Mutex<Vec<Arc<Handle>>>,
    /// Hosts and ports that may be connected to.
    peers: Vec<(String, u16)>,
    mailboxes: Mailboxes,
    /// What datagrams take that nobody has received yet.
    memory: HostMemory,
}

impl Network {
    pub(super) fn new(parts: &Parts, has_threads: &Arc<AtomicBool>) -> Self {
        Self {
            listeners: Mutex::new(parts.sockets.clone()),
            peers: parts.peers.clone(),
            mailboxes: Mailboxes::new(has_threads),
            memory: parts.host_memory.clone(),
        }
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

/// How far a socket of a stream has come.
#[derive(Debug)]
enum Stream {
    New,
    Bound(SocketAddr),
    Listening(Arc<Handle>),
    Connected(Arc<Handle>),
}

/// A socket of datagrams.
#[derive(Debug)]
struct Datagrams {
    mailbox: Arc<Mailbox>,
    address: Mutex<Option<SocketAddr>>,
    peer: Mutex<Option<SocketAddr>>,
}

#[derive(Debug)]
enum Kind {
    Stream(RwLock<Stream>),
    Datagrams(Datagrams),
}

/// A socket of a program's own making.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(super) family: Family,
    nonblocking: AtomicBool,
    network: Arc<Network>,
    kind: Kind,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Endpoint {
    pub(super) fn new(network: &Arc<Network>, family: Family, is_stream: bool, nonblocking: bool) -> Self {
        let kind = if is_stream {
            Kind::Stream(RwLock::new(Stream::New))
        } else {
            let mailbox = Arc::new(Mailbox::new(&network.memory));
            Kind::Datagrams(Datagrams { mailbox, address: Mutex::default(), peer: Mutex::default() })
        };
        Self { family, nonblocking: AtomicBool::new(nonblocking), network: Arc::clone(network), kind }
    }

    /// A connection that was accepted.
    pub(super) fn accepted(network: &Arc<Network>, family: Family, connection: Handle, nonblocking: bool) -> Self {
        let kind = Kind::Stream(RwLock::new(Stream::Connected(Arc::new(connection))));
        Self { family, nonblocking: AtomicBool::new(nonblocking), network: Arc::clone(network), kind }
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self.kind, Kind::Stream(_))
    }

    pub(crate) fn file_type(&self) -> FileType {
        if self.is_stream() { FileType::SocketStream } else { FileType::SocketDatagram }
    }

    pub(crate) fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    /// Looks at a stream; of datagrams, there is nothing to be seen.
    fn with_stream<T>(&self, look: impl FnOnce(&Stream) -> Option<T>) -> Option<T> {
        match &self.kind {
            Kind::Stream(stream) => look(&stream.read().unwrap_or_else(PoisonError::into_inner)),
            Kind::Datagrams(_) => None,
        }
    }

    /// The host's socket, if there is one.
    pub(super) fn handle(&self) -> Option<Arc<Handle>> {
        self.with_stream(|stream| match stream {
            Stream::Listening(handle) | Stream::Connected(handle) => Some(Arc::clone(handle)),
            Stream::New | Stream::Bound(_) => None,
        })
    }

    /// The connection of a stream.
    pub(super) fn connection(&self) -> Result<Arc<Handle>, Errno> {
        let found = self.with_stream(|stream| match stream {
            Stream::Connected(handle) => Some(Arc::clone(handle)),
            _ => None,
        });
        found.ok_or(Errno::Notconn)
    }

    pub(super) fn is_listening(&self) -> bool {
        self.with_stream(|stream| matches!(stream, Stream::Listening(_)).then_some(())).is_some()
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
        match &self.kind {
            Kind::Datagrams(datagrams) => {
                let mut own = locked(&datagrams.address);
                if own.is_some() {
                    return Err(Errno::Inval);
                }
                if !datagram::is_own(address.ip()) {
                    return Err(Errno::Acces);
                }
                *own = Some(self.network.mailboxes.bind(address, &datagrams.mailbox)?);
            }
            Kind::Stream(stream) => {
                let mut stream = stream.write().unwrap_or_else(PoisonError::into_inner);
                if !matches!(*stream, Stream::New) {
                    return Err(Errno::Inval);
                }
                if address.port() == 0 {
                    let following = |port: u16| Some(port.checked_add(1).unwrap_or(49_152));
                    let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, following);
                    address.set_port(next.unwrap_or_default());
                }
                *stream = Stream::Bound(address);
            }
        }
        Ok(())
    }

    pub(super) fn listen(&self) -> Result<(), Errno> {
        let Kind::Stream(stream) = &self.kind else { return Err(Errno::Notsup) };
        let mut stream = stream.write().unwrap_or_else(PoisonError::into_inner);
        match &*stream {
            Stream::Listening(_) => Ok(()),
            Stream::New | Stream::Connected(_) => Err(Errno::Inval),
            Stream::Bound(address) => {
                let listener = self.network.take_listener(*address).ok_or(Errno::Acces)?;
                crate::system::io::ioctl_fionbio(&*listener, self.is_nonblocking())?;
                *stream = Stream::Listening(listener);
                Ok(())
            }
        }
    }

    pub(super) fn connect(&self, address: SocketAddr) -> Result<(), Errno> {
        if !self.family.has(address) {
            return Err(Errno::Afnosupport);
        }
        let stream = match &self.kind {
            Kind::Stream(stream) => stream,
            Kind::Datagrams(_) if !datagram::is_own(address.ip()) => return Err(Errno::Acces),
            Kind::Datagrams(datagrams) => {
                *locked(&datagrams.peer) = Some(address);
                return Ok(());
            }
        };
        let is_allowed = self.network.allows(address);
        match self.connection() {
            // On its way, there, or failed: the system knows.
            Ok(connection) if is_allowed => return host::connect(&connection, address),
            Ok(_) => return Err(Errno::Isconn),
            Err(_) if self.is_listening() => return Err(Errno::Isconn),
            Err(_) if !is_allowed => return Err(Errno::Acces),
            Err(_) => {}
        }
        let connection = Arc::new(Handle::Owned(host::stream(self.family, self.is_nonblocking())?));
        let locked = || stream.write().unwrap_or_else(PoisonError::into_inner);
        let before = {
            let mut stream = locked();
            if matches!(*stream, Stream::Listening(_) | Stream::Connected(_)) {
                // Another thread was faster.
                return Err(Errno::Already);
            }
            std::mem::replace(&mut *stream, Stream::Connected(Arc::clone(&connection)))
        };
        let result = host::connect(&connection, address);
        if result.is_err_and(|error| error != Errno::Inprogress) {
            // Systems differ in what such a socket is good for; the program's own is as before.
            *locked() = before;
        }
        result
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr, Errno> {
        match &self.kind {
            Kind::Datagrams(datagrams) => Ok(locked(&datagrams.address).unwrap_or(self.family.unspecified())),
            Kind::Stream(stream) => match &*stream.read().unwrap_or_else(PoisonError::into_inner) {
                Stream::New => Ok(self.family.unspecified()),
                Stream::Bound(address) => Ok(*address),
                Stream::Listening(handle) | Stream::Connected(handle) => host::local_address(handle),
            },
        }
    }

    pub(super) fn peer_address(&self) -> Result<SocketAddr, Errno> {
        match &self.kind {
            Kind::Datagrams(datagrams) => locked(&datagrams.peer).ok_or(Errno::Notconn),
            Kind::Stream(_) => host::peer_address(&*self.connection()?),
        }
    }

    /// `read`.
    pub(crate) fn read(&self, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        Ok(self.receive(memory, vectors, SocketFlags::default())?.0)
    }

    /// `write`.
    pub(crate) fn write(&self, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        self.send(memory, vectors, None, false)
    }

    /// Bytes, and whose they are.
    pub(super) fn receive(
        &self,
        memory: &GuestMemory,
        vectors: &Vectors,
        flags: SocketFlags,
    ) -> Result<(usize, Option<SocketAddr>), Errno> {
        match &self.kind {
            Kind::Stream(_) => {
                let connection = self.connection()?;
                let length = host::receive(memory, &connection, vectors, flags)?;
                Ok((length, host::peer_address(&connection).ok()))
            }
            Kind::Datagrams(datagrams) => {
                let waits = !flags.nonblocking && !self.is_nonblocking() && self.network.mailboxes.may_wait();
                let (from, bytes) = datagrams.mailbox.receive(flags.peek, waits)?;
                // What has no room is lost.
                Ok((crate::tree::copy_out(memory, vectors, &bytes)?, Some(from)))
            }
        }
    }

    /// Sends bytes to who is connected, or to an address.
    pub(super) fn send(
        &self,
        memory: &GuestMemory,
        vectors: &Vectors,
        to: Option<SocketAddr>,
        nonblocking: bool,
    ) -> Result<usize, Errno> {
        let datagrams = match &self.kind {
            Kind::Datagrams(datagrams) => datagrams,
            Kind::Stream(_) => {
                let connection = self.connection()?;
                return Ok(crate::system::send(memory, connection.as_fd(), vectors.as_slice(), nonblocking)?);
            }
        };
        let to = to.or(*locked(&datagrams.peer)).ok_or(Errno::Destaddrreq)?;
        if !self.family.has(to) {
            return Err(Errno::Afnosupport);
        }
        let length_bytes: u64 = vectors.as_slice().iter().map(|(_, length_bytes)| length_bytes).sum();
        if length_bytes > datagram::LENGTH_MAX {
            return Err(Errno::Msgsize);
        }
        let mut bytes = Vec::new();
        for (address, length_bytes) in vectors.as_slice() {
            bytes.extend(memory.read_vec(*address, *length_bytes).ok_or(Errno::Fault)?);
        }
        let from = {
            let mut own = locked(&datagrams.address);
            match *own {
                Some(address) => address,
                None => *own.insert(self.network.mailboxes.bind(self.family.unspecified(), &datagrams.mailbox)?),
            }
        };
        self.network.mailboxes.send(from, to, bytes)
    }

    pub(crate) fn waiting_bytes(&self) -> Result<u64, Errno> {
        match &self.kind {
            Kind::Datagrams(datagrams) => Ok(datagrams.mailbox.next_bytes().unwrap_or(0)),
            Kind::Stream(_) => match self.handle() {
                Some(handle) => Ok(crate::system::io::ioctl_fionread(&*handle)?),
                None => Ok(0),
            },
        }
    }

    pub(crate) fn readiness(&self) -> Readiness {
        match (&self.kind, self.handle()) {
            (_, Some(handle)) => Readiness { host: Some(handle), ..Readiness::default() },
            (Kind::Datagrams(datagrams), _) => {
                let readable = datagrams.mailbox.next_bytes().is_some();
                Readiness { readable, writable: true, ..Readiness::default() }
            }
            // As on Linux, what is not connected has hung up, and to write tells so at once.
            (Kind::Stream(_), None) => Readiness { writable: true, hung_up: true, ..Readiness::default() },
        }
    }
}

impl Family {
    pub(super) fn has(self, address: SocketAddr) -> bool {
        (self == Self::Ipv4) == address.is_ipv4()
    }

    pub(super) fn unspecified(self) -> SocketAddr {
        match self {
            Self::Ipv4 => (Ipv4Addr::UNSPECIFIED, 0).into(),
            Self::Ipv6 => (Ipv6Addr::UNSPECIFIED, 0).into(),
        }
    }
}
