//! Signal handlers on Unix systems. Faults that are no traps go to the handlers that were there before.

use std::mem::MaybeUninit;
use std::sync::Once;
use std::sync::OnceLock;

use super::{handle_fault, registers, signal_stack};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
use linux::{SIGNALS, may_be_fault, may_be_sent};
#[cfg(target_os = "macos")]
use macos::{SIGNALS, may_be_fault, may_be_sent};

#[cfg(target_os = "linux")]
pub(crate) use linux::wake_thread;
#[cfg(target_os = "macos")]
pub(crate) use macos::wake_thread;

/// Interrupts blocking system calls. By default it is ignored, so a handler that does nothing changes nothing else.
const WAKE: i32 = libc::SIGURG;

/// The actions before ours, in the order of [`SIGNALS`].
static EARLIER: OnceLock<[libc::sigaction; SIGNALS.len()]> = OnceLock::new();

/// Makes sure that traps on this thread are caught.
pub(super) fn prepare_thread() {
    install_handlers();
    signal_stack::ensure();
}

/// Installs the handlers, once.
fn install_handlers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The signal stays blocked in its handler: a fault in the handler itself ends the process.
        let flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let earlier = SIGNALS.map(|signal| install(signal, handle as *const () as usize, flags));
        let _ = EARLIER.set(earlier);
    });
}

/// Installs the handler that lets [`wake_thread`] interrupt system calls, once.
pub(crate) fn install_wake_handler() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without SA_RESTART, so that the system call returns.
        let earlier = install(WAKE, do_nothing as *const () as usize, libc::SA_ONSTACK);
        if earlier.sa_sigaction != libc::SIG_DFL && earlier.sa_sigaction != libc::SIG_IGN {
            // Somebody else's handler wants to be called, and may do so without ours as long as system calls return.
            let earlier = libc::sigaction { sa_flags: earlier.sa_flags & !libc::SA_RESTART, ..earlier };
            // SAFETY: the action is the one that was installed, but for a flag that says nothing of the handler.
            unsafe { libc::sigaction(WAKE, &raw const earlier, std::ptr::null_mut()) };
        }
    });
}

/// Installs a handler; gives the action before it.
fn install(signal: i32, handler: usize, flags: i32) -> libc::sigaction {
    // SAFETY: zeros are a valid action; the handler is a function that the flags describe.
    unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        let mut earlier = action;
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(signal, &raw const action, &raw mut earlier);
        earlier
    }
}

/// Writes to standard error from a signal handler.
pub(super) fn say(text: &str) {
    // SAFETY: the bytes are there; a descriptor that is closed gives an error.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

extern "C" fn do_nothing(_signal: i32) {}

/// # Safety
///
/// Called by the system only.
unsafe extern "C" fn handle(signal: i32, information: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system passes a context of this type, which is ours to change.
    let interrupted = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    // A signal that someone sent is no trap.
    // SAFETY: the system passes its information.
    let is_fault = unsafe { may_be_fault(&*information) };
    match is_fault.then(|| handle_fault(&registers::place(interrupted))).flatten() {
        Some(continuation) => registers::go_on(interrupted, &continuation),
        // SAFETY: what the system passed, passed on.
        None => unsafe { pass_on(signal, information, context) },
    }
}

/// # Safety
///
/// As `handle`.
unsafe fn pass_on(signal: i32, information: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let position = SIGNALS.iter().position(|other| *other == signal);
    // A thread that faults while another is installing the handlers waits for it to say what was there before.
    let actions = loop {
        match EARLIER.get() {
            Some(actions) => break actions,
            None => std::hint::spin_loop(),
        }
    };
    let earlier = position.map(|position| actions[position]);
    match earlier {
        Some(earlier) if earlier.sa_sigaction != libc::SIG_DFL && earlier.sa_sigaction != libc::SIG_IGN => {
            // SAFETY: the flags say which of the two kinds of handler it is.
            unsafe {
                if earlier.sa_flags & libc::SA_SIGINFO != 0 {
                    let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                        std::mem::transmute(earlier.sa_sigaction);
                    handler(signal, information, context);
                } else {
                    let handler: extern "C" fn(i32) = std::mem::transmute(earlier.sa_sigaction);
                    handler(signal);
                }
            }
        }
        // The instruction is executed again, or a signal that was sent is sent again; the default action ends the process.
        _ => {
            install(signal, libc::SIG_DFL, 0);
            // SAFETY: what the system passed; the signal stays pending until the handler returns.
            unsafe {
                if may_be_sent(&*information) {
                    libc::raise(signal);
                }
            }
        }
    }
}
