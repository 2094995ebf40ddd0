//! Bytes between guest memory and files and the system's randomness on Windows, without a copy in between: as on Unix systems,
//! with handles for descriptors, and a call for each piece.

use std::io;
use std::os::windows::io::{AsRawHandle as _, BorrowedHandle};

use windows_sys::Win32::Foundation::{ERROR_BROKEN_PIPE, ERROR_HANDLE_EOF, HANDLE};
use windows_sys::Win32::Security::Authentication::Identity::RtlGenRandom;
use windows_sys::Win32::Storage::FileSystem::{FILE_BEGIN, FILE_CURRENT, ReadFile, SetFilePointerEx, WriteFile};
use windows_sys::Win32::System::IO::OVERLAPPED;

use super::GuestMemory;

/// The most bytes that one call moves.
const BYTES_MAX: u64 = 1 << 30;

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
