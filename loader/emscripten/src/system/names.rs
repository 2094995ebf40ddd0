//! Names of hosts and protocols: `getaddrinfo` and what is older. What they give lies in memory of the program's allocator,
//! laid out as musl has it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use wasmc_loader::{Caller, GuestMemory, HostError};
use wasmc_wasi::Errno;

use super::sockets::{IPV4, IPV6, address_bytes, read_address};
use super::{posix, read_u32, text, write_bytes, write_u32};
use crate::exports::needed;
use crate::thread::ThreadState;

const BAD_FLAGS: i32 = -1;
const NO_NAME: i32 = -2;
const FAIL: i32 = -4;
const BAD_FAMILY: i32 = -6;
const BAD_TYPE: i32 = -7;
const BAD_SERVICE: i32 = -8;
const NO_MEMORY: i32 = -10;
const OVERFLOW: i32 = -12;

const PASSIVE: u32 = 1;
const CANONICAL_NAME: u32 = 2;
const NUMERIC_HOST: u32 = 4;
const MAPPED: u32 = 8;
const NUMERIC_SERVICE: u32 = 0x400;
const KNOWN_FLAGS: u32 = PASSIVE | CANONICAL_NAME | NUMERIC_HOST | MAPPED | 0x10 | 0x20 | NUMERIC_SERVICE;

const TCP: u32 = 6;
const UDP: u32 = 17;
const STREAM: u32 = 1;
const DATAGRAM: u32 = 2;

const NAME_BYTES_MAX: u64 = 256;

fn memory_of<'a>(caller: &'a Caller<'_>) -> Result<GuestMemory<'a>, HostError> {
    caller.memory().ok_or_else(|| "the program looks for a name, but has no memory".into())
}

/// The text at an address; `None` for none.
fn optional_text(memory: &GuestMemory<'_>, address: u32) -> Result<Option<String>, Errno> {
    match address {
        0 => Ok(None),
        address => text(memory, address, NAME_BYTES_MAX)?.ok_or(Errno::Nametoolong).map(Some),
    }
}

/// Memory of the program's own, filled; 0 if there is none left.
fn allocate(thread: &ThreadState, caller: &mut Caller<'_>, bytes: &[u8]) -> Result<u32, HostError> {
    let malloc = needed(thread.exports(caller)?.malloc, "malloc")?;
    let address = malloc.call(caller.store(), &[bytes.len() as u32])?;
    if address != 0 {
        write_bytes(&memory_of(caller)?, address, bytes).map_err(|_| "malloc gave what is not memory")?;
    }
    Ok(address)
}

/// What `getaddrinfo` is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Hints {
    flags: u32,
    family: u32,
    kind: u32,
    protocol: u32,
}

impl Hints {
    fn read(memory: &GuestMemory<'_>, address: u32) -> Result<Self, Errno> {
        if address == 0 {
            return Ok(Self::default());
        }
        let word = |offset: u32| read_u32(memory, address.wrapping_add(offset));
        Ok(Self { flags: word(0)?, family: word(4)?, kind: word(8)?, protocol: word(12)? })
    }

    /// With what follows from the rest, as one answer is given and no list.
    fn complete(mut self) -> Self {
        match (self.kind, self.protocol) {
            (DATAGRAM, 0) => self.protocol = UDP,
            (0, UDP) => self.kind = DATAGRAM,
            _ => {}
        }
        if self.protocol == 0 {
            self.protocol = TCP;
        }
        if self.kind == 0 {
            self.kind = STREAM;
        }
        self
    }

    fn wants(&self, family: u16) -> bool {
        self.family == 0 || self.family == u32::from(family)
    }
}

/// The address of a node and a service, or why there is none.
fn find(
    thread: &ThreadState,
    node: Option<&str>,
    service: Option<&str>,
    hints: &Hints,
    has_hints: bool,
) -> Result<SocketAddr, i32> {
    if node.is_none() && service.is_none() {
        return Err(NO_NAME);
    }
    if hints.flags & !KNOWN_FLAGS != 0 || (has_hints && hints.flags & CANONICAL_NAME != 0 && node.is_none()) {
        return Err(BAD_FLAGS);
    }
    if !matches!(hints.kind, STREAM | DATAGRAM) {
        return Err(BAD_TYPE);
    }
    if !hints.wants(IPV4) && !hints.wants(IPV6) {
        return Err(BAD_FAMILY);
    }
    let port = match service.map(str::parse::<u16>) {
        None => 0,
        Some(Ok(port)) => port,
        Some(Err(_)) if hints.flags & NUMERIC_SERVICE != 0 => return Err(NO_NAME),
        Some(Err(_)) => known_port(service.unwrap_or_default()).ok_or(BAD_SERVICE)?,
    };
    let Some(node) = node else {
        let ip: IpAddr = match (hints.wants(IPV4), hints.flags & PASSIVE != 0) {
            (true, true) => Ipv4Addr::UNSPECIFIED.into(),
            (true, false) => Ipv4Addr::LOCALHOST.into(),
            (false, true) => Ipv6Addr::UNSPECIFIED.into(),
            (false, false) => Ipv6Addr::LOCALHOST.into(),
        };
        return Ok((ip, port).into());
    };
    let found = match node.parse::<IpAddr>() {
        Ok(address) => vec![address],
        Err(_) if hints.flags & NUMERIC_HOST != 0 => return Err(NO_NAME),
        Err(_) => posix(thread).addresses(node).map_err(|_| NO_NAME)?,
    };
    let fits = |ip: &&IpAddr| hints.wants(if ip.is_ipv4() { IPV4 } else { IPV6 });
    if let Some(ip) = found.iter().find(fits) {
        return Ok((*ip, port).into());
    }
    match found.first() {
        Some(IpAddr::V4(ip)) if hints.flags & MAPPED != 0 => Ok((ip.to_ipv6_mapped(), port).into()),
        _ => Err(NO_NAME),
    }
}

