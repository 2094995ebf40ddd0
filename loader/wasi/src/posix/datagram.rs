//! Datagrams between a program's own sockets, on the loopback addresses: in memory, so that nothing need be granted.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::errno::Errno;

/// How much waits to be received; what comes then is lost, as datagrams may be.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// The longest datagram that UDP has.
pub(super) const LENGTH_MAX: u64 = 65_507;
/// How long is waited before it is looked whether the program is to be stopped.
const SLICE: Duration = Duration::from_millis(20);
/// Ports for those who ask for none.
const OWN_PORTS: std::ops::RangeInclusive<u16> = 49_152..=u16::MAX;

/// What was sent to one socket.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    waiting: Mutex<VecDeque<(SocketAddr, Vec<u8>)>>,
    came: Condvar,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, VecDeque<(SocketAddr, Vec<u8>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the next one is.
    pub(super) fn next_bytes(&self) -> Option<u64> {
        self.lock().front().map(|(_, bytes)| bytes.len() as u64)
    }

    /// The next one, and whose it is; with `peek`, it stays. A program of one thread does not wait for itself.
    pub(super) fn receive(&self, peek: bool, waits: bool) -> Result<(SocketAddr, Vec<u8>), Errno> {
        let mut waiting = self.lock();
        let next = if peek { waiting.front().cloned() } else { waiting.pop_front() };
        match next {
            Some(next) => Ok(next),
            None if !waits => Err(Errno::Again),
            None => {
                drop(self.came.wait_timeout(waiting, SLICE).unwrap_or_else(PoisonError::into_inner));
                Err(Errno::Intr)
            }
        }
    }

    fn put(&self, from: SocketAddr, bytes: Vec<u8>) {
        let mut waiting = self.lock();
        let held: usize = waiting.iter().map(|(_, bytes)| bytes.len().max(1)).sum();
        if held + bytes.len() <= WAITING_BYTES_MAX {
            waiting.push_back((from, bytes));
            self.came.notify_all();
        }
    }
}

/// The sockets that have addresses.
#[derive(Debug, Default)]
pub(super) struct Mailboxes {
    bound: Mutex<HashMap<SocketAddr, Weak<Mailbox>>>,
    /// Whether the program has had more than one thread.
    pub(super) has_threads: Arc<AtomicBool>,
}

impl Mailboxes {
    pub(super) fn new(has_threads: &Arc<AtomicBool>) -> Self {
        Self { bound: Mutex::default(), has_threads: Arc::clone(has_threads) }
    }

    pub(super) fn may_wait(&self) -> bool {
        self.has_threads.load(Ordering::Relaxed)
    }

    /// Gives a socket an address, with a port of our choice in the place of 0: which.
    pub(super) fn bind(&self, mut address: SocketAddr, mailbox: &Arc<Mailbox>) -> Result<SocketAddr, Errno> {
        let mut bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner);
        bound.retain(|_, mailbox| mailbox.strong_count() > 0);
        let is_taken = |address: SocketAddr| {
            let same = |other: &SocketAddr| {
                let either = other.ip().is_unspecified() || address.ip().is_unspecified();
                other.port() == address.port()
                    && other.is_ipv4() == address.is_ipv4()
                    && (either || other.ip() == address.ip())
            };
            bound.keys().any(same)
        };
        if address.port() == 0 {
            let free = OWN_PORTS.into_iter().find(|port| !is_taken((address.ip(), *port).into()));
            address.set_port(free.ok_or(Errno::Addrinuse)?);
        } else if is_taken(address) {
            return Err(Errno::Addrinuse);
        }
        bound.insert(address, Arc::downgrade(mailbox));
        Ok(address)
    }

    /// Sends a datagram to who has the address; to nobody, if nobody has.
    ///
    /// # Errors
    ///
    /// `EACCES` for an address that is not the program's own.
    pub(super) fn send(&self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) -> Result<usize, Errno> {
        if !is_own(to.ip()) {
            return Err(Errno::Acces);
        }
        let bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner);
        let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let found = [to, (any, to.port()).into(), (loopback(to), to.port()).into()].into_iter();
        let mailbox = found.filter_map(|address| bound.get(&address)).find_map(Weak::upgrade);
        drop(bound);
        let length = bytes.len();
        if let Some(mailbox) = mailbox {
            let from = if from.ip().is_unspecified() { (loopback(from), from.port()).into() } else { from };
            mailbox.put(from, bytes);
        }
        Ok(length)
    }
}

/// Whether an address leads to nobody but the program.
pub(super) fn is_own(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

fn loopback(address: SocketAddr) -> IpAddr {
    if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() }
}
