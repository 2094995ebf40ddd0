//! Thread-local data: each thread has a block of it for each library that has such data, made by the library itself.

use wasmc_loader::{HostError, Store};

use super::entry;
use super::linked::{Held, What};
use crate::exports::Export;
use crate::thread::ThreadState;

/// What libraries export to make a block.
const MAKERS: [&str; 2] = ["_emscripten_tls_init", "emscripten_tls_init"];

/// Notes where the calling thread's block of the main module is, and makes those of the libraries that are there.
pub(crate) fn set_first(thread: &ThreadState, store: &mut Store, block: u32) -> Result<(), HostError> {
    set(thread, store, 0, block)?;
    make_all(thread, store)
}

/// Makes the blocks of libraries that the calling thread has none of yet, once it is one that the program knows.
pub(super) fn make_all(thread: &ThreadState, store: &mut Store) -> Result<(), HostError> {
    if thread.pthread() == 0 {
        return Ok(());
    }
    let own = thread.dynamic.own();
    let missing: Vec<_> = own
        .instances
        .iter()
        .filter(|(library, _)| **library != 0 && !own.blocks.contains_key(library))
        .map(|(library, instance)| (*library, *instance))
        .collect();
    drop(own);
    for (library, instance) in missing {
        let make = MAKERS.iter().find_map(|name| Export::find(store, instance, name));
        let block = make.map_or(Ok(0), |make| make.call(store, &[]))?;
        set(thread, store, library, block)?;
    }
    Ok(())
}

fn set(thread: &ThreadState, store: &mut Store, library: usize, block: u32) -> Result<(), HostError> {
    thread.dynamic.own().blocks.insert(library, block);
    let linked = thread.linked();
    let of_library = |held: &Held| held.library == library && matches!(held.what, What::InBlock(_));
    let keys: Vec<_> = linked.values.iter().filter(|(_, held)| of_library(held)).map(|(key, _)| key.clone()).collect();
    drop(linked);
    keys.iter().try_for_each(|key| entry::write(thread, store, key))
}

/// Gives back the blocks of a thread that is over; the main module's it has given back itself.
pub(crate) fn free_all(thread: &ThreadState, store: &mut Store) -> Result<(), HostError> {
    let blocks = std::mem::take(&mut thread.dynamic.own().blocks);
    let Some(free) = thread.found_exports()?.free else { return Ok(()) };
    for (_, block) in blocks.into_iter().filter(|(library, block)| *library != 0 && *block != 0) {
        free.call(store, &[block])?;
    }
    Ok(())
}