/// The ports of the services that programs name.
fn known_port(service: &str) -> Option<u16> {
    let known = [("ftp", 21), ("ssh", 22), ("telnet", 23), ("smtp", 25), ("domain", 53), ("http", 80), ("https", 443)];
    known.into_iter().find(|(name, _)| *name == service).map(|(_, port)| port)
}

/// `getaddrinfo`: 0, or what is wrong.
pub(crate) fn addresses(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    node: u32,
    service: u32,
    hints_address: u32,
    result: u32,
) -> Result<i32, HostError> {
    let memory = memory_of(caller)?;
    let read =
        || Ok((optional_text(&memory, node)?, optional_text(&memory, service)?, Hints::read(&memory, hints_address)?));
    let (node, service, hints) = match read() {
        Ok(read) => read,
        Err(Errno::Nametoolong | Errno::Ilseq) => return Ok(NO_NAME),
        Err(_) => return Ok(FAIL),
    };
    let hints = hints.complete();
    let address = match find(thread, node.as_deref(), service.as_deref(), &hints, hints_address != 0) {
        Ok(address) => address,
        Err(error) => return Ok(error),
    };
    let bytes = address_bytes(address);
    let place = allocate(thread, caller, &bytes)?;
    let name = match node {
        Some(node) if hints.flags & CANONICAL_NAME != 0 => {
            allocate(thread, caller, &[node.as_bytes(), b"\0"].concat())?
        }
        _ => 0,
    };
    let family = u32::from(if address.is_ipv4() { IPV4 } else { IPV6 });
    let words = [0, family, hints.kind, hints.protocol, bytes.len() as u32, place, name, 0];
    let found = allocate(thread, caller, &words.map(u32::to_le_bytes).concat())?;
    if place == 0 || found == 0 {
        return Ok(NO_MEMORY);
    }
    Ok(write_u32(&memory_of(caller)?, result, found).map_or(FAIL, |()| 0))
}

/// `getnameinfo`: 0, or what is wrong. Addresses have no names but numbers.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn name(
    _: &ThreadState,
    caller: &mut Caller<'_>,
    address: u32,
    length: u32,
    node: u32,
    node_length: u32,
    service: u32,
    service_length: u32,
    flags: u32,
) -> Result<i32, HostError> {
    const NAME_REQUIRED: u32 = 8;
    let memory = memory_of(caller)?;
    let Ok(address) = read_address(&memory, address, length) else { return Ok(BAD_FAMILY) };
    let wants_name = node != 0 && node_length > 0;
    if wants_name && flags & NAME_REQUIRED != 0 {
        return Ok(NO_NAME);
    }
    for (place, room, text) in
        [(node, node_length, address.ip().to_string()), (service, service_length, address.port().to_string())]
    {
        if place == 0 || room == 0 {
            continue;
        }
        if text.len() >= room as usize {
            return Ok(OVERFLOW);
        }
        if write_bytes(&memory, place, &[text.as_bytes(), b"\0"].concat()).is_err() {
            return Ok(FAIL);
        }
    }
    Ok(0)
}

/// The first address of version 4 that a name has.
fn first_ipv4(thread: &ThreadState, name: &str) -> Option<Ipv4Addr> {
    let found = posix(thread).addresses(name).ok()?;
    found.into_iter().find_map(|ip| match ip {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    })
}

/// `_emscripten_lookup_name`: an address as its four bytes lie in memory; 0 for none.
pub(crate) fn look_up(thread: &ThreadState, caller: &mut Caller<'_>, name: u32) -> Result<u32, HostError> {
    let name = optional_text(&memory_of(caller)?, name).ok().flatten();
    let address = name.and_then(|name| first_ipv4(thread, &name));
    Ok(address.map_or(0, |ip| u32::from_le_bytes(ip.octets())))
}

