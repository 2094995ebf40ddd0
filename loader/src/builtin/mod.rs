//! The functions that compiled code calls: [`wasmc_contract::builtin`], by the position in its table.

use std::ffi::c_void;

use wasmc_contract::builtin::Builtin;
use wasmc_contract::context::{FunctionReference, InstanceContext};
use wasmc_contract::trap::TrapCode;

use crate::call::{Outcome, take_outcome};
use crate::instance::InstanceData;
use crate::store::{Store, StoreInner};
use crate::trap;
use crate::types::{HeapType, ReferenceType, ValueType, registry};
use crate::value::Slot;

mod atomic;
mod bulk;
mod float;

struct Table([*const c_void; Builtin::ALL.len()]);

// SAFETY: addresses of functions, which never change.
unsafe impl Sync for Table {}

static TABLE: Table = {
    let mut table = [std::ptr::null(); Builtin::ALL.len()];
    let mut index = 0;
    while index < table.len() {
        table[index] = address(Builtin::ALL[index]);
        index += 1;
    }
    Table(table)
};

/// The address of the table.
pub(crate) fn table() -> u64 {
    TABLE.0.as_ptr() as u64
}

/// The builtin with this number.
#[cfg(all(feature = "foreign-containers", target_arch = "x86_64", not(windows)))]
pub(crate) fn at(number: usize) -> *const c_void {
    TABLE.0[number]
}

/// The address of what is called for a host function without a trampoline.
pub(crate) fn unresolved_host_call() -> u64 {
    trap::unresolved as *const () as u64
}

const fn address(builtin: Builtin) -> *const c_void {
    match builtin {
        Builtin::Raise => trap::raise as *const c_void,
        Builtin::CallExport => call_export as *const c_void,
        Builtin::MemoryGrow => bulk::memory_grow as *const c_void,
        Builtin::MemoryInit => bulk::memory_init as *const c_void,
        Builtin::MemoryCopy => bulk::memory_copy as *const c_void,
        Builtin::MemoryFill => bulk::memory_fill as *const c_void,
        Builtin::DataDrop => bulk::data_drop as *const c_void,
        Builtin::TableGrow => bulk::table_grow as *const c_void,
        Builtin::TableInit => bulk::table_init as *const c_void,
        Builtin::TableCopy => bulk::table_copy as *const c_void,
        Builtin::TableFill => bulk::table_fill as *const c_void,
        Builtin::ElementDrop => bulk::element_drop as *const c_void,
        Builtin::IsSubtype => is_subtype as *const c_void,
        Builtin::NewException => trap::new_exception as *const c_void,
        Builtin::Throw => trap::throw as *const c_void,
        Builtin::CeilF32 => float::ceil_f32 as *const c_void,
        Builtin::FloorF32 => float::floor_f32 as *const c_void,
        Builtin::TruncF32 => float::trunc_f32 as *const c_void,
        Builtin::NearestF32 => float::nearest_f32 as *const c_void,
        Builtin::CeilF64 => float::ceil_f64 as *const c_void,
        Builtin::FloorF64 => float::floor_f64 as *const c_void,
        Builtin::TruncF64 => float::trunc_f64 as *const c_void,
        Builtin::NearestF64 => float::nearest_f64 as *const c_void,
        Builtin::MemoryNotify => atomic::memory_notify as *const c_void,
        Builtin::MemoryWait32 => atomic::memory_wait32 as *const c_void,
        Builtin::MemoryWait64 => atomic::memory_wait64 as *const c_void,
    }
}

/// The instance and the store that running code belongs to.
///
/// # Safety
///
/// `context` must be that of an instance whose code runs on this thread; what is given must not be held on to.
pub(crate) unsafe fn instance<'a>(context: *mut InstanceContext) -> (&'a InstanceData, &'a mut StoreInner) {
    // SAFETY: the caller's promise: instances and stores live while their code runs, which holds no borrow of them.
    unsafe {
        let data = (*context).host as *const InstanceData;
        (&*data, &mut *(*data).store)
    }
}

unsafe extern "C" fn is_subtype(_context: *mut InstanceContext, identity: u32, of: u32) -> u32 {
    u32::from(registry::is_subtype(identity, of))
}

/// Calls an export for a C program; what cannot be returned goes to the store's callback, or ends the process.
///
/// # Safety
///
/// Called by an export's C-ABI entry only, which a C program called with an instance's context.
unsafe extern "C" fn call_export(context: *mut InstanceContext, function: u32, values: *mut Slot) {
    // SAFETY: the entry passes what the C program gave it: an instance's context.
    let (data, store) = unsafe { instance(context) };
    let reference = data.function_reference(function);
    let store: *mut StoreInner = store;
    let outcome = match reference {
        // SAFETY: as above.
        Some(reference) if !unsafe { has_exceptions(&*store, &*reference, values) } => {
            let message = Some("an exception reference from C means no exception any more".to_owned());
            // SAFETY: no code of the store runs but what called this.
            Outcome::Trapped(unsafe { (*store).backtrace.report(&*store, TrapCode::Host, message) })
        }
        // SAFETY: the reference is the store's, and the entry stored values of its type.
        Some(reference) => match unsafe { crate::call::call_reference(store, &*reference, values) } {
            Ok(true) => return,
            Ok(false) => {
                // SAFETY: the store is the C program's own, which does not drop it while it calls.
                let inner = unsafe { std::ptr::NonNull::new_unchecked(store) };
                take_outcome(&mut std::mem::ManuallyDrop::new(Store { inner }))
            }
            Err(error) => fail(&error.to_string()),
        },
        None => fail("the artifact names a function that it does not have"),
    };
    // SAFETY: as above. Whatever ran of the store is left: the callback ends the process, or goes on where nothing ran.
    // The outcome is kept in the store, since no one may come back here to drop it.
    let (outcome, callback) = unsafe {
        (*store).abandon();
        let callback = (*store).trap_callback.clone();
        &*(*store).told.insert((outcome, callback))
    };
    if let Some(callback) = callback {
        callback(outcome);
    }
    match outcome {
        Outcome::Threw(uncaught) => fail(&uncaught.report.to_string()),
        Outcome::Trapped(report) => fail(&report.to_string()),
        Outcome::Exited(status) => std::process::exit(*status),
        Outcome::Returned(_) => {}
    }
}

/// Whether the exception references among the arguments of a function are null or the store's: those that C keeps mean
/// nothing once the store has let their exceptions go.
///
/// # Safety
///
/// `values` must fit the type of `reference`, which must be the store's.
unsafe fn has_exceptions(store: &StoreInner, reference: &FunctionReference, values: *const Slot) -> bool {
    let Some(function_type) = registry::function_type(reference.type_identity as u32) else { return true };
    function_type.parameters.iter().enumerate().all(|(index, value_type)| {
        let ValueType::Reference(ReferenceType { heap: HeapType::Exn, .. }) = value_type else { return true };
        // SAFETY: the caller's promise.
        let address = unsafe { (*values.add(index)).low };
        address == 0 || store.exceptions.has(address)
    })
}

fn fail(message: &str) -> ! {
    eprintln!("{message}");
    std::process::abort()
}
