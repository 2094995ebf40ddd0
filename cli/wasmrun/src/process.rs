//! What the process itself does: arguments, exit statuses, its last words.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::os::unix::ffi::OsStrExt as _;

/// The program ran into its timeout.
pub const STATUS_TIMEOUT: i32 = 124;
/// The program trapped: as a shell shows a process that was aborted.
pub const STATUS_TRAP: i32 = 134;
/// We could not do our job.
pub const STATUS_FAILURE: i32 = 1;
/// The command line was wrong.
pub const STATUS_USAGE: i32 = 2;

/// A command line that the parser lets through and that is wrong nevertheless.
#[derive(Debug)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// The arguments that C's `main` was given.
///
/// # Safety
///
/// `arguments` must point to `count` strings that end with a NUL.
pub unsafe fn arguments(count: c_int, arguments: *const *const c_char) -> Vec<OsString> {
    let argument = |index| {
        // SAFETY: the caller's promise.
        let argument = unsafe { CStr::from_ptr(*arguments.add(index)) };
        OsStr::from_bytes(argument.to_bytes()).to_owned()
    };
    (0..count as usize).map(argument).collect()
}

/// Opens `/dev/null` in the place of each standard stream that is closed, so that no other file takes its number.
pub fn open_standard_streams() {
    for descriptor in 0..3 {
        // SAFETY: asking for a descriptor's flags changes nothing; opening gives the lowest number that is free, and
        // those below are taken.
        unsafe {
            if libc::fcntl(descriptor, libc::F_GETFD) < 0 {
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
            }
        }
    }
}

/// Ends the process at once: nothing is torn down, which the system does faster. What was printed must be flushed.
pub fn exit(status: i32) -> ! {
    // SAFETY: the call has no precondition. Nothing of ours waits for the process's end.
    unsafe { libc::_exit(status) }
}

/// Writes an error and its causes to standard error; the exit status that goes with it.
pub fn report(tool: &str, error: &anyhow::Error) -> i32 {
    let mut text = String::new();
    let _ = write!(text, "{}", style().error("error:"));
    for (number, cause) in error.chain().enumerate() {
        let cause = cause.to_string();
        // An error may tell its own cause already.
        if number == 0 || !text.ends_with(&cause) {
            let separator = if number == 0 { " " } else { ": " };
            let _ = write!(text, "{separator}{cause}");
        }
    }
    say(&format!("{tool}: {text}"));
    if error.is::<UsageError>() { STATUS_USAGE } else { STATUS_FAILURE }
}

/// Writes a line to standard error. If nobody listens any more, there is nobody to tell, and the process goes on.
pub fn say(text: &str) {
    without_broken_pipe(|| {
        let _ = writeln!(std::io::stderr(), "{text}");
    });
}

/// Does `write` so that a closed pipe is an error only, and no signal that ends the process.
fn without_broken_pipe(write: impl FnOnce()) {
    // SAFETY: the sets are initialised before they are read. The signal is blocked on this thread while it writes, and one
    // that came meanwhile is taken, so that none is left when it is let through again.
    unsafe {
        let mut pipe = std::mem::zeroed::<libc::sigset_t>();
        let mut earlier = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut pipe);
        libc::sigaddset(&raw mut pipe, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const pipe, &raw mut earlier);
        write();
        let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        libc::sigtimedwait(&raw const pipe, std::ptr::null_mut(), &raw const at_once);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const earlier, std::ptr::null_mut());
    }
}

/// How text is emphasized on standard error: not at all unless it is a terminal that wants it.
pub(crate) fn style() -> Style {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb");
    Style { coloured: wanted && std::io::stderr().is_terminal() }
}

/// See [`style`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) coloured: bool,
}

impl Style {
    /// What went wrong.
    pub(crate) fn error(self, text: &str) -> String {
        self.wrap("\x1b[1;31m", text)
    }

    /// What matters most in a line.
    pub(crate) fn strong(self, text: &str) -> String {
        self.wrap("\x1b[1m", text)
    }

    /// What matters least.
    pub(crate) fn faint(self, text: &str) -> String {
        self.wrap("\x1b[2m", text)
    }

    fn wrap(self, start: &str, text: &str) -> String {
        if self.coloured { format!("{start}{text}\x1b[0m") } else { text.to_owned() }
    }
}
