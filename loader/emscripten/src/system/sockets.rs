//! Calls for sockets. Each has six arguments, used or not.
#![expect(clippy::too_many_arguments, reason = "the interface's own")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use wasmc_loader::{GuestMemory, SocketFlags};
use wasmc_wasi::{Buffers, Errno, Family, flags};

use super::{field, given, posix, read_u32, write_bytes, write_u32};
use crate::thread::ThreadState;

type Memory<'a> = GuestMemory<'a>;

pub(super) const IPV4: u16 = 2;
pub(super) const IPV6: u16 = 10;
const IPV4_BYTES: usize = 16;
const IPV6_BYTES: usize = 28;

/// Reads a `struct sockaddr_in` or `struct sockaddr_in6`.
pub(super) fn read_address(memory: &Memory<'_>, address: u32, length: u32) -> Result<SocketAddr, Errno> {
    let family = memory.read_u16(address.into()).ok_or(Errno::Fault)?;
    let bytes_needed = match family {
        _ if length < 2 => return Err(Errno::Inval),
        IPV4 => IPV4_BYTES,
        IPV6 => IPV6_BYTES,
        _ => return Err(Errno::Afnosupport),
    };
    if (length as usize) < bytes_needed {
        return Err(Errno::Inval);
    }
    let bytes = memory.read_vec(address.into(), bytes_needed as u64).ok_or(Errno::Fault)?;
    let port = u16::from_be_bytes([bytes[2], bytes[3]]);
    if family == IPV4 {
        return Ok((Ipv4Addr::new(bytes[4], bytes[5], bytes[6], bytes[7]), port).into());
    }
    let mut ip = [0; 16];
    ip.copy_from_slice(&bytes[8..24]);
    let scope = u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
    Ok(SocketAddrV6::new(Ipv6Addr::from(ip), port, 0, scope).into())
}

/// An address as it lies in memory.
pub(super) fn address_bytes(address: SocketAddr) -> Vec<u8> {
    let family = if address.is_ipv4() { IPV4 } else { IPV6 };
    let mut bytes = family.to_le_bytes().to_vec();
    bytes.extend(address.port().to_be_bytes());
    match address.ip() {
        IpAddr::V4(ip) => {
            bytes.extend(ip.octets());
            bytes.resize(IPV4_BYTES, 0);
        }
        IpAddr::V6(ip) => {
            bytes.extend([0; 4]);
            bytes.extend(ip.octets());
            bytes.resize(IPV6_BYTES, 0);
        }
    }
    bytes
}

/// Writes an address to where there is room for `*length` bytes, and how long it is to `length`.
fn write_address(memory: &Memory<'_>, place: u32, length: u32, address: SocketAddr) -> Result<(), Errno> {
    if place == 0 || length == 0 {
        return Ok(());
    }
    let room = read_u32(memory, length)? as usize;
    let bytes = address_bytes(address);
    write_bytes(memory, place, &bytes[..bytes.len().min(room)])?;
    write_u32(memory, length, bytes.len() as u32)
}

pub(crate) fn socket(
    thread: &ThreadState,
    _: &Memory<'_>,
    family: u32,
    kind: u32,
    protocol: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    const STREAM: u32 = 1;
    const DATAGRAM: u32 = 2;
    const TCP: u32 = 6;
    const UDP: u32 = 17;
    let family = match u16::try_from(family) {
        Ok(IPV4) => Family::Ipv4,
        Ok(IPV6) => Family::Ipv6,
        _ => return Err(Errno::Afnosupport),
    };
    let own_flags = flags::NONBLOCK | flags::CLOSE_ON_EXEC;
    let is_stream = match (kind & !own_flags, protocol) {
        (STREAM, 0 | TCP) => true,
        (DATAGRAM, 0 | UDP) => false,
        (STREAM | DATAGRAM, _) => return Err(Errno::Protonosupport),
        _ => return Err(Errno::Prototype),
    };
    given(posix(thread).socket(family, is_stream, kind & own_flags)?)
}

pub(crate) fn bind(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    address: u32,
    length: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    posix(thread).socket_kind(descriptor)?;
    posix(thread).bind(descriptor, read_address(memory, address, length)?).map(|()| 0)
}

pub(crate) fn connect(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    address: u32,
    length: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    posix(thread).socket_kind(descriptor)?;
    posix(thread).connect(descriptor, read_address(memory, address, length)?).map(|()| 0)
}

pub(crate) fn listen(
    thread: &ThreadState,
    _: &Memory<'_>,
    descriptor: u32,
    _backlog: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    posix(thread).listen(descriptor).map(|()| 0)
}

pub(crate) fn accept(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    address: u32,
    length: u32,
    flags: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    let (connection, peer) = posix(thread).accept(descriptor, flags)?;
    write_address(memory, address, length, peer)?;
    given(connection)
}