/// Allocates a `struct hostent`: a name, no other names, and one address.
fn host(thread: &ThreadState, caller: &mut Caller<'_>, name: &str, ip: Ipv4Addr) -> Result<u32, HostError> {
    let name = allocate(thread, caller, &[name.as_bytes(), b"\0"].concat())?;
    let address = allocate(thread, caller, &ip.octets())?;
    let list = allocate(thread, caller, &[address, 0].map(u32::to_le_bytes).concat())?;
    let aliases = allocate(thread, caller, &0_u32.to_le_bytes())?;
    if [name, address, list, aliases].contains(&0) {
        return Ok(0);
    }
    allocate(thread, caller, &[name, aliases, IPV4.into(), 4, list].map(u32::to_le_bytes).concat())
}

/// `gethostbyname`: 0 if there is no such name.
pub(crate) fn host_by_name(thread: &ThreadState, caller: &mut Caller<'_>, name: u32) -> Result<u32, HostError> {
    let Ok(Some(name)) = optional_text(&memory_of(caller)?, name) else { return Ok(0) };
    match first_ipv4(thread, &name) {
        Some(ip) => host(thread, caller, &name, ip),
        None => Ok(0),
    }
}

/// `gethostbyname_r`: 0, and the address of `entry` or 0 in `result`.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn host_by_name_into(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    name: u32,
    entry: u32,
    _buffer: u32,
    _length: u32,
    result: u32,
    error: u32,
) -> Result<i32, HostError> {
    /// `HOST_NOT_FOUND`.
    const NOT_FOUND: u32 = 1;
    const HOST_BYTES: u64 = 20;
    let found = host_by_name(thread, caller, name)?;
    let memory = memory_of(caller)?;
    let written = write_u32(&memory, error, if found == 0 { NOT_FOUND } else { 0 }).and_then(|()| {
        if found == 0 {
            return write_u32(&memory, result, 0);
        }
        let bytes = memory.read_vec(found.into(), HOST_BYTES).ok_or(Errno::Fault)?;
        write_bytes(&memory, entry, &bytes)?;
        write_u32(&memory, result, entry)
    });
    Ok(written.map_or_else(|error| error.number().into(), |()| 0))
}

/// `gethostbyaddr`: the address's numbers are its name.
pub(crate) fn host_by_address(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    address: u32,
    _length: u32,
    family: u32,
) -> Result<u32, HostError> {
    if family != IPV4.into() {
        return Ok(0);
    }
    let Ok(bytes) = read_u32(&memory_of(caller)?, address) else { return Ok(0) };
    let ip = Ipv4Addr::from(bytes.to_le_bytes());
    host(thread, caller, &ip.to_string(), ip)
}

const PROTOCOLS: [(&str, &str, u32); 2] = [("tcp", "TCP", TCP), ("udp", "UDP", UDP)];

/// Allocates a `struct protoent`.
fn protocol(thread: &ThreadState, caller: &mut Caller<'_>, number: u32) -> Result<u32, HostError> {
    let Some((name, alias, number)) = PROTOCOLS.into_iter().find(|(_, _, other)| *other == number) else {
        return Ok(0);
    };
    let name = allocate(thread, caller, &[name.as_bytes(), b"\0"].concat())?;
    let alias = allocate(thread, caller, &[alias.as_bytes(), b"\0"].concat())?;
    let aliases = allocate(thread, caller, &[alias, 0].map(u32::to_le_bytes).concat())?;
    allocate(thread, caller, &[name, aliases, number].map(u32::to_le_bytes).concat())
}

/// `getprotobyname`: 0 if there is no such protocol.
pub(crate) fn protocol_by_name(thread: &ThreadState, caller: &mut Caller<'_>, name: u32) -> Result<u32, HostError> {
    let Ok(Some(wanted)) = optional_text(&memory_of(caller)?, name) else { return Ok(0) };
    match PROTOCOLS.into_iter().find(|(name, alias, _)| wanted == *name || wanted == *alias) {
        Some((_, _, number)) => protocol(thread, caller, number),
        None => Ok(0),
    }
}

/// `getprotobynumber`.
pub(crate) fn protocol_by_number(thread: &ThreadState, caller: &mut Caller<'_>, number: u32) -> Result<u32, HostError> {
    protocol(thread, caller, number)
}

/// `setprotoent`, `endprotoent`: who asks for all protocols starts anew.
pub(crate) fn start_protocols(thread: &ThreadState, _: &mut Caller<'_>, _stays_open: u32) -> Result<(), HostError> {
    thread.restart_protocols();
    Ok(())
}

/// `endprotoent`.
pub(crate) fn end_protocols(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    thread.restart_protocols();
    Ok(())
}

/// `getprotoent`: the next one; 0 after the last.
pub(crate) fn next_protocol(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<u32, HostError> {
    match PROTOCOLS.get(thread.next_protocol()) {
        Some((_, _, number)) => protocol(thread, caller, *number),
        None => Ok(0),
    }
}
