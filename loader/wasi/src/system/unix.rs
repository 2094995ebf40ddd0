//! Unix systems, by rustix.

use std::ffi::OsString;
use std::io as std_io;
pub(crate) use std::os::fd;
use std::os::unix::ffi::OsStringExt as _;

pub(crate) use rustix::{event, io, stdio, time};
use wasmc_loader::GuestMemory;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
pub(crate) use linux::{accept, fs, thread};
#[cfg(target_os = "macos")]
pub(crate) use macos::{accept, fs, thread};

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

/// Sends from guest memory to a socket.
pub(crate) fn send(memory: &GuestMemory, socket: fd::BorrowedFd<'_>, pieces: &[(u64, u64)]) -> std_io::Result<usize> {
    memory.send_to_socket(socket, pieces)
}
