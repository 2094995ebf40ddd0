//! Files that are mapped: copies in a program's memory, which are written back.

use std::sync::Arc;

use wasmc_loader::GuestMemory;

use super::Posix;
use crate::context::Context;
use crate::descriptor::Object;
use crate::errno::Errno;
use crate::types::Vectors;

/// A part of a file that lies in a program's memory. It keeps the file open.
#[derive(Clone, Debug)]
pub struct Mapping {
    context: Arc<Context>,
    object: Arc<Object>,
    offset: u64,
    length_bytes: u32,
    is_shared: bool,
}

impl Posix {
    /// What `mmap` maps of an open file; `is_shared` if what is written to memory goes to the file.
    ///
    /// # Errors
    ///
    /// As POSIX has them: `EACCES` for a file that is not open for reading, or not for writing what is shared;
    /// `ENODEV` for what cannot be mapped.
    pub fn map(
        &self,
        descriptor: u32,
        offset: u64,
        length_bytes: u32,
        is_shared: bool,
        is_writable: bool,
    ) -> Result<Mapping, Errno> {
        let object = self.context().table.find(descriptor)?;
        let (readable, writable) = match &*object {
            Object::File(file) if file.file_type() == crate::types::FileType::RegularFile => {
                (file.readable, file.writable)
            }
            Object::Memory(file) => file.access(),
            _ => return Err(Errno::Nodev),
        };
        if !readable || (is_shared && is_writable && !writable) {
            return Err(Errno::Acces);
        }
        if length_bytes == 0 {
            return Err(Errno::Inval);
        }
        Ok(Mapping {
            context: Arc::clone(self.context()),
            object,
            offset,
            length_bytes,
            is_shared: is_shared && is_writable,
        })
    }
}

impl Mapping {
    /// How long it is.
    pub fn length_bytes(&self) -> u32 {
        self.length_bytes
    }

    /// Copies the file's bytes to `address`, and zeros after the file's end.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or `address` leads out of memory.
    pub fn load(&self, memory: &GuestMemory<'_>, address: u32) -> Result<(), Errno> {
        memory.fill(address.into(), self.length_bytes.into(), 0).ok_or(Errno::Fault)?;
        self.each(memory, address, self.length_bytes, |vectors, offset| match &*self.object {
            Object::File(file) => file.read(memory, vectors, Some(offset)),
            Object::Memory(file) => file.read(memory, vectors, Some(offset)),
            _ => Err(Errno::Nodev),
        })
    }

    /// Writes memory from `address` on back to the file, if it is shared, but makes the file no longer.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or `address` leads out of memory.
    pub fn store(&self, memory: &GuestMemory<'_>, address: u32, length_bytes: u32) -> Result<(), Errno> {
        if !self.is_shared {
            return Ok(());
        }
        let size = crate::file::status_of(&self.object)?.size_bytes;
        let kept = size.saturating_sub(self.offset).min(length_bytes.min(self.length_bytes).into());
        let now = self.context.clock.wall();
        self.each(memory, address, kept as u32, |vectors, offset| match &*self.object {
            Object::File(file) => file.write_in_place(memory, vectors, offset),
            Object::Memory(file) => file.write_in_place(memory, vectors, offset, now),
            _ => Err(Errno::Nodev),
        })
    }

    /// Calls `copy` for one piece after another until nothing more is copied.
    fn each(
        &self,
        memory: &GuestMemory<'_>,
        address: u32,
        length_bytes: u32,
        copy: impl Fn(&Vectors, u64) -> Result<usize, Errno>,
    ) -> Result<(), Errno> {
        let mut done = 0;
        while done < length_bytes {
            let vectors = Vectors::one(memory, address + done, length_bytes - done)?;
            match copy(&vectors, self.offset + u64::from(done))? {
                0 => break,
                length => done += length as u32,
            }
        }
        Ok(())
    }
}
