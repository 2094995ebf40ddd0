//! Lists directories of Linux.

use std::fs::File;
use std::mem::MaybeUninit;

use rustix::fs::RawDir;

use crate::directory::Listing;
use crate::errno::Errno;

/// How much of a directory is read at once.
const LISTING_BUFFER_BYTES: usize = 32 << 10;

pub(crate) fn list(directory: &File) -> Result<Listing, Errno> {
    // The parent's inode is none of the guest's business: it may lie outside the grant.
    let mut listing = Listing::new(rustix::fs::fstat(directory)?.st_ino);
    // The descriptor itself is read, which nobody else does at the same time: opening the directory again would ask for
    // permission, and for a descriptor, that the program need not have any more.
    rustix::fs::seek(directory, rustix::fs::SeekFrom::Start(0))?;
    let mut buffer = [const { MaybeUninit::uninit() }; LISTING_BUFFER_BYTES];
    let mut entries = RawDir::new(directory, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            listing.push(entry.ino(), entry.file_type().into(), name);
        }
    }
    Ok(listing)
}
