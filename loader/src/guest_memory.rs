//! A guest's memory as host functions see it: addresses come in, are checked against its current length, and bytes go
//! to or from the host. A Rust slice of guest memory is never made: other threads of the guest may write meanwhile.
//! What a copy finds then is any mix of old and new bytes, as it is for compiled code (RATIONALE.md says why that is enough).

use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use wasmc_contract::context::MemoryDefinition;

// One piece goes by a call of its own kind, which costs less than a vectored one.

/// The most pieces that one vectored call moves; a caller with more sees a partial transfer.
const PIECES_MAX: usize = 64;

/// The memory of an instance, for as long as the host function runs that asked for it.
#[derive(Clone, Copy, Debug)]
pub struct GuestMemory<'a> {
    definition: *const MemoryDefinition,
    caller: PhantomData<&'a ()>,
}

impl GuestMemory<'_> {
    /// The memory that `definition` describes.
    ///
    /// # Safety
    ///
    /// The definition, and what it describes, must live as long as the value; only its length may change, and only to
    /// say what is accessible.
    pub(crate) unsafe fn new(definition: *const MemoryDefinition) -> Self {
        Self { definition, caller: PhantomData }
    }

    /// How many bytes are accessible now.
    pub fn length(&self) -> u64 {
        // SAFETY: the definition lives, by the contract of `new`, and the field is aligned. Another thread of the guest
        // may change it when it grows a shared memory, which it does atomically.
        unsafe { AtomicU64::from_ptr((&raw const (*self.definition).length_bytes).cast_mut()) }.load(Ordering::Acquire)
    }

    /// The address in this process of its first byte, which stays while its instance lives. Whoever follows it answers
    /// for staying inside [`Self::length`].
    pub fn base(&self) -> *mut u8 {
        // SAFETY: as in `length`; the base never changes.
        std::ptr::with_exposed_provenance_mut(unsafe { (*self.definition).base } as usize)
    }

    /// The address in this process of `length` bytes at `address`, if they are inside.
    fn pointer(&self, address: u64, length: u64) -> Option<*mut u8> {
        if address.checked_add(length)? > self.length() {
            return None;
        }
        // SAFETY: as in `length`; the base never changes.
        let base = unsafe { (*self.definition).base };
        Some(std::ptr::with_exposed_provenance_mut((base + address) as usize))
    }

    /// Copies bytes from `address` on into `into`; `None` if they are not all inside.
    pub fn read_bytes(&self, address: u64, into: &mut [u8]) -> Option<()> {
        let from = self.pointer(address, into.len() as u64)?;
        // SAFETY: `pointer` has checked that the source is accessible, and memories never shrink; the destination is a
        // host's buffer, which no guest memory overlaps.
        unsafe { std::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), into.len()) };
        Some(())
    }

    /// Copies `from` to `address` on; `None`, and nothing is written, if it does not fit.
    pub fn write_bytes(&self, address: u64, from: &[u8]) -> Option<()> {
        let to = self.pointer(address, from.len() as u64)?;
        // SAFETY: as in `read_bytes`, the other way around.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        Some(())
    }

    /// Bytes from `address` on; `None` if they are not all inside.
    pub fn read_vec(&self, address: u64, length: u64) -> Option<Vec<u8>> {
        self.pointer(address, length)?;
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.read_bytes(address, &mut bytes)?;
        Some(bytes)
    }

    /// Fills `length` bytes from `address` on with `byte`; `None` if they are not all inside.
    pub fn fill(&self, address: u64, length: u64, byte: u8) -> Option<()> {
        let to = self.pointer(address, length)?;
        // SAFETY: as in `write_bytes`.
        unsafe { std::ptr::write_bytes(to, byte, length as usize) };
        Some(())
    }

    /// Fills `length` bytes from `address` on with random bytes of the system; `None` if they are not all inside.
    pub fn fill_random(&self, address: u64, length: u64) -> Option<io::Result<()>> {
        let to = self.pointer(address, length)?;
        let mut done = 0;
        while done < length {
            // SAFETY: the rest of the range that `pointer` has checked.
            let got = unsafe { libc::getrandom(to.add(done as usize).cast(), (length - done) as usize, 0) };
            match u64::try_from(got) {
                Ok(got) => done += got,
                Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Some(Err(io::Error::last_os_error())),
            }
        }
        Some(Ok(()))
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

    /// As [`Self::read_from_fd`], from a socket: `peek` leaves the bytes there for the next call, `wait_all` waits until
    /// the pieces are full. Gives as well whether the end of a datagram was cut off.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn receive_from_socket(
        &self,
        socket: BorrowedFd<'_>,
        pieces: &[(u64, u64)],
        peek: bool,
        wait_all: bool,
    ) -> io::Result<(usize, bool)> {
        let flags = if peek { libc::MSG_PEEK } else { 0 } | if wait_all { libc::MSG_WAITALL } else { 0 };
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

    /// As [`Self::write_to_fd`], to a socket: a peer that has gone is an error and sends no signal.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send_to_socket(&self, socket: BorrowedFd<'_>, pieces: &[(u64, u64)]) -> io::Result<usize> {
        self.transfer(pieces, |vectors, count| {
            let message = message(vectors, count);
            // SAFETY: `transfer` has checked that each piece is accessible; the kernel only reads.
            unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL) }
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

macro_rules! scalars {
    ($($read:ident, $write:ident: $scalar:ty;)*) => {
        impl GuestMemory<'_> { $(
            #[doc = concat!("The little-endian `", stringify!($scalar), "` at `address`; `None` if it is not all inside.")]
            pub fn $read(&self, address: u64) -> Option<$scalar> {
                let mut bytes = [0; size_of::<$scalar>()];
                self.read_bytes(address, &mut bytes)?;
                Some(<$scalar>::from_le_bytes(bytes))
            }

            #[doc = concat!("Writes a little-endian `", stringify!($scalar), "` to `address`; `None` if it does not fit.")]
            pub fn $write(&self, address: u64, value: $scalar) -> Option<()> {
                self.write_bytes(address, &value.to_le_bytes())
            }
        )* }
    };
}

scalars! {
    read_u8, write_u8: u8;
    read_u16, write_u16: u16;
    read_u32, write_u32: u32;
    read_u64, write_u64: u64;
}
