//! Lists directories of macOS.

use std::fs::File;

use rustix::fs::Dir;

use crate::directory::Listing;
use crate::errno::Errno;

pub(crate) fn list(directory: &File) -> Result<Listing, Errno> {
    // The parent's inode is none of the guest's business: it may lie outside the grant.
    let mut listing = Listing::new(rustix::fs::fstat(directory)?.st_ino);
    // A second descriptor of the same open directory is read, whose position nobody else uses at the same time: opening the
    // directory again would ask for permission that the program need not have any more.
    let mut entries = Dir::new(rustix::io::fcntl_dupfd_cloexec(directory, 0)?)?;
    entries.rewind();
    while let Some(entry) = entries.read() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            listing.push(entry.ino(), entry.file_type().into(), name);
        }
    }
    Ok(listing)
}
