//! Waiting at an address and waking who waits there, for releases whose C library leaves that to its host.

use std::time::Duration;

use wasmc_loader::{Caller, HostError, TrapCode, Waited};
use wasmc_wasi::Errno;

use crate::thread::ThreadState;

const WORD_BYTES: u32 = 4;

/// `emscripten_futex_wait`: waits while `address` holds `expected`, for so many milliseconds; 0 if it was woken, or a negative
/// error number.
pub(crate) fn wait(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    address: u32,
    expected: u32,
    milliseconds: f64,
) -> Result<i32, HostError> {
    let exports = thread.exports(caller)?;
    if address == 0 || !address.is_multiple_of(WORD_BYTES) {
        return Ok(failed(Errno::Inval));
    }
    // Others may wait for what they have sent the first thread.
    if let Some(process) = exports.main_queue.filter(|_| thread.is_main) {
        process.call(caller.store(), &[])?;
    }
    match exports.memory.wait(caller.store(), address.into(), expected, timeout(milliseconds)) {
        Ok(Waited::Woken) => Ok(0),
        Ok(Waited::NotEqual) => Ok(failed(Errno::Again)),
        Ok(Waited::TimedOut) => Ok(failed(Errno::Timedout)),
        Ok(Waited::Interrupted) => Err(HostError::Trap(TrapCode::Interrupted)),
        Err(_) => Ok(failed(Errno::Inval)),
    }
}

/// `emscripten_futex_wake`: wakes up to `count` threads; how many, or a negative error number.
pub(crate) fn wake(thread: &ThreadState, caller: &mut Caller<'_>, address: u32, count: i32) -> Result<i32, HostError> {
    let memory = thread.exports(caller)?.memory;
    // The most that can be told means all.
    let count = if count == i32::MAX { Some(u32::MAX) } else { u32::try_from(count).ok() };
    let Some(count) = count.filter(|_| address != 0) else { return Ok(failed(Errno::Inval)) };
    match memory.notify(caller.store(), address.into(), count) {
        Ok(woken) => Ok(i32::try_from(woken).unwrap_or(i32::MAX)),
        Err(_) => Ok(failed(Errno::Inval)),
    }
}

fn failed(error: Errno) -> i32 {
    -i32::from(error.number())
}

/// A time as JavaScript has it: none that is a number is shorter than 0, and what is none, or has no end, never comes.
fn timeout(milliseconds: f64) -> Option<Duration> {
    if milliseconds.is_nan() {
        return None;
    }
    Duration::try_from_secs_f64(milliseconds.max(0.0) / 1000.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_javascript() {
        assert_eq!(timeout(2.5), Some(Duration::from_micros(2500)));
        assert_eq!(timeout(-1.0), Some(Duration::ZERO));
        assert_eq!(timeout(f64::INFINITY), None);
        assert_eq!(timeout(f64::NAN), None);
        assert_eq!(timeout(1e300), None);
    }
}
