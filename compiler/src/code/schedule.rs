//! Spreads a program's items over threads. The results, an error among them, don't depend on how many there are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::program::Program;
use super::worker::Worker;
use crate::error::CompileError;
use crate::progress::Progress;

/// What `compile` gives for each item of `program`, in their order; or the error of the first item that has one.
pub(crate) fn compile_items<'p, T: Send>(
    program: &'p Program<'p>,
    progress: &Progress,
    compile: impl Fn(&mut Worker<'p>, u32) -> Result<T, CompileError> + Sync,
) -> Result<Vec<T>, CompileError> {
    let order = program.items_biggest_first();
    progress.start(order.iter().map(|item| program.body_bytes(*item)).sum());
    let next = AtomicUsize::new(0);
    let first_failed = AtomicU32::new(u32::MAX);
    let finished = Mutex::new(Vec::with_capacity(order.len()));
    let work = || {
        let mut worker = Worker::new(program);
        let mut mine = Vec::new();
        while let Some(&item) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            // Only items before the failed one can still change which error is the first.
            if item > first_failed.load(Ordering::Relaxed) {
                continue;
            }
            let result = compile(&mut worker, item);
            if result.is_err() {
                first_failed.fetch_min(item, Ordering::Relaxed);
            }
            progress.add(program.body_bytes(item));
            mine.push((item, result));
        }
        finished.lock().expect("no thread panics while it holds the lock").append(&mut mine);
    };
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(order.len()) {
            scope.spawn(|_| work());
        }
    });
    let mut finished = finished.into_inner().expect("no thread panics while it holds the lock");
    finished.sort_unstable_by_key(|(item, _)| *item);
    finished.into_iter().map(|(_, result)| result).collect()
}
