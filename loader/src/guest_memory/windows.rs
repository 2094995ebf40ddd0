//! Bytes between guest memory and files and the system's randomness on Windows, without a copy in between: as on Unix systems,
//! with handles for descriptors, and a call for each piece.

use std::io;
use std::os::windows::io::{AsRawHandle as _, AsRawSocket as _, BorrowedHandle, BorrowedSocket};

use smallvec::SmallVec;
use windows_sys::Win32::Foundation::{ERROR_BROKEN_PIPE, ERROR_HANDLE_EOF, HANDLE};
use windows_sys::Win32::Networking::WinSock::{
    MSG_PEEK, MSG_WAITALL, WSABUF, WSAEDISCON, WSAEMSGSIZE, WSAESHUTDOWN, WSAGetLastError, WSARecv, WSASend,
};
use windows_sys::Win32::Security::Authentication::Identity::RtlGenRandom;
use windows_sys::Win32::Storage::FileSystem::{FILE_BEGIN, FILE_CURRENT, ReadFile, SetFilePointerEx, WriteFile};
use windows_sys::Win32::System::IO::OVERLAPPED;

use super::{GuestMemory, SocketFlags};

/// The most bytes that one call moves.
const BYTES_MAX: u64 = 1 << 30;

/// The most pieces that a call for a socket moves.
const PIECES_MAX: usize = 64;

/// A place in guest memory that was checked.
struct Piece {
    address: *mut u8,
    length: u32,
}

