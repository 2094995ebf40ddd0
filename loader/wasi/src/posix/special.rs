//! What only POSIX programs open: pipes, devices in memory, sockets of their own making, behind one set of functions.

use wasmc_loader::GuestMemory;

use super::device::DeviceFile;
use super::endpoint::Endpoint;
use super::pipe::End;
use super::poll::Readiness;
use crate::context::Context;
use crate::errno::Errno;
use crate::types::{DescriptorStatus, FileStatus, FileType, Vectors, descriptor_flag, rights};

/// One of them that is open.
#[derive(Debug)]
pub(crate) enum Special {
    Pipe(End),
    Device(DeviceFile),
    Endpoint(Endpoint),
}

impl Special {
    /// Bytes into guest memory: how many.
    pub(crate) fn read(&self, context: &Context, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        match self {
            Self::Pipe(end) => end.read(memory, vectors),
            Self::Device(device) => device.read(context, memory, vectors),
            Self::Endpoint(endpoint) => endpoint.read(memory, vectors),
        }
    }

    /// Bytes from guest memory: how many.
    pub(crate) fn write(&self, context: &Context, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        match self {
            Self::Pipe(end) => end.write(memory, vectors),
            Self::Device(device) => device.write(context, memory, vectors),
            Self::Endpoint(endpoint) => endpoint.write(memory, vectors),
        }
    }

    /// Whether it can be read from, and written to.
    pub(crate) fn access(&self) -> (bool, bool) {
        match self {
            Self::Pipe(end) => (end.is_reader(), !end.is_reader()),
            Self::Device(device) => device.access(),
            Self::Endpoint(_) => (true, true),
        }
    }

    /// Whether calls that would wait fail instead.
    pub(crate) fn is_nonblocking(&self) -> bool {
        match self {
            Self::Pipe(end) => end.is_nonblocking(),
            Self::Device(_) => false,
            Self::Endpoint(endpoint) => endpoint.is_nonblocking(),
        }
    }

    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> Result<(), Errno> {
        match self {
            Self::Pipe(end) => end.set_nonblocking(nonblocking),
            Self::Device(_) => {}
            Self::Endpoint(endpoint) => endpoint.set_nonblocking(nonblocking)?,
        }
        Ok(())
    }

    /// How many bytes are there to be read, where that is known.
    pub(crate) fn waiting_bytes(&self) -> Result<u64, Errno> {
        match self {
            Self::Pipe(end) => Ok(end.waiting_bytes()),
            Self::Device(_) => Err(Errno::Notty),
            Self::Endpoint(endpoint) => endpoint.waiting_bytes(),
        }
    }

    /// What of it would not wait.
    pub(crate) fn readiness(&self) -> Readiness {
        match self {
            Self::Pipe(end) => end.readiness(),
            Self::Device(device) => device.readiness(),
            Self::Endpoint(endpoint) => endpoint.readiness(),
        }
    }

    pub(crate) fn status(&self) -> FileStatus {
        let (file_type, inode, permissions) = match self {
            Self::Pipe(end) => (FileType::Unknown, end.inode(), 0o600),
            Self::Device(_) => (FileType::CharacterDevice, 0, 0o666),
            Self::Endpoint(endpoint) => (endpoint.file_type(), 0, 0o777),
        };
        FileStatus {
            device: 0,
            inode,
            file_type,
            links: 1,
            size_bytes: 0,
            accessed: 0,
            modified: 0,
            changed: 0,
            permissions,
        }
    }

    pub(crate) fn descriptor_status(&self) -> DescriptorStatus {
        let (readable, writable) = self.access();
        let allowed = rights::file(readable, writable) & !(rights::FD_SEEK | rights::FD_TELL);
        let flags = if self.is_nonblocking() { descriptor_flag::NONBLOCK } else { 0 };
        DescriptorStatus { file_type: self.status().file_type, flags, rights: allowed, rights_inheriting: allowed }
    }
}
