//! Address space for memories: reserved once, made accessible as they grow, never copied or moved.

use crate::error::SystemError;

mod copy;
mod reservation;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(crate) use copy::move_bytes;
use reservation::Reservation;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub(crate) use system::BorrowedFile;
#[cfg(windows)]
pub(crate) use system::are_files_mapped;

/// Where in a memory pages of a file will lie, if any: what a system may have to know when it reserves the addresses.
type View = Option<std::ops::Range<usize>>;

/// What a memory holds at the start, besides zeros.
#[derive(Clone, Copy)]
pub(crate) struct Initial<'a> {
    /// Where in the memory the bytes start: a multiple of the page size.
    pub(crate) address: u64,
    /// Where they come from.
    pub(crate) contents: Contents<'a>,
}

/// The bytes of a memory image: a multiple of the page size.
#[derive(Clone, Copy)]
pub(crate) enum Contents<'a> {
    /// Whole pages of a file, to be mapped copy-on-write.
    File { file: BorrowedFile<'a>, offset: u64, length: u64 },
    /// Bytes of this program, to be copied.
    Bytes(&'a [u8]),
}

/// A reservation of address space, with a part of it accessible from its start on.
pub(crate) struct Mapping {
    reservation: Reservation,
    /// What a reset has to put back: where, and what. It belongs to the image that the memory's instance keeps.
    restored: Option<(u64, Restored)>,
}

/// See [`Contents`].
enum Restored {
    File { file: BorrowedFile<'static>, offset: u64, length: u64 },
    Bytes(*const [u8]),
}

/// What the system refused, and what helps.
const RESERVE: &str = "reserve address space for a memory (a smaller maximum in its type and `--bounds-checks explicit` \
                       ask for less; `ulimit -v` limits it)";

// SAFETY: a mapping belongs to the process; it is changed by the one thread that uses its store, or, of a shared memory,
// by the one that holds its lock.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Reserves `reserved` bytes, of which the first `accessible` can be used and hold `initial` and zeros.
    ///
    /// Three system calls: reserve, make accessible (neither if a reservation is left over), map the image over it.
    pub(crate) fn new(reserved: u64, accessible: u64, initial: Option<Initial<'_>>) -> Result<Self, SystemError> {
        let too_large = || SystemError { operation: RESERVE, source: std::io::ErrorKind::OutOfMemory.into() };
        // A memory that can never have a byte still has an address.
        let reserved_bytes = usize::try_from(reserved.max(4096)).map_err(|_| too_large())?;
        assert!(accessible <= reserved, "what is accessible is reserved");
        let place = initial.map(|Initial { address, contents }| {
            let end = address.checked_add(contents.length()).filter(|end| *end <= accessible);
            address as usize..end.expect("the image fits") as usize
        });
        let view = place.filter(|_| initial.is_some_and(|initial| matches!(initial.contents, Contents::File { .. })));
        let reservation = Reservation::take(reserved_bytes, accessible as usize, &view)?;
        let mut mapping = Self { reservation, restored: None };
        if let Some(Initial { address, contents }) = initial {
            // SAFETY: it is used while the memory's instance lives, which keeps the image, and so the file and the bytes.
            let restored = unsafe { contents.as_restored() };
            // SAFETY: the range is within the reservation, which nothing uses yet.
            unsafe { mapping.put(address, &restored) }?;
            mapping.restored = restored.is_lost_by_discard().then_some((address, restored));
        }
        Ok(mapping)
    }

    pub(crate) fn base(&self) -> *mut u8 {
        self.reservation.base()
    }

    pub(crate) fn reserved_bytes(&self) -> u64 {
        self.reservation.length() as u64
    }

    /// Makes the first `bytes` accessible; those that are already stay as they are.
    pub(crate) fn make_accessible(&self, bytes: u64) -> Result<(), SystemError> {
        assert!(bytes <= self.reserved_bytes(), "growth stays in the reservation");
        if bytes == 0 {
            return Ok(());
        }
        self.reservation.make_accessible(bytes as usize)
    }

    /// Makes the mapping what it was when `accessible` bytes of it were accessible first: one system call to give
    /// changed pages back, and one more if it had grown to `length`.
    pub(crate) fn reset(&self, accessible: u64, length: u64) -> Result<(), SystemError> {
        // SAFETY: the range is within the reservation, and no one looks at it meanwhile.
        unsafe { self.reservation.reset(accessible as usize, length as usize) }?;
        match &self.restored {
            // SAFETY: the range is within the reservation, and no one looks at it meanwhile.
            Some((address, restored)) => unsafe { self.put(*address, restored) },
            None => Ok(()),
        }
    }

    /// # Safety
    ///
    /// There must be room at `address`, at which no one looks.
    unsafe fn put(&self, address: u64, contents: &Restored) -> Result<(), SystemError> {
        // SAFETY: the caller's promise; the image that the contents are of is alive, and apart from this.
        unsafe {
            match *contents {
                Restored::File { file, offset, length } => {
                    self.reservation.map_private(address as usize, length as usize, file, offset)
                }
                Restored::Bytes(bytes) => {
                    let place = self.base().add(address as usize);
                    place.copy_from_nonoverlapping(bytes.cast(), bytes.len());
                    Ok(())
                }
            }
        }
    }
}

impl Contents<'_> {
    fn length(&self) -> u64 {
        match *self {
            Self::File { length, .. } => length,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// # Safety
    ///
    /// It must be used only while what it is of lives.
    unsafe fn as_restored(self) -> Restored {
        match self {
            Self::File { file, offset, length } => {
                // SAFETY: the caller's promise.
                let file = unsafe { std::mem::transmute::<BorrowedFile<'_>, BorrowedFile<'static>>(file) };
                Restored::File { file, offset, length }
            }
            Self::Bytes(bytes) => Restored::Bytes(bytes),
        }
    }
}

impl Restored {
    fn is_lost_by_discard(&self) -> bool {
        match self {
            Self::File { .. } => !system::FILES_OUTLAST_DISCARD,
            Self::Bytes(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_reset_brings_pages_of_a_file_back() {
        use std::os::fd::AsFd as _;
        let path = std::env::temp_dir().join(format!("wasmc-image-{}", std::process::id()));
        std::fs::write(&path, vec![7_u8; 65536]).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let contents = Contents::File { file: file.as_fd(), offset: 0, length: 65536 };
        let mapping = Mapping::new(1 << 33, 2 * 65536, Some(Initial { address: 65536, contents })).unwrap();
        // SAFETY: all within what is accessible; the file is open.
        unsafe {
            let inside = mapping.base().add(65536 + 100);
            assert_eq!(inside.read(), 7);
            inside.write(8);
            mapping.base().write(9);
            mapping.reset(2 * 65536, 2 * 65536).unwrap();
            assert_eq!((mapping.base().read(), inside.read()), (0, 7));
            // Where giving pages back loses those of files as well, they are mapped again.
            inside.write(8);
            mapping.put(65536, &contents.as_restored()).unwrap();
            assert_eq!(inside.read(), 7);
        }
    }

    #[test]
    fn growth_keeps_what_was_written_and_a_reset_does_not() {
        let image = vec![7_u8; 4096];
        let initial = Initial { address: 4096, contents: Contents::Bytes(&image) };
        let mapping = Mapping::new(1 << 33, 65536, Some(initial)).unwrap();
        // SAFETY: all within what is accessible.
        unsafe {
            assert_eq!(mapping.base().add(4096).read(), 7);
            mapping.base().add(5000).write(8);
            mapping.make_accessible(2 * 65536).unwrap();
            mapping.base().add(65536).write(9);
            assert_eq!(mapping.base().add(5000).read(), 8);
            mapping.reset(65536, 2 * 65536).unwrap();
            assert_eq!(mapping.base().add(5000).read(), 7);
            mapping.make_accessible(2 * 65536).unwrap();
            assert_eq!(mapping.base().add(65536).read(), 0);
        }
    }
}