impl GuestMemory<'_> {
    /// Fills `length` bytes from `address` on with random bytes of the system; `None` if they are not all inside.
    pub fn fill_random(&self, address: u64, length: u64) -> Option<io::Result<()>> {
        let to = self.pointer(address, length)?;
        let mut done = 0;
        while done < length {
            let part = (length - done).min(BYTES_MAX);
            // SAFETY: the rest of the range that `pointer` has checked.
            if !unsafe { RtlGenRandom(to.add(done as usize).cast(), part as u32) } {
                return Some(Err(io::Error::last_os_error()));
            }
            done += part;
        }
        Some(Ok(()))
    }

    /// Reads from a file straight into guest memory, at `offset` or at the file's own position: `pieces` are addresses
    /// and lengths, filled in order. Gives how many bytes there were.
    ///
    /// # Errors
    ///
    /// The system's; of kind `InvalidInput` if a piece is not inside the memory.
    pub fn read_from_handle(
        &self,
        file: BorrowedHandle<'_>,
        pieces: &[(u64, u64)],
        offset: Option<u64>,
    ) -> io::Result<usize> {
        self.transfer(pieces, file.as_raw_handle(), offset, |file, piece, done, overlapped| {
            // SAFETY: `transfer` has checked that the piece is accessible; the system does the writing.
            unsafe { ReadFile(file, piece.address, piece.length, done, overlapped) }
        })
    }

    /// Writes to a file straight from guest memory, at `offset` or at the file's own position: `pieces` are addresses
    /// and lengths, taken in order. Gives how many bytes were written.
    ///
    /// # Errors
    ///
    /// As [`Self::read_from_handle`].
    pub fn write_to_handle(
        &self,
        file: BorrowedHandle<'_>,
        pieces: &[(u64, u64)],
        offset: Option<u64>,
    ) -> io::Result<usize> {
        self.transfer(pieces, file.as_raw_handle(), offset, |file, piece, done, overlapped| {
            // SAFETY: `transfer` has checked that the piece is accessible; the system only reads.
            unsafe { WriteFile(file, piece.address, piece.length, done, overlapped) }
        })
    }

    /// As [`Self::write_to_handle`], to wherever the file ends, also if others write to it.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn append_to_handle(&self, file: BorrowedHandle<'_>, pieces: &[(u64, u64)]) -> io::Result<usize> {
        self.move_pieces(pieces, file.as_raw_handle(), None, |file, piece, done, _| {
            // All bits of both say so.
            let mut overlapped = OVERLAPPED::default();
            overlapped.Anonymous.Anonymous.Offset = u32::MAX;
            overlapped.Anonymous.Anonymous.OffsetHigh = u32::MAX;
            // SAFETY: `move_pieces` has checked that the piece is accessible; the system only reads.
            unsafe { WriteFile(file, piece.address, piece.length, done, &raw mut overlapped) }
        })
    }

    /// As [`Self::read_from_handle`], from a socket. Gives as well whether the end of a datagram was cut off.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn receive_from_socket(
        &self,
        socket: BorrowedSocket<'_>,
        pieces: &[(u64, u64)],
        flags: SocketFlags,
    ) -> io::Result<(usize, bool)> {
        if flags.nonblocking {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let mut flags =
            (if flags.peek { MSG_PEEK } else { 0 } | if flags.wait_all { MSG_WAITALL } else { 0 }).cast_unsigned();
        let (buffers, total) = self.buffers(pieces)?;
        let mut received = 0;
        // SAFETY: `buffers` has checked that each piece is accessible; the system does the writing.
        let result = unsafe {
            let (count, overlapped) = (buffers.len() as u32, std::ptr::null_mut());
            let socket = socket.as_raw_socket() as usize;
            WSARecv(socket, buffers.as_ptr(), count, &raw mut received, &raw mut flags, overlapped, None)
        };
        if result == 0 {
            return Ok((received as usize, false));
        }
        // SAFETY: the call has no precondition.
        match unsafe { WSAGetLastError() } {
            WSAEMSGSIZE => Ok((total, true)),
            // The peer's last word, as on other systems.
            WSAESHUTDOWN | WSAEDISCON => Ok((0, false)),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// As [`Self::write_to_handle`], to a socket. The system has no calls that are `nonblocking` by themselves.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send_to_socket(
        &self,
        socket: BorrowedSocket<'_>,
        pieces: &[(u64, u64)],
        nonblocking: bool,
    ) -> io::Result<usize> {
        if nonblocking {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let (buffers, _) = self.buffers(pieces)?;
        let mut sent = 0;
        // SAFETY: `buffers` has checked that each piece is accessible; the system only reads.
        let result = unsafe {
            let (count, overlapped) = (buffers.len() as u32, std::ptr::null_mut());
            WSASend(socket.as_raw_socket() as usize, buffers.as_ptr(), count, &raw mut sent, 0, overlapped, None)
        };
        // SAFETY: the call has no precondition.
        if result == 0 { Ok(sent as usize) } else { Err(io::Error::from_raw_os_error(unsafe { WSAGetLastError() })) }
    }

    /// The pieces that are not empty, as far as one call takes them, and how long they are together.
    fn buffers(&self, pieces: &[(u64, u64)]) -> io::Result<(SmallVec<[WSABUF; 8]>, usize)> {
        let mut buffers = SmallVec::new();
        let mut total = 0;
        for &(address, length) in pieces.iter().filter(|(_, length)| *length > 0).take(PIECES_MAX) {
            let to = self.pointer(address, length).ok_or(io::ErrorKind::InvalidInput)?;
            let length = length.min(BYTES_MAX) as u32;
            buffers.push(WSABUF { len: length, buf: to });
            total += length as usize;
        }
        if buffers.is_empty() {
            buffers.push(WSABUF { len: 0, buf: std::ptr::null_mut() });
        }
        Ok((buffers, total))
    }

    fn transfer(
        &self,
        pieces: &[(u64, u64)],
        file: HANDLE,
        offset: Option<u64>,
        call: impl Fn(HANDLE, &Piece, *mut u32, *mut OVERLAPPED) -> i32,
    ) -> io::Result<usize> {
        // A call with an offset moves the file's position.
        let position = offset.map(|_| seek(file, 0, FILE_CURRENT)).transpose()?;
        let moved = self.move_pieces(pieces, file, offset, call);
        if let Some(position) = position {
            seek(file, position, FILE_BEGIN)?;
        }
        moved
    }

    fn move_pieces(
        &self,
        pieces: &[(u64, u64)],
        file: HANDLE,
        offset: Option<u64>,
        call: impl Fn(HANDLE, &Piece, *mut u32, *mut OVERLAPPED) -> i32,
    ) -> io::Result<usize> {
        let mut total = 0_u64;
        for &(address, length) in pieces.iter().filter(|(_, length)| *length > 0) {
            let address = self.pointer(address, length).ok_or(io::ErrorKind::InvalidInput)?;
            let piece = Piece { address, length: length.min(BYTES_MAX) as u32 };
            let (mut done, mut overlapped) = (0, OVERLAPPED::default());
            let place = offset.map(|offset| {
                let offset = offset + total;
                overlapped.Anonymous.Anonymous.Offset = offset as u32;
                overlapped.Anonymous.Anonymous.OffsetHigh = (offset >> 32) as u32;
                &raw mut overlapped
            });
            if call(file, &piece, &raw mut done, place.unwrap_or(std::ptr::null_mut())) == 0 {
                let error = io::Error::last_os_error();
                let code = error.raw_os_error().map(i32::cast_unsigned);
                return match code {
                    Some(ERROR_BROKEN_PIPE | ERROR_HANDLE_EOF) => Ok(total as usize),
                    _ if total > 0 => Ok(total as usize),
                    _ => Err(error),
                };
            }
            total += u64::from(done);
            if done < piece.length {
                break;
            }
        }
        Ok(total as usize)
    }
}

fn seek(file: HANDLE, distance: i64, from: u32) -> io::Result<i64> {
    let mut position = 0;
    // SAFETY: `position` is a place for the result.
    let done = unsafe { SetFilePointerEx(file, distance, &raw mut position, from) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(position) }
}
