//! Code in another system's container, for this CPU, run here: the calling convention at its borders is that of its own
//! system, so what stands there is replaced. For tests, which can look at all six kinds of object on one machine.
//!
//! On AArch64 the three systems pass the few arguments that builtins and arrays of values take in the same registers. On
//! x86-64 Windows has registers of its own: builtins and host functions are called through adapters, and an entry is
//! marked by its highest bit, which no address of a program has.
//!
//! Host functions get their arguments in arrays, since typed ones may have any number. A store must not have code of two
//! conventions: how it is left ([`Builtin::Raise`]) is the store's.

use wasmc_contract::context::StoreContext;
use wasmc_contract::target::{Architecture, System, Target};

use crate::image::Trampolines;

/// In an entry's address: it has the other convention.
pub(super) const MARK: u64 = 1 << 63;

/// Whether code for `target` can be run on this CPU.
pub(crate) fn is_for_this_cpu(target: Target) -> bool {
    Target::host().is_some_and(|host| host.architecture == target.architecture)
}

/// Whether code for `target` has other registers at its borders than code of this system.
pub(super) fn differs(target: Target) -> bool {
    let host = Target::host().map(|host| host.system);
    target.architecture == Architecture::X86_64 && (target.system == System::Windows) != (host == Some(System::Windows))
}

/// The trampolines that an image for `target` is used by.
pub(crate) fn trampolines(target: Target, own: Trampolines) -> Trampolines {
    if Target::host() == Some(target) {
        return own;
    }
    let mark = if differs(target) { MARK } else { 0 };
    Trampolines { array_entry: own.array_entry.map(|entry| entry | mark), host_call: None, ..own }
}

/// The table of builtins for an image's instances, which becomes the store's as well.
pub(crate) fn builtins(target: Target, store: *mut StoreContext) -> u64 {
    #[cfg(all(target_arch = "x86_64", not(windows)))]
    let table = super::foreign_x86_64::builtins(target);
    #[cfg(not(all(target_arch = "x86_64", not(windows))))]
    let table = super::own::builtins(target, store);
    // SAFETY: the context belongs to this thread while it uses the store.
    unsafe { (*store).builtins = table };
    table
}
