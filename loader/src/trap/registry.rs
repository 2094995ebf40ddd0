//! Which image a program counter belongs to: written when images come and go, read by signal handlers without a lock.
//!
//! A list of slots that only grows and whose slots are used again. A slot's number is odd while it is written; a reader
//! that sees it change looks away. A reader's own code cannot go while it runs, so what it searches for is stable.

use std::ptr::null_mut;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering, fence};

use crate::image::ImageInner;

struct Slot {
    sequence: AtomicU64,
    start: AtomicU64,
    end: AtomicU64,
    image: AtomicPtr<ImageInner>,
    next: AtomicPtr<Slot>,
}

static FIRST: AtomicPtr<Slot> = AtomicPtr::new(null_mut());
/// Held by who writes; the slots that are free.
static FREE: Mutex<Vec<&'static Slot>> = Mutex::new(Vec::new());

impl Slot {
    fn write(&self, start: u64, end: u64, image: *mut ImageInner) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.start.store(start, Ordering::Relaxed);
        self.end.store(end, Ordering::Relaxed);
        self.image.store(image, Ordering::Relaxed);
        self.sequence.store(sequence + 2, Ordering::Release);
    }

    fn read(&self) -> Option<(u64, u64, *mut ImageInner)> {
        let sequence = self.sequence.load(Ordering::Acquire);
        let (start, end) = (self.start.load(Ordering::Relaxed), self.end.load(Ordering::Relaxed));
        let image = self.image.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let is_stable = sequence.is_multiple_of(2) && self.sequence.load(Ordering::Relaxed) == sequence;
        is_stable.then_some((start, end, image))
    }
}

/// An image's place in the list.
pub(crate) struct Registration {
    slot: &'static Slot,
    start: u64,
    end: u64,
}

impl Registration {
    /// Registers `text`, of an image that is not there yet.
    pub(crate) fn new(text: &[u8]) -> Self {
        let mut free = FREE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let slot = free.pop().unwrap_or_else(|| {
            let slot = Box::leak(Box::new(Slot {
                sequence: AtomicU64::new(0),
                start: AtomicU64::new(0),
                end: AtomicU64::new(0),
                image: AtomicPtr::new(null_mut()),
                next: AtomicPtr::new(FIRST.load(Ordering::Relaxed)),
            }));
            FIRST.store(slot, Ordering::Release);
            slot
        });
        let range = text.as_ptr_range();
        Self { slot, start: range.start as u64, end: range.end as u64 }
    }

    /// Makes the image findable.
    pub(crate) fn set_image(&self, image: *const ImageInner) {
        let _writer = FREE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.slot.write(self.start, self.end, image.cast_mut());
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.slot.write(0, 0, null_mut());
        free.push(self.slot);
    }
}

/// The image that `program_counter` belongs to, and where its text starts.
pub(crate) fn find(program_counter: u64) -> Option<(u64, *const ImageInner)> {
    let mut next = FIRST.load(Ordering::Acquire);
    // SAFETY: slots are never freed.
    while let Some(slot) = unsafe { next.as_ref() } {
        if let Some((start, end, image)) = slot.read()
            && (start..end).contains(&program_counter)
            && !image.is_null()
        {
            return Some((start, image));
        }
        next = slot.next.load(Ordering::Acquire);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_counter_finds_its_image_while_that_is_registered() {
        let text = [0; 64];
        let inside = text.as_ptr() as u64 + 63;
        let registration = Registration::new(&text);
        assert_eq!(find(inside), None);
        let image = std::ptr::dangling::<ImageInner>();
        registration.set_image(image);
        assert_eq!(find(inside), Some((text.as_ptr() as u64, image)));
        assert_eq!(find(inside + 1), None);
        drop(registration);
        assert_eq!(find(inside), None);
    }
}
