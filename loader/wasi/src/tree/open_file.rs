//! A file of a tree that a program has open: its position, and what it was opened for.

use std::io::SeekFrom;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmc_loader::GuestMemory;

use super::leaf::Leaf;
use crate::clock::SetTime;
use crate::errno::Errno;
use crate::types::{DescriptorStatus, FileStatus, FileType, Vectors, descriptor_flag, rights};

/// An open file whose bytes are in memory.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(super) leaf: Arc<Leaf>,
    position: Mutex<u64>,
    readable: bool,
    writable: bool,
    /// Whether times may be changed: not so below a grant for reading only.
    mutable: bool,
    /// `$fdflags`.
    flags: AtomicU16,
}

impl OpenFile {
    pub(super) fn new(leaf: Arc<Leaf>, readable: bool, writable: bool, mutable: bool, flags: u16) -> Self {
        Self { leaf, position: Mutex::new(0), readable, writable, mutable, flags: AtomicU16::new(flags) }
    }

    fn position(&self) -> MutexGuard<'_, u64> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes at `offset`, or from the position on, into guest memory: how many.
    pub(crate) fn read(
        &self,
        memory: &GuestMemory<'_>,
        vectors: &Vectors,
        offset: Option<u64>,
    ) -> Result<usize, Errno> {
        if !self.readable {
            return Err(Errno::Badf);
        }
        check_offset(offset.unwrap_or(0))?;
        let mut position = self.position();
        let state = self.leaf.read();
        let start = usize::try_from(offset.unwrap_or(*position)).unwrap_or(usize::MAX);
        let rest = state.bytes.get(start..).unwrap_or_default();
        let length = copy_out(memory, vectors, rest)?;
        if offset.is_none() {
            *position += length as u64;
        }
        Ok(length)
    }

    /// What it holds, but no more than `bytes_max`.
    pub(crate) fn contents(&self, bytes_max: u64) -> Vec<u8> {
        let state = self.leaf.read();
        let length = usize::try_from(bytes_max).unwrap_or(usize::MAX).min(state.bytes.len());
        state.bytes[..length].to_vec()
    }

    /// Bytes of guest memory to `offset`, or to the position, or to the end if that was asked for: how many.
    pub(crate) fn write(
        &self,
        memory: &GuestMemory<'_>,
        vectors: &Vectors,
        offset: Option<u64>,
        now: u64,
    ) -> Result<usize, Errno> {
        let mut position = self.position();
        let appends = self.flags.load(Ordering::Relaxed) & descriptor_flag::APPEND != 0;
        let start = if appends { None } else { Some(offset.unwrap_or(*position)) };
        check_offset(offset.unwrap_or(0))?;
        let (length, end) = self.write_from(memory, vectors, start, now)?;
        if offset.is_none() {
            *position = end;
        }
        Ok(length)
    }

    /// The same to `offset`, also if the file is open to be written to its end.
    pub(crate) fn write_in_place(
        &self,
        memory: &GuestMemory<'_>,
        vectors: &Vectors,
        offset: u64,
        now: u64,
    ) -> Result<usize, Errno> {
        check_offset(offset)?;
        Ok(self.write_from(memory, vectors, Some(offset), now)?.0)
    }

