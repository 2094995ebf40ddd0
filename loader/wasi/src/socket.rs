//! `sock_*`: sockets that the embedder opened, and the connections that they accept.

use std::os::fd::AsFd;

use rustix::net::{RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType};
use wasmc_loader::GuestMemory;

use crate::context::Context;
use crate::descriptor::{Handle, Object};
use crate::errno::Errno;
use crate::types::{FileType, Vectors, check_result, descriptor_flag, write_size, write_u32};

/// How much one call moves at most where bytes cannot go straight to guest memory.
const TRANSFER_BYTES_MAX: u64 = 1 << 20;

/// What a socket is called in a status.
pub(crate) fn file_type(handle: &Handle) -> FileType {
    match rustix::net::sockopt::socket_type(handle) {
        Ok(SocketType::DGRAM) => FileType::SocketDatagram,
        Ok(_) => FileType::SocketStream,
        Err(_) => FileType::Unknown,
    }
}

/// The socket that `descriptor` stands for; a standard stream may be one.
fn with_socket<T>(
    context: &Context,
    descriptor: u32,
    apply: impl FnOnce(&Handle) -> Result<T, Errno>,
) -> Result<T, Errno> {
    match &*context.table.find(descriptor)? {
        Object::Socket(handle) => apply(handle),
        Object::File(file) if file.file_type() == FileType::SocketStream => apply(&file.handle),
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
    let socket = with_socket(context, descriptor, |listener| {
        check_result(memory, result, 4)?;
        let mut socket_flags = SocketFlags::CLOEXEC;
        if flags & !u32::from(descriptor_flag::NONBLOCK) != 0 {
            return Err(Errno::Inval);
        }
        if flags != 0 {
            socket_flags |= SocketFlags::NONBLOCK;
        }
        Ok(rustix::net::accept_with(listener, socket_flags)?)
    })?;
    write_u32(memory, result, context.table.insert(Object::Socket(Handle::Owned(socket)))?)
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
    with_socket(context, descriptor, |handle| {
        let vectors = Vectors::read(memory, vectors, count)?;
        check_result(memory, result, 4)?;
        check_result(memory, result_flags, 2)?;
        if flags & !(PEEK | WAITALL) != 0 {
            return Err(Errno::Inval);
        }
        let length = if flags == 0 {
            memory.read_from_fd(handle.as_fd(), vectors.as_slice(), None)?
        } else {
            let mut host_flags = RecvFlags::empty();
            host_flags.set(RecvFlags::PEEK, flags & PEEK != 0);
            host_flags.set(RecvFlags::WAITALL, flags & WAITALL != 0);
            let mut bytes = vec![0; vectors.length_bytes().min(TRANSFER_BYTES_MAX) as usize];
            let (length, _) = rustix::net::recv(handle, &mut bytes[..], host_flags)?;
            scatter(memory, &vectors, &bytes[..length])?;
            length
        };
        write_size(memory, result, length)?;
        memory.write_u16(result_flags.into(), 0).ok_or(Errno::Fault)
    })
}

/// Writes `bytes` into the buffers, one after the other.
fn scatter(memory: &GuestMemory, vectors: &Vectors, mut bytes: &[u8]) -> Result<(), Errno> {
    for (address, length_bytes) in vectors.as_slice() {
        let (now, later) = bytes.split_at(bytes.len().min(*length_bytes as usize));
        memory.write_bytes(*address, now).ok_or(Errno::Fault)?;
        bytes = later;
    }
    Ok(())
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
    with_socket(context, descriptor, |handle| {
        let vectors = Vectors::read(memory, vectors, count)?;
        check_result(memory, result, 4)?;
        if flags != 0 {
            return Err(Errno::Inval);
        }
        let mut bytes = Vec::new();
        for (address, length_bytes) in vectors.as_slice() {
            let room = TRANSFER_BYTES_MAX - bytes.len() as u64;
            bytes.extend(memory.read_vec(*address, room.min(*length_bytes)).ok_or(Errno::Fault)?);
        }
        // A peer that has gone is an error for the guest, not the end of the process.
        write_size(memory, result, rustix::net::send(handle, &bytes, SendFlags::NOSIGNAL)?)
    })
}

pub(crate) fn sock_shutdown(context: &Context, _: &GuestMemory, descriptor: u32, how: u32) -> Result<(), Errno> {
    with_socket(context, descriptor, |handle| {
        let how = match how {
            1 => Shutdown::Read,
            2 => Shutdown::Write,
            3 => Shutdown::Both,
            _ => return Err(Errno::Inval),
        };
        Ok(rustix::net::shutdown(handle, how)?)
    })
}
