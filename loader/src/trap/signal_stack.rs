//! A stack for signal handlers on each thread that enters compiled code, whoever made the thread.

use std::cell::UnsafeCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use wasmc_contract::target::Target;

/// Enough for the handler, for what the system saves of a large CPU's registers, and for earlier handlers that we pass
/// signals on to.
const STACK_BYTES: usize = 64 * 1024;
/// What guards it: a page, of the largest that a system of the target has.
const PAGE_BYTES: usize = match Target::host() {
    Some(target) => target.page_bytes_max() as usize,
    None => 65536,
};

/// A signal stack of ours, with a page below it that faults.
struct SignalStack {
    mapping: *mut libc::c_void,
    earlier: libc::stack_t,
}

/// The signal stack of the first thread that needs one, which is all that most processes need: it takes no system call to
/// make, and nothing has to be done when the thread ends, since it stays.
#[repr(C, align(16))]
struct FirstStack(UnsafeCell<[u8; STACK_BYTES]>);

// SAFETY: only its address is used; one thread alone gets it.
unsafe impl Sync for FirstStack {}

// Its own section can be put behind those that a program uses at its start.
#[cfg_attr(target_os = "linux", unsafe(link_section = ".bss.wasmc_signal_stack"))]
static FIRST: FirstStack = FirstStack(UnsafeCell::new([0; STACK_BYTES]));

/// Under which a thread keeps the stack that it has to free when it ends. (A thread-local variable with a destructor would
/// take room in each thread, and the first one needs none.)
static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();

/// Keeps `stack` until the thread ends.
fn keep(stack: SignalStack) {
    let key = *KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: `key` is a place for the result; the destructor is given what is set below.
        let failed = unsafe { libc::pthread_key_create(&raw mut key, Some(free)) } != 0;
        assert!(!failed, "the process has no key left for what its threads keep");
        key
    });
    // SAFETY: the key was created; the value is freed by its destructor.
    unsafe { libc::pthread_setspecific(key, Box::into_raw(Box::new(stack)).cast()) };
}

/// # Safety
///
/// Called by the C library when a thread ends, with what the thread has kept.
unsafe extern "C" fn free(stack: *mut libc::c_void) {
    // SAFETY: made by `keep`, and given up by the C library.
    drop(unsafe { Box::from_raw(stack.cast::<SignalStack>()) });
}

/// Gives the thread a signal stack, unless it has one that is large enough.
pub(super) fn ensure() {
    let mut earlier = libc::stack_t { ss_sp: std::ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: `earlier` is a place for the result.
    let known = unsafe { libc::sigaltstack(std::ptr::null(), &raw mut earlier) } == 0;
    if known && earlier.ss_flags & libc::SS_DISABLE == 0 && earlier.ss_size >= STACK_BYTES / 2 {
        return;
    }
    // Given back as it is, it has to look large enough to macOS even if it says that there is none.
    earlier.ss_size = earlier.ss_size.max(STACK_BYTES);
    static FIRST_IS_TAKEN: AtomicBool = AtomicBool::new(false);
    if !FIRST_IS_TAKEN.swap(true, Ordering::Relaxed) {
        let stack = libc::stack_t { ss_sp: FIRST.0.get().cast(), ss_flags: 0, ss_size: STACK_BYTES };
        // SAFETY: the stack is this thread's from now on, and stays.
        unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) };
        return;
    }
    let (length, flags) = (STACK_BYTES + PAGE_BYTES, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address that the system chooses.
    let mapping = unsafe { libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if mapping == libc::MAP_FAILED {
        // Traps are then handled on whatever stack there is.
        return;
    }
    // SAFETY: the first page of the mapping above; then the rest of it, which stays until the thread's end.
    unsafe {
        libc::mprotect(mapping, PAGE_BYTES, libc::PROT_NONE);
        let stack = libc::stack_t { ss_sp: mapping.byte_add(PAGE_BYTES), ss_flags: 0, ss_size: STACK_BYTES };
        libc::sigaltstack(&raw const stack, std::ptr::null_mut());
    }
    keep(SignalStack { mapping, earlier });
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        // Code that a later destructor of the thread enters finds the thread unprepared.
        crate::stack::forget();
        // SAFETY: the thread's stack is what it was before, and nothing uses ours any more.
        unsafe {
            let mut current = self.earlier;
            libc::sigaltstack(std::ptr::null(), &raw mut current);
            if current.ss_sp == self.mapping.byte_add(PAGE_BYTES) {
                libc::sigaltstack(&raw const self.earlier, std::ptr::null_mut());
            }
            libc::munmap(self.mapping, STACK_BYTES + PAGE_BYTES);
        }
    }
}
