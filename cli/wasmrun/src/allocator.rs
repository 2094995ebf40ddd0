//! A small heap inside the program, in front of another allocator.
//!
//! Starting a program that was compiled before takes some kilobytes, which the small heap has without a system call. What
//! comes behind it makes ready for much more, which pays only when there is more to do: it is first called when the small
//! heap is full, and from then on for everything.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dlmalloc::Dlmalloc;

const HEAP_BYTES: usize = 256 << 10;

/// What is given out of it at first, and then the rest. The allocator writes to the end of what it gets, so this ends in a
/// page that most starts use anyway.
const FIRST_BYTES: usize = 10 << 10;

/// The small heap. Only pages that are used take memory.
#[repr(C, align(16))]
struct Heap(UnsafeCell<[u8; HEAP_BYTES]>);

// SAFETY: it is given out once, to the allocator that manages it behind a lock.
unsafe impl Sync for Heap {}

// In a section of its own, which cli/start.ld puts behind what else is used at the start.
#[cfg_attr(target_os = "linux", unsafe(link_section = ".bss.wasmc_heap"))]
static HEAP: Heap = Heap(UnsafeCell::new([0; HEAP_BYTES]));

/// What the small heap's allocator gets its memory from: the two parts of the heap, each once. Holds where the next starts.
struct Parts(AtomicUsize);

// SAFETY: each part is given out once, is as large as it says, and is never taken back.
unsafe impl dlmalloc::Allocator for Parts {
    fn alloc(&self, _size: usize) -> (*mut u8, usize, u32) {
        let next = |start| match start {
            0 => Some(FIRST_BYTES),
            FIRST_BYTES => Some(HEAP_BYTES),
            _ => None,
        };
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            // SAFETY: both are within the heap.
            Ok(start) => unsafe { (HEAP.0.get().cast::<u8>().add(start), next(start).unwrap_or(start) - start, 0) },
            Err(_) => (null_mut(), 0, 0),
        }
    }

    fn remap(&self, _pointer: *mut u8, _old: usize, _new: usize, _can_move: bool) -> *mut u8 {
        null_mut()
    }

    fn free_part(&self, _pointer: *mut u8, _old: usize, _new: usize) -> bool {
        false
    }

    fn free(&self, _pointer: *mut u8, _size: usize) -> bool {
        false
    }

    fn can_release_part(&self, _flags: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        4096
    }
}

/// The small heap, and what comes behind it. There can be one in a program.
pub struct SmallFirst<A> {
    small: Mutex<Dlmalloc<Parts>>,
    /// Whether the small heap has been full.
    is_full: AtomicBool,
    behind: A,
}

impl<A> SmallFirst<A> {
    /// With `behind` for when the small heap is full.
    pub const fn new(behind: A) -> Self {
        Self {
            small: Mutex::new(Dlmalloc::new_with_allocator(Parts(AtomicUsize::new(0)))),
            is_full: AtomicBool::new(false),
            behind,
        }
    }

    fn small(&self) -> MutexGuard<'_, Dlmalloc<Parts>> {
        self.small.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `allocate` makes in the small heap, unless that has been full.
    fn try_small(&self, allocate: impl Fn(&mut Dlmalloc<Parts>) -> *mut u8) -> Option<*mut u8> {
        if self.is_full.load(Ordering::Relaxed) {
            return None;
        }
        let mut small = self.small();
        let mut pointer = allocate(&mut small);
        if pointer.is_null() {
            // It has added a part of the heap, which did not suffice; with the other one, it may.
            pointer = allocate(&mut small);
        }
        if pointer.is_null() {
            self.is_full.store(true, Ordering::Relaxed);
            return None;
        }
        Some(pointer)
    }
}

fn is_small(pointer: *mut u8) -> bool {
    pointer.addr().wrapping_sub(HEAP.0.get().addr()) < HEAP_BYTES
}

impl<A> std::fmt::Debug for SmallFirst<A> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SmallFirst").finish_non_exhaustive()
    }
}

// SAFETY: both allocators keep the contract; the small one is used by who holds its lock, and an address tells whose it is.
unsafe impl<A: GlobalAlloc> GlobalAlloc for SmallFirst<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise: the layout is not empty.
        let small = self.try_small(|small| unsafe { small.malloc(layout.size(), layout.align()) });
        // SAFETY: as above.
        small.unwrap_or_else(|| unsafe { self.behind.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise: the layout is not empty.
        let small = self.try_small(|small| unsafe { small.calloc(layout.size(), layout.align()) });
        // SAFETY: as above.
        small.unwrap_or_else(|| unsafe { self.behind.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise: allocated here with this layout, by the allocator whose address it is.
        unsafe {
            if is_small(pointer) {
                self.small().free(pointer, layout.size(), layout.align());
            } else {
                self.behind.dealloc(pointer, layout);
            }
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !is_small(pointer) {
            // SAFETY: the caller's promise: allocated here with this layout.
            return unsafe { self.behind.realloc(pointer, layout, size) };
        }
        // SAFETY: as above.
        let small = self.try_small(|small| unsafe { small.realloc(pointer, layout.size(), layout.align(), size) });
        small.unwrap_or_else(|| {
            // SAFETY: the caller's promise: the new size fits the alignment; what is copied is in both.
            unsafe {
                let moved = self.behind.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(pointer, layout.size().min(size));
                    self.dealloc(pointer, layout);
                }
                moved
            }
        })
    }
}
