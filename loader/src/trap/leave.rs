//! Where code goes on that leaves its place: what the few instructions of each CPU ask for that take it there.

use wasmc_contract::context::{InstanceContext, StoreContext};
use wasmc_contract::trap::TrapCode;

use crate::call::Raised;
use crate::exception::{self, Landing};
use crate::store::StoreInner;

/// The functions, in the convention that the instructions call them by.
macro_rules! called_in_convention {
    ($convention:literal) => {
        /// # Safety
        ///
        /// `store` must be that of the code that called `raise`, from `return_address`, with `frame_pointer`; `landing` is a
        /// place for the result.
        pub(super) unsafe extern $convention fn record_raise(
            store: *mut StoreContext,
            return_address: u64,
            frame_pointer: u64,
            landing: *mut Landing,
        ) {
            // SAFETY: the caller's promise; the context and its store live while their code runs.
            unsafe {
                let inner = (*store).host as *mut StoreInner;
                (*store).pending = 0;
                *landing = if let Raised::Exception(thrown) = (*inner).raised {
                    (*inner).raised = Raised::None;
                    exception::land(&mut *inner, &*store, thrown, return_address, frame_pointer)
                } else {
                    (*inner).backtrace.record(return_address - 1, frame_pointer, &*store, (*inner).activation);
                    Landing::at_entry(&*store)
                };
            }
        }

        /// # Safety
        ///
        /// Called for compiled code only, with its own context and an exception of its store, from `return_address`, with `frame_pointer`; `landing` is a place for the result.
        pub(super) unsafe extern $convention fn land_thrown(
            context: *mut InstanceContext,
            thrown: u64,
            return_address: u64,
            frame_pointer: u64,
            landing: *mut Landing,
        ) {
            // SAFETY: the caller's promise; the context and its store live while their code runs.
            unsafe {
                let store = (*context).store as *mut StoreContext;
                let inner = (*store).host as *mut StoreInner;
                *landing = exception::land(&mut *inner, &*store, thrown, return_address, frame_pointer);
            }
        }

        /// # Safety
        ///
        /// `store` must be that of running code.
        pub(super) unsafe extern $convention fn record_unresolved(store: *mut StoreContext) {
            // SAFETY: the caller's promise.
            let inner = unsafe { &mut *((*store).host as *mut StoreInner) };
            let message = "no module of the store has code to call a host function of this type".to_owned();
            inner.raised = Raised::Trap(TrapCode::Host, Some(message));
        }
    };
}

#[cfg(target_arch = "x86_64")]
called_in_convention!("sysv64");
#[cfg(target_arch = "aarch64")]
called_in_convention!("C");
