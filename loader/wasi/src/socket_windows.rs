//! `sock_*` on Windows, where no program is given a socket.

use wasmc_loader::GuestMemory;

use crate::context::Context;
use crate::descriptor::Handle;
use crate::errno::Errno;
use crate::types::FileType;

pub(crate) fn file_type(_handle: &Handle) -> FileType {
    FileType::Unknown
}

/// Says that `descriptor` is no socket, if it is one at all.
fn refuse(context: &Context, descriptor: u32) -> Result<(), Errno> {
    context.table.find(descriptor)?;
    Err(Errno::Notsock)
}

pub(crate) fn sock_accept(context: &Context, _: &GuestMemory, descriptor: u32, _: u32, _: u32) -> Result<(), Errno> {
    refuse(context, descriptor)
}

#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn sock_recv(
    context: &Context,
    _: &GuestMemory,
    descriptor: u32,
    _vectors: u32,
    _count: u32,
    _flags: u32,
    _result: u32,
    _result_flags: u32,
) -> Result<(), Errno> {
    refuse(context, descriptor)
}

pub(crate) fn sock_send(
    context: &Context,
    _: &GuestMemory,
    descriptor: u32,
    _vectors: u32,
    _count: u32,
    _flags: u32,
    _result: u32,
) -> Result<(), Errno> {
    refuse(context, descriptor)
}

pub(crate) fn sock_shutdown(context: &Context, _: &GuestMemory, descriptor: u32, _: u32) -> Result<(), Errno> {
    refuse(context, descriptor)
}
