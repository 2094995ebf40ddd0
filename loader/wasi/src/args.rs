//! `args_*` and `environ_*`: lists of strings that were fixed when the program was started.

use wasmc_loader::GuestMemory;

use crate::context::Context;
use crate::errno::Errno;
use crate::types::{write_size, write_u32};

/// Strings as the guest gets them: one block, each ended by a NUL.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    block: Vec<u8>,
    starts: Vec<u32>,
}

impl Strings {
    /// Adds a string without a NUL in it; `None` if all together grow too long for a guest.
    pub(crate) fn push(&mut self, string: &[u8]) -> Option<()> {
        self.starts.push(u32::try_from(self.block.len()).ok()?);
        self.block.extend_from_slice(string);
        self.block.push(0);
        Some(())
    }

    /// The strings, without their NULs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let end = |index: usize| self.starts.get(index + 1).map_or(self.block.len(), |next| *next as usize) - 1;
        self.starts.iter().enumerate().map(move |(index, start)| &self.block[*start as usize..end(index)])
    }

    fn write_sizes(&self, memory: &GuestMemory, count: u32, size: u32) -> Result<(), Errno> {
        write_size(memory, count, self.starts.len())?;
        write_size(memory, size, self.block.len())
    }

    fn write(&self, memory: &GuestMemory, pointers: u32, block: u32) -> Result<(), Errno> {
        memory.write_bytes(block.into(), &self.block).ok_or(Errno::Fault)?;
        for (index, start) in self.starts.iter().enumerate() {
            let slot = u32::try_from(index * 4).ok().and_then(|offset| pointers.checked_add(offset));
            write_u32(memory, slot.ok_or(Errno::Fault)?, block + start)?;
        }
        Ok(())
    }
}

pub(crate) fn args_get(context: &Context, memory: &GuestMemory, argv: u32, block: u32) -> Result<(), Errno> {
    context.arguments.write(memory, argv, block)
}

pub(crate) fn args_sizes_get(context: &Context, memory: &GuestMemory, count: u32, size: u32) -> Result<(), Errno> {
    context.arguments.write_sizes(memory, count, size)
}

pub(crate) fn environ_get(context: &Context, memory: &GuestMemory, environ: u32, block: u32) -> Result<(), Errno> {
    context.environment.write(memory, environ, block)
}

pub(crate) fn environ_sizes_get(context: &Context, memory: &GuestMemory, count: u32, size: u32) -> Result<(), Errno> {
    context.environment.write_sizes(memory, count, size)
}
