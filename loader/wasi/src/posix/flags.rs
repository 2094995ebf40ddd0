//! The numbers of `open`'s flags, as Linux has them on most machines, and musl.

/// Which of reading (0), writing (1) or both (2).
pub const ACCESS: u32 = 3;
/// `O_CREAT`.
pub const CREATE: u32 = 0o100;
/// `O_EXCL`.
pub const EXCLUSIVE: u32 = 0o200;
/// `O_TRUNC`.
pub const TRUNCATE: u32 = 0o1000;
/// `O_APPEND`.
pub const APPEND: u32 = 0o2000;
/// `O_NONBLOCK`.
pub const NONBLOCK: u32 = 0o4000;
/// `O_DSYNC`.
pub const DATA_SYNC: u32 = 0o10_000;
/// `O_LARGEFILE`.
pub const LARGE_FILE: u32 = 0o100_000;
/// `O_DIRECTORY`.
pub const DIRECTORY: u32 = 0o200_000;
/// `O_NOFOLLOW`.
pub const NO_FOLLOW: u32 = 0o400_000;
/// `O_CLOEXEC`.
pub const CLOSE_ON_EXEC: u32 = 0o2_000_000;
/// `O_SYNC`.
pub const SYNC: u32 = 0o4_010_000;
/// `O_PATH`.
pub const PATH_ONLY: u32 = 0o10_000_000;
