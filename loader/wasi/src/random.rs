//! `random_get`: the host's generator, or a seeded one for runs that are to repeat.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

use wasmc_loader::GuestMemory;

use crate::Wasi;
use crate::context::Context;
use crate::errno::Errno;
use crate::types::check_result;

/// Where random bytes come from.
#[derive(Debug)]
pub(crate) enum Random {
    /// The operating system.
    Host,
    /// A generator (SplitMix64), by its state. Not for secrets.
    Seeded(Mutex<u64>),
}

pub(crate) fn random_get(context: &Context, memory: &GuestMemory, buffer: u32, length: u32) -> Result<(), Errno> {
    check_result(memory, buffer, length.into())?;
    fill(context, memory, buffer.into(), length.into())
}

/// Fills guest memory.
pub(crate) fn fill(context: &Context, memory: &GuestMemory, buffer: u64, length: u64) -> Result<(), Errno> {
    match &context.random {
        Random::Host => Ok(memory.fill_random(buffer, length).ok_or(Errno::Fault)??),
        Random::Seeded(state) => {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let end = buffer + length;
            for address in (buffer..end).step_by(8) {
                let bytes = next(&mut state).to_le_bytes();
                let count = (end - address).min(8) as usize;
                memory.write_bytes(address, &bytes[..count]).ok_or(Errno::Fault)?;
            }
            Ok(())
        }
    }
}

impl Wasi {
    /// Fills guest memory with the program's random numbers.
    ///
    /// # Errors
    ///
    /// [`Errno::Fault`] if it is not all inside.
    pub fn fill_random(&self, memory: &GuestMemory<'_>, buffer: u32, length: u32) -> Result<(), Errno> {
        random_get(&self.context, memory, buffer, length)
    }
}

impl Wasi {
    /// A random number as games need them: it may be guessed.
    pub fn random_u64(&self) -> u64 {
        match &self.context.random {
            // Each state has keys of its own, the first ones from the system.
            Random::Host => RandomState::new().build_hasher().finish(),
            Random::Seeded(state) => next(&mut state.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

/// One step of SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
