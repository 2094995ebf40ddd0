//! Whole files, for a host that loads what a program names: a path in, bytes out. What the program may not read, it gets not
//! loaded either.

use super::{At, Posix, flags};
use crate::descriptor::Object;
use crate::errno::Errno;
use crate::system::fd::AsFd as _;
use crate::types::FileType;

impl Posix {
    /// Whether `path` leads to a regular file.
    pub fn is_file(&self, path: &str) -> bool {
        let found = self.walk(At::WorkingDirectory, path, true);
        found.is_ok_and(|found| found.status.is_some_and(|status| status.file_type == FileType::RegularFile))
    }

    /// All that the regular file at `path` holds.
    ///
    /// # Errors
    ///
    /// As POSIX has them; `EFBIG` if that is more than `bytes_max`.
    pub fn contents(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        // Nothing else is opened: that could have effects, or wait.
        if !self.is_file(path) {
            return Err(Errno::Inval);
        }
        let descriptor = self.open(At::WorkingDirectory, path, flags::NONBLOCK | flags::CLOSE_ON_EXEC, 0)?;
        let table = &self.context().table;
        let object = table.find(descriptor);
        table.remove(descriptor)?;
        let contents = match &*object? {
            Object::File(file) if file.file_type() == FileType::RegularFile => {
                crate::system::read_all(file.handle.as_fd(), bytes_max.saturating_add(1))?
            }
            Object::Memory(file) => file.contents(bytes_max.saturating_add(1)),
            _ => return Err(Errno::Inval),
        };
        if contents.len() as u64 > bytes_max { Err(Errno::Fbig) } else { Ok(contents) }
    }
}
