//! Unix systems, by rustix.

use std::ffi::OsString;
use std::io as std_io;
use std::os::unix::ffi::OsStringExt as _;

pub(crate) use rustix::{event, io, stdio, time};
use wasmc_loader::GuestMemory;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

pub(crate) mod net;

#[cfg(target_os = "linux")]
pub(crate) use linux::{accept_from, fs, is_listening, thread};
#[cfg(target_os = "macos")]
pub(crate) use macos::{accept_from, fs, is_listening, thread};
pub(crate) use net::send;

/// The next connection of a listener.
pub(crate) fn accept(listener: impl fd::AsFd, nonblocking: bool) -> io::Result<fd::OwnedFd> {
    Ok(accept_from(listener, nonblocking)?.0)
}

/// Text of the host as bytes of a guest's.
pub(crate) fn bytes(text: OsString) -> Vec<u8> {
    text.into_vec()
}

/// Reads into guest memory.
pub(crate) fn read(
    memory: &GuestMemory,
    file: fd::BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    offset: Option<u64>,
) -> std_io::Result<usize> {
    memory.read_from_fd(file, pieces, offset)
}

/// Writes from guest memory.
pub(crate) fn write(
    memory: &GuestMemory,
    file: fd::BorrowedFd<'_>,
    pieces: &[(u64, u64)],
    offset: Option<u64>,
) -> std_io::Result<usize> {
    memory.write_to_fd(file, pieces, offset)
}

/// Writes bytes of the host's own.
pub(crate) fn write_all(file: fd::BorrowedFd<'_>, mut bytes: &[u8]) -> std_io::Result<()> {
    while !bytes.is_empty() {
        match io::write(file, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Reads what follows in a file, but no more than `bytes_max`.
pub(crate) fn read_all(file: fd::BorrowedFd<'_>, bytes_max: u64) -> std_io::Result<Vec<u8>> {
    use std_io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::from(file.try_clone_to_owned()?).take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Descriptors.
pub(crate) mod fd {
    pub(crate) use std::os::fd::*;

    /// What an embedder gives as a stream,
    pub(crate) type GivenFile = OwnedFd;
    /// and as a socket.
    pub(crate) type GivenSocket = OwnedFd;
}
