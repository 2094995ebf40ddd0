//! How far a compilation is, for whoever watches it from another thread.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many bytes of WebAssembly code are compiled, and how many there are. It has no influence on what comes out.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Bytes that are done, and all of them: 0 as long as that is not known.
    pub fn bytes(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    pub(crate) fn start(&self, total: u64) {
        self.total.fetch_add(total, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }
}
