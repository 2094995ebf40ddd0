//! Whether reading from a handle would wait, on Windows: what a host function asks before it lets a program wait for several
//! things at once. Nothing is read.

use std::io;
use std::os::windows::io::{AsRawHandle as _, BorrowedHandle};

use windows_sys::Win32::Foundation::{ERROR_BROKEN_PIPE, ERROR_NOT_SUPPORTED, HANDLE};
use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_CHAR, FILE_TYPE_PIPE, GetFileType};
use windows_sys::Win32::System::Console::{
    GetConsoleMode, GetNumberOfConsoleInputEvents, INPUT_RECORD, KEY_EVENT, PeekConsoleInputW,
};
use windows_sys::Win32::System::Pipes::PeekNamedPipe;

/// The most events of a console that are looked at.
const EVENTS_MAX: usize = 128;

/// What reading from a handle would come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It would wait.
    Waits,
    /// It would not wait; how much there is, is not known.
    Ready,
    /// There are so many bytes.
    Bytes(u64),
    /// There is nothing, nor will there be.
    Ended,
}

/// Looks at a file, pipe or console. Of a console, a key that stands for something counts: the system shows what is typed only
/// while someone reads.
///
/// # Errors
///
/// If it is none of these, or cannot be read.
pub fn readiness(handle: BorrowedHandle<'_>) -> io::Result<Readiness> {
    let handle = handle.as_raw_handle();
    // SAFETY: the handle is open.
    match unsafe { GetFileType(handle) } {
        FILE_TYPE_PIPE => of_pipe(handle),
        FILE_TYPE_CHAR => of_console(handle),
        _ => Ok(Readiness::Ready),
    }
}

fn of_pipe(handle: HANDLE) -> io::Result<Readiness> {
    let mut available = 0;
    let none = std::ptr::null_mut();
    // SAFETY: the handle is open, and there is a place for the number.
    let done =
        unsafe { PeekNamedPipe(handle, none, 0, std::ptr::null_mut(), &raw mut available, std::ptr::null_mut()) };
    if done != 0 {
        return Ok(if available > 0 { Readiness::Bytes(available.into()) } else { Readiness::Waits });
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error().map(i32::cast_unsigned) {
        Some(ERROR_BROKEN_PIPE) => Ok(Readiness::Ended),
        // Of what comes from outside, wine knows nothing.
        Some(ERROR_NOT_SUPPORTED) => Ok(Readiness::Ready),
        _ => Err(error),
    }
}

fn of_console(handle: HANDLE) -> io::Result<Readiness> {
    let (mut mode, mut waiting) = (0, 0);
    // SAFETY: the handle is open, and there is a place for each result.
    let is_input = unsafe {
        GetConsoleMode(handle, &raw mut mode) != 0 && GetNumberOfConsoleInputEvents(handle, &raw mut waiting) != 0
    };
    // Other devices, of which nothing is known, do not wait: the null device is one.
    if !is_input {
        return Ok(Readiness::Ready);
    }
    if waiting == 0 {
        return Ok(Readiness::Waits);
    }
    // SAFETY: zeros are a valid record; the system writes no more of them than there are.
    let events = unsafe {
        let mut events: [INPUT_RECORD; EVENTS_MAX] = std::mem::zeroed();
        let mut count = 0;
        if PeekConsoleInputW(handle, events.as_mut_ptr(), EVENTS_MAX as u32, &raw mut count) == 0 {
            return Err(io::Error::last_os_error());
        }
        (events, count as usize)
    };
    let is_typed = |event: &INPUT_RECORD| {
        // SAFETY: an event of a key has this part.
        u32::from(event.EventType) == KEY_EVENT
            && unsafe {
                let key = event.Event.KeyEvent;
                key.bKeyDown != 0 && key.uChar.UnicodeChar != 0
            }
    };
    Ok(if events.0[..events.1].iter().any(is_typed) { Readiness::Ready } else { Readiness::Waits })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::windows::io::AsHandle as _;

    use super::*;

    #[test]
    fn a_pipe_is_ready_when_there_is_something_or_never_will_be() {
        let (reader, mut writer) = io::pipe().unwrap();
        assert_eq!(readiness(reader.as_handle()).unwrap(), Readiness::Waits);
        writer.write_all(b"four").unwrap();
        assert_eq!(readiness(reader.as_handle()).unwrap(), Readiness::Bytes(4));
        drop(writer);
        assert_eq!(readiness(reader.as_handle()).unwrap(), Readiness::Bytes(4));
        io::copy(&mut &reader, &mut io::sink()).unwrap();
        assert_eq!(readiness(reader.as_handle()).unwrap(), Readiness::Ended);
    }
}
