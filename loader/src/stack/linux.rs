//! Stacks on Linux.

/// The lowest address of the current thread's stack, on which `here` lies.
pub(super) fn stack_end(here: u64) -> Option<u64> {
    // The main thread of a process that a thread forked has that thread's stack, so its number would not tell.
    match main_stack() {
        Some(stack) if stack.contains(&here) => Some(stack.start),
        _ => thread_stack_end(),
    }
}

pub(super) fn thread_number() -> i32 {
    // SAFETY: the call has no precondition.
    unsafe { libc::gettid() }
}

/// The main thread's stack grows on demand to its limit. (The C library would read /proc/self/maps to tell.)
fn main_stack() -> Option<std::ops::Range<u64>> {
    /// A larger stack may meet mappings: the system keeps 128 MiB free below the stack's start, whatever the limit.
    const BYTES_MAX: u64 = 64 << 20;
    // SAFETY: the call has no precondition. The value is the address of the program's name, which the system puts at
    // the very start of the stack, or 0.
    let start = unsafe { libc::getauxval(libc::AT_EXECFN) };
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a place for the result.
    let failed = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) } != 0;
    if start == 0 || failed {
        return None;
    }
    // A smaller page than the system's is as good: it is about the limit.
    let start = start & !4095;
    Some(start.checked_sub(limit.rlim_cur.min(BYTES_MAX))?..start)
}

fn thread_stack_end() -> Option<u64> {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: the attributes are initialised by the first call, read by the second if that succeeded, and destroyed.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let (mut address, mut size, mut guard) = (std::ptr::null_mut(), 0, 0);
        let failed = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut address, &raw mut size) != 0;
        // Some C libraries count the guard as part of the stack.
        libc::pthread_attr_getguardsize(attributes.as_ptr(), &raw mut guard);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (!failed).then(|| address as u64 + guard as u64)
    }
}
