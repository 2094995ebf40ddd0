//! Devices in memory: `/dev/null` and its like.

use std::sync::Arc;

use wasmc_loader::GuestMemory;

use super::poll::Readiness;
use crate::context::Context;
use crate::descriptor::Object;
use crate::errno::Errno;
use crate::types::Vectors;
use crate::{file, random};

/// What a device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Null,
    Zero,
    Random,
    /// Standard input and output.
    Terminal,
    /// Standard input and error output.
    ErrorTerminal,
}

impl Device {
    /// Those that a program finds in `/dev`.
    pub(super) const ALL: [(&'static str, Self); 6] = [
        ("null", Self::Null),
        ("zero", Self::Zero),
        ("random", Self::Random),
        ("urandom", Self::Random),
        ("tty", Self::Terminal),
        ("tty1", Self::ErrorTerminal),
    ];

    /// Major and minor number, as Linux has them where it has such a device.
    pub(super) const fn number(self) -> (u32, u32) {
        match self {
            Self::Null => (1, 3),
            Self::Zero => (1, 5),
            Self::Random => (1, 8),
            Self::Terminal => (5, 0),
            Self::ErrorTerminal => (6, 0),
        }
    }

    /// The device with these numbers.
    pub(super) fn numbered(major: u32, minor: u32) -> Option<Self> {
        Self::ALL.into_iter().map(|(_, device)| device).find(|device| device.number() == (major, minor))
    }
}

/// How much is made at once, as much as Linux makes of its random numbers: many buffers can ask for more than there is time.
const BYTES_MAX: u64 = (32 << 20) - 1;

/// A device that is open.
#[derive(Debug)]
pub(crate) struct DeviceFile {
    pub(super) device: Device,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The streams that a terminal stands for.
    pub(super) input: Option<Arc<Object>>,
    pub(super) output: Option<Arc<Object>>,
}

impl DeviceFile {
    pub(crate) fn access(&self) -> (bool, bool) {
        (self.readable, self.writable)
    }

    pub(crate) fn read(&self, context: &Context, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        if !self.readable {
            return Err(Errno::Badf);
        }
        if let Some(input) = &self.input {
            return file::read_object(context, memory, input, vectors);
        }
        let mut length = 0;
        for (address, length_bytes) in vectors.first_bytes(BYTES_MAX) {
            match self.device {
                Device::Zero => memory.fill(address, length_bytes, 0).ok_or(Errno::Fault)?,
                Device::Random => random::fill(context, memory, address, length_bytes)?,
                Device::Null | Device::Terminal | Device::ErrorTerminal => continue,
            }
            length += length_bytes as usize;
        }
        Ok(length)
    }

    pub(crate) fn write(&self, context: &Context, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        match &self.output {
            Some(output) => file::write_object(context, memory, output, vectors),
            None => Ok(vectors.as_slice().iter().map(|(_, length_bytes)| *length_bytes as usize).sum()),
        }
    }

    pub(crate) fn readiness(&self) -> Readiness {
        Readiness { readable: true, writable: true, ..Readiness::default() }
    }
}
