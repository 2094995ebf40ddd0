//! What stands at the borders of compiled code: entries, builtins, host functions. It is the system's C convention, and
//! nothing has to be done about it; but a loader for tests also runs other systems' code.

#[cfg(feature = "foreign-containers")]
mod foreign;
#[cfg(all(feature = "foreign-containers", target_arch = "x86_64", not(windows)))]
mod foreign_x86_64;
#[cfg(not(all(feature = "foreign-containers", target_arch = "x86_64", not(windows))))]
mod own;

#[cfg(feature = "foreign-containers")]
pub(crate) use foreign::{builtins, is_for_this_cpu, trampolines};
#[cfg(all(feature = "foreign-containers", target_arch = "x86_64", not(windows)))]
pub(crate) use foreign_x86_64::{call_entry, host_array};
#[cfg(not(feature = "foreign-containers"))]
pub(crate) use own::builtins;
#[cfg(not(all(feature = "foreign-containers", target_arch = "x86_64", not(windows))))]
pub(crate) use own::{call_entry, host_array};

/// The trampolines that an image is used by.
#[cfg(not(feature = "foreign-containers"))]
pub(crate) fn trampolines(
    _: wasmc_contract::target::Target,
    own: crate::image::Trampolines,
) -> crate::image::Trampolines {
    own
}
