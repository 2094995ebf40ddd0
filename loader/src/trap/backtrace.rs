//! Which functions were running: program counters, noted without allocating, made readable later.
//!
//! Compiled code keeps frame pointers, so a walk needs no table: a frame pointer points to the caller's one, with the
//! return address above it. A walk ends at its entry's frame, and goes on at the host call that the entry was made from.

use wasmc_contract::context::StoreContext;
use wasmc_contract::trap::TrapCode;

use super::registry;
use crate::call::{Activation, activations};
use crate::report::{Frame, TrapReport};
use crate::store::StoreInner;

/// How many frames a report has at most.
const FRAMES_MAX: usize = 64;

/// The program counters of frames, innermost first: of a trapping instruction, or return addresses less 1.
pub(crate) struct Backtrace {
    program_counters: [u64; FRAMES_MAX],
    count: usize,
    omitted: usize,
    /// The serial number of the exception that was thrown there, or 0: a host function that throws it on, through which
    /// it came, does not change where it came from.
    thrown: u64,
}

impl Default for Backtrace {
    fn default() -> Self {
        Self { program_counters: [0; FRAMES_MAX], count: 0, omitted: 0, thrown: 0 }
    }
}

impl Backtrace {
    pub(crate) fn clear(&mut self) {
        (self.count, self.omitted, self.thrown) = (0, 0, 0);
    }

    /// Notes where the exception with this serial number is thrown, unless it is thrown on.
    ///
    /// # Safety
    ///
    /// As [`Self::record`].
    pub(crate) unsafe fn record_thrown(
        &mut self,
        serial: u64,
        program_counter: u64,
        frame_pointer: u64,
        context: &StoreContext,
        activation: *const Activation,
    ) {
        if self.thrown != serial {
            // SAFETY: the caller's promise.
            unsafe { self.record(program_counter, frame_pointer, context, activation) };
            self.thrown = serial;
        }
    }

    /// Notes where code is and who called it.
    ///
    /// # Safety
    ///
    /// `frame_pointer` must be that of compiled code which the newest entry of `context` led to, and `activation` that
    /// entry.
    pub(crate) unsafe fn record(
        &mut self,
        program_counter: u64,
        frame_pointer: u64,
        context: &StoreContext,
        activation: *const Activation,
    ) {
        self.clear();
        self.push(program_counter);
        // SAFETY: the caller's promise.
        unsafe { self.walk(frame_pointer, context.entry_frame_pointer) };
        // SAFETY: the newest entry is under way, and so are those that led to it.
        for activation in unsafe { activations(activation) } {
            if !activation.previous.is_null() {
                // SAFETY: an entry from a host call saved the frame pointer of that call, and of the entry that led to
                // it.
                unsafe { self.walk(activation.exit_frame_pointer, activation.entry_frame_pointer) };
            }
        }
    }

    /// # Safety
    ///
    /// `frame_pointer` must be that of compiled code which the entry with the frame pointer `entry` led to.
    unsafe fn walk(&mut self, mut frame_pointer: u64, entry: u64) {
        while frame_pointer != 0 && frame_pointer < entry {
            // SAFETY: a frame pointer below its entry's points to a saved frame pointer and a return address.
            let (caller, return_address) =
                unsafe { (*(frame_pointer as *const u64), *(frame_pointer as *const u64).add(1)) };
            self.push(return_address.wrapping_sub(1));
            if caller <= frame_pointer {
                break;
            }
            frame_pointer = caller;
        }
    }

    fn push(&mut self, program_counter: u64) {
        match self.program_counters.get_mut(self.count) {
            Some(place) => {
                *place = program_counter;
                self.count += 1;
            }
            None => self.omitted += 1,
        }
    }

    /// What a person reads of it. Trampolines and thunks are left out.
    pub(crate) fn report(&self, store: &StoreInner, code: TrapCode, message: Option<String>) -> TrapReport {
        let counters = &self.program_counters[..self.count];
        let frames = counters.iter().filter_map(|counter| frame(store, *counter)).collect();
        TrapReport { code, message, frames, frames_omitted: self.omitted }
    }
}

/// The function that `program_counter` is in.
fn frame(store: &StoreInner, program_counter: u64) -> Option<Frame> {
    let (start, found) = registry::find(program_counter)?;
    let image = store.images().find(|image| std::ptr::eq(std::sync::Arc::as_ptr(&image.inner), found))?;
    let offset = u32::try_from(program_counter - start).ok()?;
    let function = image.inner.function_at(offset)?;
    let wasm_offset = image.inner.address_map().and_then(|map| map.find(offset));
    let names = image.inner.names();
    let source = names.and_then(|names| names.line(wasm_offset?));
    Some(Frame {
        function,
        name: image.function_name(function).or_else(|| image.inner.exported_function_name(function)).map(str::to_owned),
        module: image.module_name().map(str::to_owned),
        wasm_offset,
        source: source.map(|(file, line)| (file.to_owned(), line.line, line.column)),
    })
}
