//! A boxed value that compiled code and handles point to: unlike with `Box`, moving the owner asserts nothing about
//! who else looks at the value.

use std::ptr::NonNull;

/// Owns a heap value whose address is given out.
pub(crate) struct Owned<T>(NonNull<T>);

// SAFETY: an `Owned` is what a `Box` is: the value goes where its owner goes.
unsafe impl<T: Send> Send for Owned<T> {}

impl<T> Owned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(value))))
    }

    pub(crate) fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    pub(crate) fn address(&self) -> u64 {
        self.0.as_ptr() as u64
    }
}

impl<T> std::ops::Deref for Owned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value lives until `drop`; what changes while shared is in cells.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: made from a box in `new`, and dropped only here.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
