//! Datagrams between a program's own sockets, on the loopback addresses: in memory, so that nothing need be granted.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::errno::Errno;
use crate::kept::{HostMemory, Kept};

/// How much waits to be received; what comes then is lost, as datagrams may be.
const WAITING_BYTES_MAX: u64 = 1 << 20;
/// What one takes besides its bytes, about.
const ENTRY_BYTES: u64 = 128;
/// The longest datagram that UDP has.
pub(super) const LENGTH_MAX: u64 = 65_507;
/// How long is waited before it is looked whether the program is to be stopped.
const SLICE: Duration = Duration::from_millis(20);
/// Ports for those who ask for none.
const OWN_PORTS: std::ops::RangeInclusive<u16> = 49_152..=u16::MAX;

/// What was sent to one socket.
#[derive(Debug)]
pub(super) struct Mailbox {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Debug)]
struct Waiting {
    datagrams: VecDeque<(SocketAddr, Vec<u8>)>,
    kept: Kept,
}

impl Waiting {
    /// Whether there is room for one more of so many bytes.
    fn reserve(&mut self, length: usize) -> bool {
        let bytes = self.kept.bytes() + length as u64 + ENTRY_BYTES;
        bytes <= WAITING_BYTES_MAX && self.kept.set(bytes)
    }

    fn pop(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        let (from, bytes) = self.datagrams.pop_front()?;
        self.kept.set(self.kept.bytes() - bytes.len() as u64 - ENTRY_BYTES);
        if self.datagrams.is_empty() {
            // Nor is the room for many kept.
            self.datagrams = VecDeque::new();
        }
        Some((from, bytes))
    }
}

impl Mailbox {
    pub(super) fn new(memory: &HostMemory) -> Self {
        let waiting = Waiting { datagrams: VecDeque::new(), kept: Kept::new(memory) };
        Self { waiting: Mutex::new(waiting), came: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the next one is.
    pub(super) fn next_bytes(&self) -> Option<u64> {
        self.lock().datagrams.front().map(|(_, bytes)| bytes.len() as u64)
    }

    /// The next one, and whose it is; with `peek`, it stays. A program of one thread does not wait for itself.
    pub(super) fn receive(&self, peek: bool, waits: bool) -> Result<(SocketAddr, Vec<u8>), Errno> {
        let mut waiting = self.lock();
        let next = if peek { waiting.datagrams.front().cloned() } else { waiting.pop() };
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
        if waiting.reserve(bytes.len()) {
            waiting.datagrams.push_back((from, bytes));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_datagrams_take_room_too() {
        let memory = HostMemory::default();
        let mailboxes = Mailboxes::default();
        let mailbox = Arc::new(Mailbox::new(&memory));
        let here = mailboxes.bind((Ipv4Addr::LOCALHOST, 0).into(), &mailbox).expect("a port is free");
        for _ in 0..100_000 {
            assert_eq!(mailboxes.send(here, here, Vec::new()), Ok(0));
        }
        let count = std::iter::from_fn(|| mailbox.receive(false, false).ok()).count() as u64;
        assert_eq!(count, WAITING_BYTES_MAX / ENTRY_BYTES);
        assert_eq!(mailbox.lock().kept.bytes(), 0);
        assert_eq!(mailbox.lock().datagrams.capacity(), 0);
    }
}
