//! How a main module starts: what it needs is loaded, entries are complete, then constructors run, its own first.

use std::sync::Arc;

use wasmc_loader::{HostError, Instance, Store};

use super::load::{self, Mode};
use super::turn::Turn;
use super::{Failed, ModuleRequest, entry};
use crate::exports::Export;
use crate::thread::ThreadState;

/// Loads what the main module needs, and completes what it refers to.
pub(crate) fn link(state: &Arc<ThreadState>, store: &mut Store, main: Instance) -> Result<(), HostError> {
    let _turn = Turn::take(state, store)?;
    let image = main.image(store).cloned().ok_or("the main module is of another store")?;
    for name in image.dynamic_linking().into_iter().flat_map(|dynamic| dynamic.needed()) {
        let request = ModuleRequest { name, contents: None };
        let mode = Mode { is_global: true, may_wait: true };
        let library = load::load(state, store, &request, mode, 0).map_err(|failed| ended(failed, name))?;
        state.linked().libraries[0].needs(library);
    }
    entry::resolve(state, store, None, true).map_err(|failed| ended(failed, "the program"))?;
    limit_stack(state, store)?;
    if let Some(complete) = Export::find(store, main, "__wasm_apply_data_relocs") {
        complete.call(store, &[])?;
    }
    Ok(())
}

/// Tells the main module where its stack is.
fn limit_stack(state: &ThreadState, store: &mut Store) -> Result<(), HostError> {
    // One that lies where it was linked to knows.
    let Some(layout) = state.linked().layout else { return Ok(()) };
    let main = state.dynamic.instance(0).ok_or("there is no main module")?;
    for name in ["emscripten_stack_set_limits", "__set_stack_limits"] {
        if let Some(set) = Export::find(store, main, name) {
            set.call(store, &[layout.stack_high, layout.stack_low])?;
        }
    }
    Ok(())
}

/// Runs the constructors of the modules that were loaded, after the main module's.
pub(crate) fn construct(state: &ThreadState, store: &mut Store) -> Result<(), HostError> {
    // The main module's have set its stack's limits to those of one that is linked to nothing.
    limit_stack(state, store)?;
    state.linked().is_started = true;
    let waiting = std::mem::take(&mut state.dynamic.own().waiting);
    for library in waiting {
        load::construct(state, store, library).map_err(|failed| ended(failed, "a module"))?;
    }
    Ok(())
}

fn ended(failed: Failed, name: &str) -> HostError {
    match failed {
        Failed::Ended(error) => error,
        Failed::Told(reason) => {
            let reason = reason.strip_prefix("Error: ").unwrap_or(&reason);
            HostError::Message(format!("cannot link `{name}`: {reason}"))
        }
    }
}
