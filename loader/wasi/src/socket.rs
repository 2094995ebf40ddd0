//! `sock_*`: sockets that the embedder opened, and the connections that they accept.

use std::net::Shutdown;

use wasmc_loader::{GuestMemory, SocketFlags};

use crate::context::Context;
use crate::descriptor::{Direction, Handle, Object};
use crate::errno::Errno;
use crate::system::fd::AsFd as _;
use crate::system::net;
use crate::types::{FileType, Vectors, check_result, descriptor_flag, write_size, write_u32};

/// The socket that `descriptor` stands for; a standard stream may be one.
fn with_socket<T>(
    context: &Context,
    descriptor: u32,
    direction: Direction,
    apply: impl FnOnce(&Handle) -> Result<T, Errno>,
) -> Result<T, Errno> {
    match &*context.table.find(descriptor)? {
        Object::Socket(handle) => apply(handle),
        Object::File(file) if file.file_type() == FileType::SocketStream => {
            if file.lets(direction) {
                apply(&file.handle)
            } else {
                Err(Errno::Badf)
            }
        }
        _ => Err(Errno::Notsock),
    }
}

pub(crate) fn sock_accept(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    flags: u32,
    result: u32,
) -> Result<(), Errno> {
    let socket = with_socket(context, descriptor, Direction::In, |listener| {
        check_result(memory, result, 4)?;
        if flags & !u32::from(descriptor_flag::NONBLOCK) != 0 {
            return Err(Errno::Inval);
        }
        Ok(crate::system::accept(listener, flags != 0)?)
    })?;
    write_u32(memory, result, context.table.insert(Object::Socket(std::sync::Arc::new(Handle::Owned(socket))))?)
}

#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn sock_recv(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    vectors: u32,
    count: u32,
    flags: u32,
    result: u32,
    result_flags: u32,
) -> Result<(), Errno> {
    /// `$riflags`.
    const PEEK: u32 = 1;
    const WAITALL: u32 = 2;
    /// `$roflags`.
    const DATA_TRUNCATED: u16 = 1;
    with_socket(context, descriptor, Direction::In, |handle| {
        let vectors = Vectors::read(memory, vectors, count)?;
        check_result(memory, result, 4)?;
        check_result(memory, result_flags, 2)?;
        if flags & !(PEEK | WAITALL) != 0 {
            return Err(Errno::Inval);
        }
        let flags = SocketFlags { peek: flags & PEEK != 0, wait_all: flags & WAITALL != 0, nonblocking: false };
        let (length, was_cut) = net::receive(memory, handle.as_fd(), vectors.as_slice(), flags)?;
        write_size(memory, result, length)?;
        memory.write_u16(result_flags.into(), if was_cut { DATA_TRUNCATED } else { 0 }).ok_or(Errno::Fault)
    })
}

pub(crate) fn sock_send(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    vectors: u32,
    count: u32,
    flags: u32,
    result: u32,
) -> Result<(), Errno> {
    with_socket(context, descriptor, Direction::Out, |handle| {
        let vectors = Vectors::read(memory, vectors, count)?;
        check_result(memory, result, 4)?;
        if flags != 0 {
            return Err(Errno::Inval);
        }
        write_size(memory, result, net::send(memory, handle.as_fd(), vectors.as_slice(), false)?)
    })
}

pub(crate) fn sock_shutdown(context: &Context, _: &GuestMemory, descriptor: u32, how: u32) -> Result<(), Errno> {
    let (how, direction) = match how {
        1 => (Some(Shutdown::Read), Direction::In),
        2 => (Some(Shutdown::Write), Direction::Out),
        3 => (Some(Shutdown::Both), Direction::Both),
        _ => (None, Direction::None),
    };
    with_socket(context, descriptor, direction, |handle| net::shutdown(handle, how.ok_or(Errno::Inval)?))
}