pub(crate) fn local_address(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    address: u32,
    length: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    write_address(memory, address, length, posix(thread).local_address(descriptor)?).map(|()| 0)
}

pub(crate) fn peer_address(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    address: u32,
    length: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    write_address(memory, address, length, posix(thread).peer_address(descriptor)?).map(|()| 0)
}

const PEEK: u32 = 2;
const DO_NOT_WAIT: u32 = 0x40;
const WAIT_ALL: u32 = 0x100;

fn receive_flags(flags: u32) -> SocketFlags {
    SocketFlags { peek: flags & PEEK != 0, wait_all: flags & WAIT_ALL != 0, nonblocking: flags & DO_NOT_WAIT != 0 }
}

pub(crate) fn receive(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    buffer: u32,
    length: u32,
    flags: u32,
    address: u32,
    address_length: u32,
) -> Result<i32, Errno> {
    posix(thread).socket_kind(descriptor)?;
    let buffers = Buffers::One(buffer, length);
    let (received, from) = posix(thread).receive(descriptor, memory, buffers, receive_flags(flags))?;
    if let Some(from) = from {
        write_address(memory, address, address_length, from)?;
    }
    given(received)
}

pub(crate) fn send(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    buffer: u32,
    length: u32,
    flags: u32,
    address: u32,
    address_length: u32,
) -> Result<i32, Errno> {
    posix(thread).socket_kind(descriptor)?;
    let to = if address == 0 { None } else { Some(read_address(memory, address, address_length)?) };
    let buffers = Buffers::One(buffer, length);
    given(posix(thread).send(descriptor, memory, buffers, to, flags & DO_NOT_WAIT != 0)?)
}

/// Of a `struct msghdr`, which has to be there as a whole: the address of a name, and the buffers.
fn read_message(memory: &Memory<'_>, message: u32) -> Result<(u32, Buffers), Errno> {
    let word = |offset: u32| read_u32(memory, field(message, offset)?);
    word(24)?;
    Ok((word(0)?, Buffers::Many(word(8)?, word(12)?)))
}

pub(crate) fn receive_message(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    message: u32,
    flags: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    posix(thread).socket_kind(descriptor)?;
    let (name, buffers) = read_message(memory, message)?;
    let (received, from) = posix(thread).receive(descriptor, memory, buffers, receive_flags(flags))?;
    if let Some(from) = from {
        write_address(memory, name, field(message, 4)?, from)?;
    }
    // No more than bytes comes: no control messages, no flags.
    write_u32(memory, field(message, 20)?, 0)?;
    write_u32(memory, field(message, 24)?, 0)?;
    given(received)
}

pub(crate) fn send_message(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    message: u32,
    flags: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    posix(thread).socket_kind(descriptor)?;
    let (name, buffers) = read_message(memory, message)?;
    let to = match name {
        0 => None,
        name => Some(read_address(memory, name, read_u32(memory, field(message, 4)?)?)?),
    };
    given(posix(thread).send(descriptor, memory, buffers, to, flags & DO_NOT_WAIT != 0)?)
}

pub(crate) fn shut_down(
    thread: &ThreadState,
    _: &Memory<'_>,
    descriptor: u32,
    how: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<i32, Errno> {
    posix(thread).shut_down(descriptor, how).map(|()| 0)
}

const SOCKET_LEVEL: u32 = 1;

pub(crate) fn option(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    level: u32,
    name: u32,
    value: u32,
    length: u32,
    _: u32,
) -> Result<i32, Errno> {
    const TYPE: u32 = 3;
    const ERROR: u32 = 4;
    const ACCEPTS: u32 = 30;
    let (is_stream, is_listening) = posix(thread).socket_kind(descriptor)?;
    let found = match (level, name) {
        (SOCKET_LEVEL, ERROR) => posix(thread).take_socket_error(descriptor)?.map_or(0, |error| error.number().into()),
        (SOCKET_LEVEL, TYPE) => {
            if is_stream {
                1
            } else {
                2
            }
        }
        (SOCKET_LEVEL, ACCEPTS) => is_listening.into(),
        _ => return Err(Errno::Noprotoopt),
    };
    if read_u32(memory, length)? < 4 {
        return Err(Errno::Inval);
    }
    write_u32(memory, value, found)?;
    write_u32(memory, length, 4)?;
    Ok(0)
}

/// Options ask for how things are done; they are done in the system's way.
pub(crate) fn set_option(
    thread: &ThreadState,
    _: &Memory<'_>,
    descriptor: u32,
    level: u32,
    _name: u32,
    _value: u32,
    _length: u32,
    _: u32,
) -> Result<i32, Errno> {
    const TCP_LEVEL: u32 = 6;
    posix(thread).socket_kind(descriptor)?;
    if matches!(level, SOCKET_LEVEL | TCP_LEVEL) { Ok(0) } else { Err(Errno::Noprotoopt) }
}