    /// Bytes to `start`, or to the end: how many, and where they end.
    fn write_from(
        &self,
        memory: &GuestMemory<'_>,
        vectors: &Vectors,
        start: Option<u64>,
        now: u64,
    ) -> Result<(usize, u64), Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        let mut state = self.leaf.write();
        let start = start.unwrap_or(state.bytes.len() as u64);
        let length_bytes: u64 = vectors.as_slice().iter().map(|(_, length_bytes)| length_bytes).sum();
        let end = start.checked_add(length_bytes).ok_or(Errno::Fbig)?;
        if length_bytes > 0 {
            if end > state.bytes.len() as u64 {
                self.leaf.resize(&mut state, end)?;
            }
            let mut at = start as usize;
            for (address, length_bytes) in vectors.as_slice() {
                let to = &mut state.bytes[at..at + *length_bytes as usize];
                memory.read_bytes(*address, to).ok_or(Errno::Fault)?;
                at += to.len();
            }
            state.times.modify(now);
        }
        Ok((usize::try_from(length_bytes).map_err(|_| Errno::Fbig)?, end))
    }

    /// Moves the position: where it is then.
    pub(crate) fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        let mut position = self.position();
        let (base, offset) = match to {
            SeekFrom::Start(offset) => (offset, 0),
            SeekFrom::Current(offset) => (*position, offset),
            SeekFrom::End(offset) => (self.leaf.read().bytes.len() as u64, offset),
        };
        let new = base.checked_add_signed(offset).ok_or(Errno::Inval)?;
        check_offset(new)?;
        *position = new;
        Ok(new)
    }

    /// Makes the file at least as long as `offset` and `length_bytes` together.
    pub(crate) fn allocate(&self, offset: u64, length_bytes: u64) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        check_offset(offset)?;
        check_offset(length_bytes)?;
        if length_bytes == 0 {
            return Err(Errno::Inval);
        }
        let end = offset.checked_add(length_bytes).ok_or(Errno::Fbig)?;
        let mut state = self.leaf.write();
        if end > state.bytes.len() as u64 { self.leaf.resize(&mut state, end) } else { Ok(()) }
    }

    /// Cuts the file, or fills it up with zeros.
    pub(crate) fn set_size(&self, size_bytes: u64, now: u64) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::Inval);
        }
        check_offset(size_bytes)?;
        let mut state = self.leaf.write();
        self.leaf.resize(&mut state, size_bytes)?;
        state.times.modify(now);
        Ok(())
    }

    /// Sets its times, if they may be.
    pub(crate) fn set_times(
        &self,
        accessed: Option<SetTime>,
        modified: Option<SetTime>,
        now: u64,
    ) -> Result<(), Errno> {
        if !self.mutable {
            return Err(Errno::Perm);
        }
        self.leaf.write().times.set(accessed, modified, now);
        Ok(())
    }

    /// Sets what can be set of `$fdflags`; nothing here is ever waited for. What else the file was opened with stays.
    pub(crate) fn set_flags(&self, flags: u16) -> Result<(), Errno> {
        const CHANGEABLE: u16 = descriptor_flag::APPEND | descriptor_flag::NONBLOCK;
        if flags & !CHANGEABLE != 0 {
            return Err(Errno::Inval);
        }
        let change = |before: u16| Some(before & !CHANGEABLE | flags);
        let _ = self.flags.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        Ok(())
    }

    pub(crate) fn descriptor_status(&self) -> DescriptorStatus {
        let allowed = rights::file(self.readable, self.writable);
        let flags = self.flags.load(Ordering::Relaxed);
        DescriptorStatus { file_type: FileType::RegularFile, flags, rights: allowed, rights_inheriting: allowed }
    }

    pub(crate) fn status(&self) -> FileStatus {
        self.leaf.status()
    }

    /// Sets the bits of the file.
    pub(crate) fn set_permissions(&self, permissions: u32, now: u64) -> Result<(), Errno> {
        if !self.mutable {
            return Err(Errno::Perm);
        }
        let mut state = self.leaf.write();
        state.permissions = permissions;
        state.times.set(None, None, now);
        Ok(())
    }

    /// Whether it was opened for reading, and for writing.
    pub(crate) fn access(&self) -> (bool, bool) {
        (self.readable, self.writable)
    }

    /// `$fdflags`.
    pub(crate) fn flags(&self) -> u16 {
        self.flags.load(Ordering::Relaxed)
    }

    /// How many bytes are left to read; an error if it was not opened for that, or for writing.
    pub(crate) fn ready(&self, reading: bool) -> Result<u64, Errno> {
        match (reading, self.readable, self.writable) {
            (true, true, _) => {
                // The position is locked before the bytes, as where they are read and written.
                let position = self.position();
                Ok((self.leaf.read().bytes.len() as u64).saturating_sub(*position))
            }
            (false, _, true) => Ok(0),
            _ => Err(Errno::Badf),
        }
    }
}

/// Offsets are signed where the host has files, and so are they here.
fn check_offset(offset: u64) -> Result<(), Errno> {
    if i64::try_from(offset).is_ok() { Ok(()) } else { Err(Errno::Inval) }
}

/// Fills buffers in guest memory from `bytes`: how many were there.
pub(crate) fn copy_out(memory: &GuestMemory<'_>, vectors: &Vectors, bytes: &[u8]) -> Result<usize, Errno> {
    let mut rest = bytes;
    for (address, length_bytes) in vectors.as_slice() {
        let (now, later) = rest.split_at(rest.len().min(usize::try_from(*length_bytes).unwrap_or(usize::MAX)));
        memory.write_bytes(*address, now).ok_or(Errno::Fault)?;
        rest = later;
    }
    Ok(bytes.len() - rest.len())
}
