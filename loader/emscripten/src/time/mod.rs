//! Clocks, sleeping, and what a time is called: in numbers (`calendar.rs`) and in text (`format.rs`, `parse.rs`).
//!
//! The C library of releases until 3.1.6 has 32-bit times and asks the host for most of this; that of later ones has 64-bit
//! times, and asks for the time zone alone. A row in the table of functions for each says which it is.

use wasmc_loader::{Caller, GuestMemory, HostError, TrapCode};
use wasmc_wasi::Errno;

use crate::thread::ThreadState;

pub(crate) mod calendar;
mod format;
mod parse;

pub(crate) use calendar::{
    broken_down, broken_down_32, from_broken_down, from_broken_down_utc, local_broken_down, local_broken_down_32,
    set_zone, set_zone_32,
};
pub(crate) use format::{format, format_as_asctime, format_in_locale};
pub(crate) use parse::{parse, parse_in_locale};

const NANOSECONDS: u64 = 1_000_000_000;
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const PROCESS_CPU_TIME: u32 = 2;

/// Nanoseconds on a clock.
fn now(thread: &ThreadState, clock: u32) -> Result<u64, Errno> {
    thread.context.posix.wasi().now(clock)
}

fn trapped(_: Errno) -> HostError {
    HostError::Message("the clock cannot be read".to_owned())
}

/// Nanoseconds as a JavaScript program counts time.
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1_000_000.0
}

/// `emscripten_get_now`: milliseconds on a clock that never goes back.
pub(crate) fn monotonic_milliseconds(thread: &ThreadState, _: &mut Caller<'_>) -> Result<f64, HostError> {
    now(thread, MONOTONIC).map(milliseconds).map_err(trapped)
}

/// `emscripten_date_now`: milliseconds since 1970, whole ones.
pub(crate) fn wall_milliseconds(thread: &ThreadState, _: &mut Caller<'_>) -> Result<f64, HostError> {
    now(thread, REALTIME).map(|nanoseconds| milliseconds(nanoseconds).floor()).map_err(trapped)
}

/// `emscripten_get_now_res`: how fine `emscripten_get_now` is, in nanoseconds.
pub(crate) fn resolution_nanoseconds(_: &ThreadState, _: &mut Caller<'_>) -> Result<f64, HostError> {
    Ok(1.0)
}

/// `emscripten_get_now_is_monotonic`: it is.
pub(crate) fn is_monotonic(_: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(1)
}

/// `time` with 32-bit times.
pub(crate) fn time_32(thread: &ThreadState, caller: &mut Caller<'_>, result: u32) -> Result<u32, HostError> {
    let seconds = (now(thread, REALTIME).map_err(trapped)? / NANOSECONDS) as u32;
    if result != 0 {
        let memory = caller.memory().ok_or("the program has no memory")?;
        memory.write_u32(result.into(), seconds).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))?;
    }
    Ok(seconds)
}

/// `difftime` with 32-bit times.
pub(crate) fn difference_32(_: &ThreadState, _: &mut Caller<'_>, later: i32, earlier: i32) -> Result<f64, HostError> {
    Ok(f64::from(later) - f64::from(earlier))
}

/// `clock`: microseconds of CPU time.
pub(crate) fn cpu_microseconds(thread: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    now(thread, PROCESS_CPU_TIME).map(|nanoseconds| (nanoseconds / 1000) as u32).map_err(trapped)
}

/// `clock_gettime` with 32-bit times; like the C library's function, it gives -1 for a clock that is not there.
pub(crate) fn clock_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    clock: u32,
    result: u32,
) -> Result<i32, HostError> {
    let read = now(thread, clock);
    write_timespec_32(thread, caller, read, result)
}

/// `clock_getres` with 32-bit times.
pub(crate) fn resolution_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    clock: u32,
    result: u32,
) -> Result<i32, HostError> {
    let read = thread.context.posix.wasi().resolution(clock);
    write_timespec_32(thread, caller, read, result)
}

fn write_timespec_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    read: Result<u64, Errno>,
    result: u32,
) -> Result<i32, HostError> {
    let Ok(nanoseconds) = read else { return thread.fail(caller, Errno::Inval) };
    let memory = caller.memory().ok_or("the program has no memory")?;
    write_pair(&memory, result, (nanoseconds / NANOSECONDS) as u32, (nanoseconds % NANOSECONDS) as u32)
        .ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))?;
    Ok(0)
}

/// `timespec_get` with 32-bit times: gives the only base there is, 1, or 0.
pub(crate) fn timespec_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    result: u32,
    base: u32,
) -> Result<u32, HostError> {
    if base != 1 {
        return Ok(0);
    }
    clock_32(thread, caller, REALTIME, result).map(|_| 1)
}

/// `gettimeofday` with 32-bit times.
pub(crate) fn time_of_day_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    result: u32,
    _zone: u32,
) -> Result<i32, HostError> {
    time_of_day_alone_32(thread, caller, result)
}

/// The same where it is declared with one parameter.
pub(crate) fn time_of_day_alone_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    result: u32,
) -> Result<i32, HostError> {
    let nanoseconds = now(thread, REALTIME).map_err(trapped)?;
    let memory = caller.memory().ok_or("the program has no memory")?;
    write_pair(&memory, result, (nanoseconds / NANOSECONDS) as u32, (nanoseconds % NANOSECONDS / 1000) as u32)
        .ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))?;
    Ok(0)
}

/// `ftime` with 32-bit times: seconds, milliseconds, and a zone and a flag that nobody sets any more.
pub(crate) fn ftime_32(thread: &ThreadState, caller: &mut Caller<'_>, result: u32) -> Result<i32, HostError> {
    let nanoseconds = now(thread, REALTIME).map_err(trapped)?;
    let memory = caller.memory().ok_or("the program has no memory")?;
    let millisecond = (nanoseconds % NANOSECONDS / 1_000_000) as u32;
    write_pair(&memory, result, (nanoseconds / NANOSECONDS) as u32, millisecond)
        .and_then(|()| memory.write_u32(u64::from(result) + 8, 0))
        .ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))?;
    Ok(0)
}

/// `dysize`: the days of a year.
pub(crate) fn days_of_year(_: &ThreadState, _: &mut Caller<'_>, year: i32) -> Result<i32, HostError> {
    Ok(if calendar::is_leap_year(year.into()) { 366 } else { 365 })
}

/// `emscripten_sleep`: waits.
pub(crate) fn sleep(thread: &ThreadState, caller: &mut Caller<'_>, milliseconds: u32) -> Result<(), HostError> {
    sleep_nanoseconds(thread, caller, u64::from(milliseconds) * 1_000_000)
}

/// `emscripten_thread_sleep`: likewise, by a fractional number.
pub(crate) fn sleep_fraction(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    milliseconds: f64,
) -> Result<(), HostError> {
    // What is not a number, or before now, is no time at all.
    sleep_nanoseconds(thread, caller, (milliseconds * 1_000_000.0) as u64)
}

pub(crate) fn sleep_nanoseconds(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    nanoseconds: u64,
) -> Result<(), HostError> {
    match thread.context.posix.wasi().sleep(nanoseconds, &|| !caller.interrupted()) {
        Err(_) if caller.interrupted() => Err(HostError::Trap(TrapCode::Interrupted)),
        _ => Ok(()),
    }
}

fn write_pair(memory: &GuestMemory<'_>, address: u32, first: u32, second: u32) -> Option<()> {
    memory.write_u32(address.into(), first)?;
    memory.write_u32(u64::from(address) + 4, second)
}
