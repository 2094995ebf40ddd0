//! Handles and sockets under the names of descriptors. What the system does not tell of an open thing is kept beside it.

use std::fs::File;
use std::os::windows::io::{
    AsHandle as _, AsRawHandle as _, AsRawSocket as _, AsSocket as _, BorrowedHandle, BorrowedSocket, OwnedHandle,
    OwnedSocket,
};
use std::sync::atomic::{AtomicU16, Ordering};

use super::fs::OFlags;

/// A descriptor as a number.
pub(crate) type RawFd = usize;

/// What an embedder gives as a stream,
pub(crate) type GivenFile = OwnedHandle;
/// and as a socket.
pub(crate) type GivenSocket = OwnedSocket;

/// What was asked for when it was opened, and later.
#[derive(Debug, Default)]
pub(crate) struct Flags(AtomicU16);

impl Flags {
    pub(crate) fn load(&self) -> OFlags {
        OFlags::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn store(&self, flags: OFlags) {
        self.0.store(flags.bits(), Ordering::Relaxed);
    }
}

#[derive(Debug)]
enum Owned {
    File(OwnedHandle),
    Socket(OwnedSocket),
}

/// A file, pipe, console, directory or socket.
#[derive(Debug)]
pub(crate) struct OwnedFd {
    owned: Owned,
    flags: Flags,
}

impl From<OwnedHandle> for OwnedFd {
    fn from(handle: OwnedHandle) -> Self {
        Self { owned: Owned::File(handle), flags: Flags::default() }
    }
}

impl From<OwnedSocket> for OwnedFd {
    fn from(socket: OwnedSocket) -> Self {
        Self { owned: Owned::Socket(socket), flags: Flags::default() }
    }
}

impl OwnedFd {
    /// A file that was opened with these flags.
    pub(crate) fn opened(file: File, flags: OFlags) -> Self {
        let opened = Self::from(OwnedHandle::from(file));
        opened.flags.store(flags);
        opened
    }
}

/// Which of the two it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'a> {
    File(BorrowedHandle<'a>),
    Socket(BorrowedSocket<'a>),
}

/// The same, of someone else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BorrowedFd<'a> {
    pub(crate) kind: Kind<'a>,
    /// `None` of what is shared with other processes.
    pub(crate) flags: Option<&'a Flags>,
}

impl<'a> BorrowedFd<'a> {
    /// One that no flags are kept of.
    pub(crate) fn shared(handle: BorrowedHandle<'a>) -> Self {
        Self { kind: Kind::File(handle), flags: None }
    }

    pub(crate) fn flags(&self) -> OFlags {
        self.flags.map_or(OFlags::empty(), Flags::load)
    }
}

/// What has a descriptor.
pub(crate) trait AsFd {
    fn as_fd(&self) -> BorrowedFd<'_>;
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        BorrowedFd::shared(self.as_handle())
    }
}

impl AsFd for OwnedFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        let kind = match &self.owned {
            Owned::File(handle) => Kind::File(handle.as_handle()),
            Owned::Socket(socket) => Kind::Socket(socket.as_socket()),
        };
        BorrowedFd { kind, flags: Some(&self.flags) }
    }
}

impl AsFd for BorrowedFd<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        *self
    }
}

impl<T: AsFd> AsFd for &T {
    fn as_fd(&self) -> BorrowedFd<'_> {
        (*self).as_fd()
    }
}

impl<T: AsFd> AsFd for std::sync::Arc<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        (**self).as_fd()
    }
}

/// What has a number, which no other open thing has.
pub(crate) trait AsRawFd {
    fn as_raw_fd(&self) -> RawFd;
}

impl AsRawFd for BorrowedFd<'_> {
    fn as_raw_fd(&self) -> RawFd {
        match self.kind {
            Kind::File(handle) => handle.as_raw_handle().addr(),
            Kind::Socket(socket) => socket.as_raw_socket() as usize,
        }
    }
}
