//! Bytes between guest memory and files, sockets and the system's randomness on Unix systems, without a copy in between.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{GuestMemory, SocketFlags};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;

// One piece goes by a call of its own kind, which costs less than a vectored one.

/// The most pieces that one vectored call moves; a caller with more sees a partial transfer.
const PIECES_MAX: usize = 64;

impl GuestMemory<'_> {
    /// Fills `length` bytes from `address` on with random bytes of the system; `None` if they are not all inside.
    pub fn fill_random(&self, address: u64, length: u64) -> Option<io::Result<()>> {
        let to = self.pointer(address, length)?;
        // SAFETY: the range that `pointer` has checked.
        Some(unsafe { system::fill_random(to, length as usize) })
    }

    /// Reads from a file straight into guest memory, at `offset` or at the file's own position: `pieces` are addresses
    /// and lengths, filled in order. Gives how many bytes there were.
    ///
    /// # Errors
    ///
    /// The system's; `EFAULT` if a piece is not inside the memory.
    pub fn read_from_fd(&self, file: BorrowedFd<'_>, pieces: &[(u64, u64)], offset: Option<u64>) -> io::Result<usize> {
        let file = file.as_raw_fd();
        if let [(address, length)] = *pieces {
            let to = self.pointer(address, length).ok_or_else(fault)?.cast();
            let length = length as usize;
            return counted(match offset {
                // SAFETY: `pointer` has checked that the piece is accessible; the kernel does the writing.
                None => unsafe { libc::read(file, to, length) },
                // SAFETY: as above.
                Some(offset) => unsafe { libc::pread(file, to, length, offset as libc::off_t) },
            });
        }
        self.transfer(pieces, |vectors, count| match offset {
            // SAFETY: `transfer` has checked that each piece is accessible; the kernel does the writing.
            None => unsafe { libc::readv(file, vectors, count) },
            // SAFETY: as above.
            Some(offset) => unsafe { libc::preadv(file, vectors, count, offset as libc::off_t) },
        })
    }

    /// Writes to a file straight from guest memory, at `offset` or at the file's own position: `pieces` are addresses
    /// and lengths, taken in order. Gives how many bytes were written.
    ///
    /// # Errors
    ///
    /// The system's; `EFAULT` if a piece is not inside the memory.
    pub fn write_to_fd(&self, file: BorrowedFd<'_>, pieces: &[(u64, u64)], offset: Option<u64>) -> io::Result<usize> {
        let file = file.as_raw_fd();
        if let [(address, length)] = *pieces {
            let from = self.pointer(address, length).ok_or_else(fault)?.cast();
            let length = length as usize;
            return counted(match offset {
                // SAFETY: `pointer` has checked that the piece is accessible; the kernel only reads.
                None => unsafe { libc::write(file, from, length) },
                // SAFETY: as above.
                Some(offset) => unsafe { libc::pwrite(file, from, length, offset as libc::off_t) },
            });
        }
        self.transfer(pieces, |vectors, count| match offset {
            // SAFETY: `transfer` has checked that each piece is accessible; the kernel only reads.
            None => unsafe { libc::writev(file, vectors, count) },
            // SAFETY: as above.
            Some(offset) => unsafe { libc::pwritev(file, vectors, count, offset as libc::off_t) },
        })
    }

    /// As [`Self::read_from_fd`], from a socket. Gives as well whether the end of a datagram was cut off.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn receive_from_socket(
        &self,
        socket: BorrowedFd<'_>,
        pieces: &[(u64, u64)],
        flags: SocketFlags,
    ) -> io::Result<(usize, bool)> {
        let flags = if flags.peek { libc::MSG_PEEK } else { 0 }
            | if flags.wait_all { libc::MSG_WAITALL } else { 0 }
            | if flags.nonblocking { libc::MSG_DONTWAIT } else { 0 };
        let mut was_cut = false;
        let length = self.transfer(pieces, |vectors, count| {
            let mut message = message(vectors, count);
            // SAFETY: `transfer` has checked that each piece is accessible; the kernel does the writing.
            let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) };
            was_cut = message.msg_flags & libc::MSG_TRUNC != 0;
            length
        })?;
        Ok((length, was_cut))
    }

    /// As [`Self::write_to_fd`], to a socket: a peer that has gone is an error and sends no signal. If `nonblocking`, this
    /// call does not wait, whatever the socket is told.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send_to_socket(
        &self,
        socket: BorrowedFd<'_>,
        pieces: &[(u64, u64)],
        nonblocking: bool,
    ) -> io::Result<usize> {
        let flags = libc::MSG_NOSIGNAL | if nonblocking { libc::MSG_DONTWAIT } else { 0 };
        self.transfer(pieces, |vectors, count| {
            let message = message(vectors, count);
            // SAFETY: `transfer` has checked that each piece is accessible; the kernel only reads.
            unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, flags) }
        })
    }

    /// Calls `call` with the pieces that are not empty, as far as one call takes them.
    fn transfer(
        &self,
        pieces: &[(u64, u64)],
        call: impl FnOnce(*const libc::iovec, libc::c_int) -> isize,
    ) -> io::Result<usize> {
        let mut vectors = [const { MaybeUninit::<libc::iovec>::uninit() }; PIECES_MAX];
        let mut count = 0;
        for &(address, length) in pieces.iter().filter(|(_, length)| *length > 0).take(PIECES_MAX) {
            let base = self.pointer(address, length).ok_or_else(fault)?.cast();
            vectors[count].write(libc::iovec { iov_base: base, iov_len: length as usize });
            count += 1;
        }
        counted(call(vectors.as_ptr().cast(), count as libc::c_int))
    }
}

fn fault() -> io::Error {
    io::Error::from_raw_os_error(libc::EFAULT)
}

/// What a system call that moves bytes has returned.
fn counted(length: isize) -> io::Result<usize> {
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

/// What `sendmsg` and `recvmsg` are told of `count` pieces.
fn message(vectors: *const libc::iovec, count: libc::c_int) -> libc::msghdr {
    // SAFETY: zeros are a valid value: no address, no control data.
    let mut message = unsafe { MaybeUninit::<libc::msghdr>::zeroed().assume_init() };
    message.msg_iov = vectors.cast_mut();
    message.msg_iovlen = count as _;
    message
}
