//! `proc_*` and `sched_yield`.

use wasmc_loader::GuestMemory;

use crate::context::Context;
use crate::errno::Errno;

/// No signal reaches a guest, so none is sent by one either.
pub(crate) fn proc_raise(_: &Context, _: &GuestMemory, _signal: u32) -> Result<(), Errno> {
    Err(Errno::Notsup)
}

pub(crate) fn sched_yield(_: &Context, _: &GuestMemory) -> Result<(), Errno> {
    crate::system::thread::sched_yield();
    Ok(())
}
