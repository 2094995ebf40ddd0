//! What of files, clocks and waiting is the system's own, under the names that rustix has for it: that itself on Unix systems, and
//! on Windows what the standard library can do of it.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
