//! How structures lay in memory in different releases of Emscripten, and by what a program tells which it is of.
//!
//! A program says nowhere which release linked it, but its imports do: a release has names that others have not.
//!
//! | releases | `time_t` | `struct stat` | imports that only these have |
//! |---|---|---|---|
//! | to 3.1.15 | 32 bits | with gaps | the calls that name a file without a directory, clocks from JavaScript |
//! | to 3.1.41 | 64 bits | with gaps | `emscripten_memcpy_big` |
//! | since | 64 bits | without | none of these |

use wasmc_loader::{ExternType, Image, ValueType};

use crate::MODULE;

/// How structures lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// With 32 bits of time.
    Old,
    /// With 64 bits of time, and gaps in `struct stat`.
    Padded,
    Current,
}

impl Layout {
    /// That of a program.
    pub(crate) fn of(image: &Image) -> Self {
        /// Imported by old releases only: later ones import what takes a directory as well, or ask WASI for the time.
        const OLD: &[&str] = &[
            "__clock_getres",
            "__clock_gettime",
            "__gmtime_r",
            "__localtime_r",
            "__syscall_fchmodat",
            "__syscall_fstatat64",
            "__syscall_mkdir",
            "__syscall_mknod",
            "__syscall_open",
            "__syscall_readlink",
            "__syscall_rename",
            "__syscall_unlink",
            "clock_gettime",
            "gettimeofday",
            "gmtime_r",
            "localtime_r",
            "mktime",
            "time",
            "timegm",
        ];
        /// Imported by later ones only.
        const NEW: &[&str] = &["__syscall_newfstatat", "_abort_js", "_emscripten_memcpy_js", "emscripten_memcpy_js"];
        let (mut old, mut new, mut copies_big) = (false, false, false);
        for import in image.imports().filter(|import| import.module == MODULE) {
            old |= OLD.contains(&import.field);
            new |= NEW.contains(&import.field);
            copies_big |= import.field == "emscripten_memcpy_big";
            // Time was an address there, and is a number of 64 bits, in one piece or in two.
            if let ("_localtime_js" | "_gmtime_js", ExternType::Function(function)) = (import.field, &import.kind) {
                let is_address = function.parameters == [ValueType::I32, ValueType::I32];
                old |= is_address;
                new |= !is_address;
            }
        }
        match (new, old, copies_big) {
            (false, true, _) => Self::Old,
            (_, _, true) => Self::Padded,
            _ => Self::Current,
        }
    }

    /// How long a `struct timespec` or `struct timeval` is.
    pub(crate) fn time_bytes(self) -> u32 {
        if self == Self::Old { 8 } else { 16 }
    }
}
