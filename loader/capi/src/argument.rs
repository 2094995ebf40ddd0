//! Arguments of C programs, as the system's texts.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::argument;
#[cfg(windows)]
pub(crate) use windows::argument;
