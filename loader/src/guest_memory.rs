//! A guest's memory as host functions see it: addresses come in, are checked against its current length, and bytes go
//! to or from the host. A Rust slice of guest memory is never made: other threads of the guest may write meanwhile.
//! What a copy finds then is any mix of old and new bytes, as it is for compiled code (RATIONALE.md says why that is enough).

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmc_contract::context::MemoryDefinition;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

/// The memory of an instance, for as long as the host function runs that asked for it.
#[derive(Clone, Copy, Debug)]
pub struct GuestMemory<'a> {
    definition: *const MemoryDefinition,
    caller: PhantomData<&'a ()>,
}

/// How bytes are received from a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketFlags {
    /// They stay there for the next call (`MSG_PEEK`).
    pub peek: bool,
    /// All that was asked for is waited for (`MSG_WAITALL`).
    pub wait_all: bool,
    /// Nothing is waited for, in this call alone (`MSG_DONTWAIT`). Windows has no such flag, and gives an error.
    pub nonblocking: bool,
}

impl GuestMemory<'_> {
    /// The memory that `definition` describes.
    ///
    /// # Safety
    ///
    /// The definition, and what it describes, must live as long as the value; only its length may change, and only to
    /// say what is accessible.
    pub(crate) unsafe fn new(definition: *const MemoryDefinition) -> Self {
        Self { definition, caller: PhantomData }
    }

    /// How many bytes are accessible now.
    pub fn length(&self) -> u64 {
        // SAFETY: the definition lives, by the contract of `new`, and the field is aligned. Another thread of the guest
        // may change it when it grows a shared memory, which it does atomically.
        unsafe { AtomicU64::from_ptr((&raw const (*self.definition).length_bytes).cast_mut()) }.load(Ordering::Acquire)
    }

    /// The address in this process of its first byte, which stays while its instance lives. Whoever follows it answers
    /// for staying inside [`Self::length`].
    pub fn base(&self) -> *mut u8 {
        // SAFETY: as in `length`; the base never changes.
        std::ptr::with_exposed_provenance_mut(unsafe { (*self.definition).base } as usize)
    }

    /// The address in this process of `length` bytes at `address`, if they are inside.
    fn pointer(&self, address: u64, length: u64) -> Option<*mut u8> {
        if address.checked_add(length)? > self.length() {
            return None;
        }
        // SAFETY: as in `length`; the base never changes.
        let base = unsafe { (*self.definition).base };
        Some(std::ptr::with_exposed_provenance_mut((base + address) as usize))
    }

    /// Copies bytes from `address` on into `into`; `None` if they are not all inside.
    pub fn read_bytes(&self, address: u64, into: &mut [u8]) -> Option<()> {
        let from = self.pointer(address, into.len() as u64)?;
        // SAFETY: `pointer` has checked that the source is accessible, and memories never shrink; the destination is a
        // host's buffer, which no guest memory overlaps.
        unsafe { std::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), into.len()) };
        Some(())
    }

    /// Copies `from` to `address` on; `None`, and nothing is written, if it does not fit.
    pub fn write_bytes(&self, address: u64, from: &[u8]) -> Option<()> {
        let to = self.pointer(address, from.len() as u64)?;
        // SAFETY: as in `read_bytes`, the other way around.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        Some(())
    }

    /// Bytes from `address` on; `None` if they are not all inside.
    pub fn read_vec(&self, address: u64, length: u64) -> Option<Vec<u8>> {
        self.pointer(address, length)?;
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.read_bytes(address, &mut bytes)?;
        Some(bytes)
    }

    /// Copies `length` bytes within the memory, also between places that overlap; `None`, and nothing is written, if
    /// they are not all inside.
    pub fn copy(&self, to: u64, from: u64, length: u64) -> Option<()> {
        let (to, from) = (self.pointer(to, length)?, self.pointer(from, length)?);
        // SAFETY: `pointer` has checked that both are accessible, and memories never shrink.
        unsafe { std::ptr::copy(from, to, length as usize) };
        Some(())
    }

    /// Fills `length` bytes from `address` on with `byte`; `None` if they are not all inside.
    pub fn fill(&self, address: u64, length: u64, byte: u8) -> Option<()> {
        let to = self.pointer(address, length)?;
        // SAFETY: as in `write_bytes`.
        unsafe { std::ptr::write_bytes(to, byte, length as usize) };
        Some(())
    }
}

macro_rules! scalars {
    ($($read:ident, $write:ident: $scalar:ty;)*) => {
        impl GuestMemory<'_> { $(
            #[doc = concat!("The little-endian `", stringify!($scalar), "` at `address`; `None` if it is not all inside.")]
            pub fn $read(&self, address: u64) -> Option<$scalar> {
                let mut bytes = [0; size_of::<$scalar>()];
                self.read_bytes(address, &mut bytes)?;
                Some(<$scalar>::from_le_bytes(bytes))
            }

            #[doc = concat!("Writes a little-endian `", stringify!($scalar), "` to `address`; `None` if it does not fit.")]
            pub fn $write(&self, address: u64, value: $scalar) -> Option<()> {
                self.write_bytes(address, &value.to_le_bytes())
            }
        )* }
    };
}

scalars! {
    read_u8, write_u8: u8;
    read_u16, write_u16: u16;
    read_u32, write_u32: u32;
    read_u64, write_u64: u64;
}
