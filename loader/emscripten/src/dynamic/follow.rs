//! Does in a thread what others have done: steps in, instances with their places in memory and table out, as they are in the
//! thread that loaded them. Data is there already, and constructors have run.

use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, PoisonError};

use wasmc_loader::{HostError, Image, Store, Value};

use super::linked::Step;
use super::place::{Placement, table};
use super::turn::Follower;
use super::{Failed, block, entry, load};
use crate::thread::ThreadState;
use crate::threads;

/// Does what others have done since the last time.
#[inline]
pub(crate) fn follow(thread: &ThreadState, store: &mut Store) -> Result<(), HostError> {
    if thread.dynamic.is_behind(&thread.context.linked) { catch_up(thread, store) } else { Ok(()) }
}

/// Lets a thread besides the first, whose stack has these limits, follow from now on.
pub(crate) fn start_following(thread: &ThreadState, store: &mut Store, stack: [u32; 2]) -> Result<(), HostError> {
    thread.dynamic.own().stack = Some(stack);
    thread.dynamic.is_following.store(true, Ordering::Release);
    // Either it sees what was done so far, or who has done it sees that it follows.
    fence(Ordering::SeqCst);
    follow(thread, store)
}

/// Lets others know of a thread that is to follow, if the program has threads.
pub(super) fn add_follower(thread: &ThreadState, store: &mut Store, image: &Image) -> Result<(), HostError> {
    if !threads::are_wanted_by(image) {
        return Ok(());
    }
    let own = thread.shared()?;
    let follower = Follower::new(&own, store);
    let mut followers = thread.context.linked.followers.lock().unwrap_or_else(PoisonError::into_inner);
    followers.retain(Follower::is_there);
    followers.push(follower);
    drop(followers);
    let own = Arc::downgrade(&own);
    store.on_wake(move |store| {
        if let Some(thread) = own.upgrade() {
            // What fails is tried again by the next call of the interface, which can say so.
            let _ = follow(&thread, store);
        }
    });
    Ok(())
}

#[cold]
fn catch_up(thread: &ThreadState, store: &mut Store) -> Result<(), HostError> {
    // What is called meanwhile may wait, and be woken.
    if thread.dynamic.is_busy.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let result = do_steps(thread, store);
    thread.dynamic.is_busy.store(false, Ordering::Relaxed);
    result.map_err(|failed| match failed {
        Failed::Ended(error) => error,
        Failed::Told(reason) => HostError::Message(format!("a thread cannot link what another one has: {reason}")),
    })
}

fn do_steps(thread: &ThreadState, store: &mut Store) -> Result<(), Failed> {
    loop {
        let done = thread.dynamic.done.load(Ordering::Relaxed);
        let steps = thread.linked().steps[done..].to_vec();
        if steps.is_empty() {
            return Ok(());
        }
        // Functions that have numbers may be those of libraries that come after them.
        for step in &steps {
            if let Step::Library(library) = step {
                add_library(thread, store, *library)?;
            }
        }
        for step in &steps {
            match step {
                Step::Library(_) => {}
                Step::Number(number, source) => {
                    let function = entry::own_function(thread, store, source)?;
                    fill_table(thread, store, (*number + 1).into())?;
                    let set = table(thread)?.set(store, (*number).into(), Value::Function(function));
                    set.map_err(|error| Failed::Told(format!("Error: {error}")))?;
                    if let Some(function) = function {
                        thread.dynamic.own().slots.entry(function).or_insert(*number);
                    }
                }
                Step::Entry(key) => entry::write(thread, store, key)?,
            }
        }
        block::make_all(thread, store)?;
        thread.dynamic.done.store(done + steps.len(), Ordering::Release);
    }
}

fn add_library(thread: &ThreadState, store: &mut Store, library: usize) -> Result<(), Failed> {
    if thread.dynamic.instance(library).is_some() {
        return Ok(());
    }
    let Some((image, placement)) = thread.linked().libraries[library].placed.clone() else { return Ok(()) };
    fill_table(thread, store, placement.elements(&image).end)?;
    let placement = Placement { is_first: false, ..placement };
    load::instantiate(&thread.shared()?, store, &image, &placement)?;
    load::limit_stack(thread, store, library)?;
    Ok(())
}

/// Makes the table at least so large.
fn fill_table(thread: &ThreadState, store: &mut Store, size: u64) -> Result<(), Failed> {
    let table = table(thread)?;
    let full = |_| Failed::Told("Error: the table of functions has no room".to_owned());
    let more = size.saturating_sub(table.size(store).map_err(full)?);
    if more > 0 {
        table.grow(store, more, Value::Function(None)).map_err(full)?;
    }
    Ok(())
}
