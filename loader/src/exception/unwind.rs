//! From where an exception is thrown to where it is caught: frames are walked by their frame pointers, and the images'
//! handler tables say which calls something catches around.

use wasmc_contract::NONE;
use wasmc_contract::context::StoreContext;

use crate::call::Raised;
use crate::store::StoreInner;
use crate::trap::registry;

/// Where execution goes on, as the code that jumps there reads it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Landing {
    pub(crate) program_counter: u64,
    pub(crate) stack_pointer: u64,
    pub(crate) frame_pointer: u64,
    /// The exception's address.
    pub(crate) exception: u64,
}

impl Landing {
    /// At the newest entry, which says that it was left.
    pub(crate) fn at_entry(context: &StoreContext) -> Self {
        Self {
            program_counter: context.entry_handler,
            stack_pointer: context.entry_stack_pointer,
            frame_pointer: context.entry_frame_pointer,
            exception: 0,
        }
    }
}

/// Where `exception` goes on that is thrown by a call which returns to `return_address`, in the frame with
/// `frame_pointer`. If nothing catches it before the newest entry, that is left, and the store knows why.
///
/// # Safety
///
/// The exception must be the store's, and the frame one of compiled code that the newest entry of `context` led to.
pub(crate) unsafe fn land(
    store: &mut StoreInner,
    context: &StoreContext,
    exception: u64,
    return_address: u64,
    frame_pointer: u64,
) -> Landing {
    // SAFETY: the caller's promise.
    if let Some(landing) = unsafe { find(context, exception, return_address, frame_pointer) } {
        return landing;
    }
    // SAFETY: likewise; the exception's second word is its serial number.
    unsafe {
        let serial = *(exception as *const u64).add(1);
        store.backtrace.record_thrown(serial, return_address - 1, frame_pointer, context, store.activation);
    }
    store.raised = Raised::Exception(exception);
    Landing::at_entry(context)
}

/// # Safety
///
/// As [`land`].
unsafe fn find(
    context: &StoreContext,
    exception: u64,
    mut return_address: u64,
    mut frame_pointer: u64,
) -> Option<Landing> {
    // SAFETY: the caller's promise; the first word is the tag's identity.
    let tag = unsafe { *(exception as *const u64) };
    while frame_pointer != 0 && frame_pointer < context.entry_frame_pointer {
        if let Some((start, image)) = registry::find(return_address) {
            // SAFETY: the image is registered, and its code is running: the store keeps it.
            let image = unsafe { &*image };
            if let Some((site, clauses)) = image.handlers.find((return_address - start) as u32) {
                let stack_pointer = frame_pointer - u64::from(site.frame_bytes);
                for clause in clauses.iter() {
                    if clause.handler_offset as usize >= image.text.len() {
                        continue;
                    }
                    let has_tag = || {
                        if clause.tag as usize >= image.metadata.tags.len() {
                            return false;
                        }
                        // SAFETY: the frame is one of the image's code, whose table says where its context lies; the
                        // context has a pointer for each tag.
                        unsafe {
                            let own = *((stack_pointer + u64::from(site.context_offset)) as *const u64);
                            *((own + u64::from(image.layout.tag(clause.tag))) as *const u64) == tag
                        }
                    };
                    if clause.tag == NONE || has_tag() {
                        let program_counter = start + u64::from(clause.handler_offset);
                        return Some(Landing { program_counter, stack_pointer, frame_pointer, exception });
                    }
                }
            }
        }
        // SAFETY: a frame pointer below its entry's points to a saved frame pointer and a return address.
        let caller = unsafe { *(frame_pointer as *const u64) };
        // SAFETY: likewise.
        return_address = unsafe { *(frame_pointer as *const u64).add(1) };
        if caller <= frame_pointer {
            return None;
        }
        frame_pointer = caller;
    }
    None
}
