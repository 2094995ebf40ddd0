//! How structures lay in memory in different releases of Emscripten, and by what a program tells which it is of.
//!
//! A program says nowhere which release linked it, but its imports do: a release has names that others have not.
//!
//! | releases | `time_t` | `struct stat` | imports that tell |
//! |---|---|---|---|
//! | to 3.1.15 | 32 bits | with gaps | calls that name a file without a directory, clocks from JavaScript; `setTempRet0` (to 3.1.19) |
//! | to 3.1.41 | 64 bits | with gaps | `_localtime_js` of an address; `emscripten_memcpy_big` (to 3.1.44) |
//! | since | 64 bits | without | `_localtime_js` of a number; what is newer; none of these |

use wasmc_loader::{ExternType, Image, ValueType};

use crate::MODULE;

/// How structures lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// With 32 bits of time.
    Old,
    /// With 64 bits of time, and gaps in `struct stat`.
    Padded,
    /// Without gaps.
    Current,
}

/// Names that old releases import, and none that has 64 bits of time.
const OLD: &[&str] = &[
    "__clock_getres",
    "__clock_gettime",
    "__gmtime_r",
    "__localtime_r",
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
/// Names that only releases without gaps import.
const CURRENT: &[&str] =
    &["__syscall_fadvise64", "__syscall_fchmodat2", "_abort_js", "_emscripten_memcpy_js", "emscripten_memcpy_js"];

impl Layout {
    /// That of a program.
    pub(crate) fn of(image: &Image) -> Self {
        let (mut old, mut has_upper_half, mut padded, mut later, mut current) = (false, false, false, false, false);
        for import in image.imports().filter(|import| import.module == MODULE) {
            let ExternType::Function(function) = &import.kind else { continue };
            match import.field {
                "__syscall_newfstatat" => later = true,
                "emscripten_memcpy_big" => padded = true,
                "getTempRet0" | "setTempRet0" => has_upper_half = true,
                "_localtime_js" | "_gmtime_js" => {
                    let is_address = function.parameters == [ValueType::I32, ValueType::I32];
                    padded |= is_address;
                    current |= !is_address;
                }
                name => {
                    old |= OLD.contains(&name);
                    current |= CURRENT.contains(&name);
                }
            }
        }
        match () {
            () if current => Self::Current,
            () if old || (has_upper_half && !later) => Self::Old,
            () if padded => Self::Padded,
            () => Self::Current,
        }
    }

    /// How long a `struct timespec` or `struct timeval` is.
    pub(crate) fn time_bytes(self) -> u32 {
        if self == Self::Old { 8 } else { 16 }
    }
}
