//! How much stack the current thread has: what compiled code's stack limit is computed from.

use std::cell::Cell;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

/// How many bytes of a thread's stack are kept for host functions, the loader and signal handlers' callers.
const RESERVE_BYTES: u64 = 256 * 1024;

// With what else is kept for each thread, this fits what musl has room for without a mapping.
thread_local! {
    /// The lowest address that compiled code may use on this thread, or 0 before it was looked up.
    static LOWEST: Cell<u64> = const { Cell::new(0) };
}

/// The lowest stack pointer that compiled code may run with, when it is entered now with at most `max_bytes`.
pub(crate) fn limit(max_bytes: Option<u64>) -> u64 {
    let lowest = match LOWEST.get() {
        0 => {
            let lowest = lowest();
            LOWEST.set(lowest);
            lowest
        }
        lowest => lowest,
    };
    match max_bytes {
        None => lowest,
        Some(bytes) => lowest.max(here().saturating_sub(bytes)),
    }
}

/// Whether the current thread, which has asked for its limit before, has no more stack than what is kept.
#[inline]
pub(crate) fn is_used_up() -> bool {
    let lowest = LOWEST.get();
    lowest != 0 && here() < lowest
}

/// Whether the current thread has asked for its limit before.
#[inline]
pub(crate) fn is_known() -> bool {
    LOWEST.get() != 0
}

/// Has the current thread look its limit up again.
#[cfg(unix)]
pub(crate) fn forget() {
    LOWEST.set(0);
}

/// What tells this thread from all others that run.
pub(crate) fn thread_mark() -> u64 {
    LOWEST.with(|lowest| std::ptr::from_ref(lowest) as u64)
}

/// The system's number of the current thread.
pub(crate) fn thread_number() -> i32 {
    system::thread_number()
}

fn lowest() -> u64 {
    let end = system::stack_end(here()).unwrap_or_else(|| here().saturating_sub(RESERVE_BYTES * 2));
    // A small stack keeps half of what is left, so that something can run at all.
    let left = here().saturating_sub(end);
    end + RESERVE_BYTES.min(left / 2)
}

/// About the current stack pointer.
#[inline(never)]
fn here() -> u64 {
    let local = 0_u8;
    &raw const local as u64
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_thread_has_about_the_stack_it_asked_for() {
        let thread = std::thread::Builder::new().stack_size(4 << 20).spawn(|| {
            let here = super::here();
            (here - super::limit(None), here - super::limit(Some(100_000)))
        });
        let (all, bounded) = thread.unwrap().join().unwrap();
        assert!((3 << 20..=4 << 20).contains(&all), "{all}");
        assert!((90_000..110_000).contains(&bounded), "{bounded}");
    }

    #[cfg(unix)]
    #[test]
    fn a_process_forked_by_a_thread_has_that_threads_stack() {
        let thread = std::thread::Builder::new().stack_size(4 << 20).spawn(|| {
            // SAFETY: the child only looks at its stack, and ends without running anything of the parent's.
            unsafe {
                let child = libc::fork();
                if child == 0 {
                    let bytes = super::here().wrapping_sub(super::limit(None));
                    libc::_exit(i32::from(!(3 << 20..=4 << 20).contains(&bytes)));
                }
                let mut status = -1;
                assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
                status
            }
        });
        assert_eq!(thread.unwrap().join().unwrap(), 0);
    }
}
