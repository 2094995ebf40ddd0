//! Locks: who makes an entry holds its key's lock, and whoever wants the same waits for it.
//!
//! The system lets go of a lock when its process dies. The file that is locked goes with the lock; what a killed process
//! leaves of it is in nobody's way, and swept later.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::file::make_folder;
use crate::key::Key;
use crate::system;
use crate::unfinished::is_left;

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Open, and so locked.
    _file: File,
}

/// Why a lock is not had at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLock {
    /// Another process has it.
    Taken,
    /// The directory is not writable, or the file system has no locks.
    Impossible,
}

/// Takes the lock at `path`, if nobody has it.
pub(crate) fn try_lock(path: &Path) -> Result<Lock, NoLock> {
    acquire(path, |file| match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(NoLock::Taken),
        Err(TryLockError::Error(_)) => Err(NoLock::Impossible),
    })
}

/// Takes the lock at `path` as soon as nobody has it; `None` where that is impossible, or takes longer than `patience`.
pub(crate) fn lock(path: &Path, patience: Duration) -> Option<Lock> {
    match try_lock(path) {
        Ok(lock) => return Some(lock),
        Err(NoLock::Impossible) => return None,
        Err(NoLock::Taken) => {}
    }
    let (had, until_had) = channel();
    let path = path.to_owned();
    // If nobody waits for it any more, it is let go of as soon as it is had.
    let wait = move || drop(had.send(wait_for(&path)));
    std::thread::Builder::new().name("lock".to_owned()).spawn(wait).ok()?;
    until_had.recv_timeout(patience).ok()?
}

fn wait_for(path: &Path) -> Option<Lock> {
    let wait = |file: &File| loop {
        match file.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => break result.map_err(|_| NoLock::Impossible),
        }
    };
    acquire(path, wait).ok()
}

fn acquire(path: &Path, take: impl Fn(&File) -> Result<(), NoLock>) -> Result<Lock, NoLock> {
    let folder = path.parent().expect("a lock lies in a folder");
    make_folder(folder).map_err(|_| NoLock::Impossible)?;
    loop {
        let opened = system::open_lock(path);
        let file = opened.map_err(|_| NoLock::Impossible)?;
        take(&file)?;
        // Whoever had it has removed it: the lock of a file that has no name keeps nobody out.
        if file.metadata().is_ok_and(|metadata| system::has_name(&metadata)) {
            return Ok(Lock { path: path.to_owned(), _file: file });
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The lock of whoever makes room.
pub(crate) const EVICTION: &str = "eviction";

/// Whether a lock is called so; other files are none of ours.
fn is_name(name: &str) -> bool {
    name == EVICTION || name.parse::<Key>().is_ok()
}

/// Removes what killed processes left in `folder`.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_lock =
            entry.file_name().to_str().is_some_and(is_name) && entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_lock
            && let Ok(file) = crate::file::open(&entry.path())
            && is_left(&file)
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_holder_and_leaves_nothing() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let folder = directory.path().join("locks");
        let path = folder.join(EVICTION);
        let held = try_lock(&path).expect("it is free");
        assert_eq!(try_lock(&path).expect_err("it is taken"), NoLock::Taken);
        sweep(&folder);
        assert!(path.exists(), "it is in use");
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || lock(&path, Duration::from_secs(60)).is_some_and(|lock| lock.path.exists())
        });
        assert!(lock(&path, Duration::from_millis(10)).is_none(), "nobody waits for ever");
        drop(held);
        assert!(waiting.join().expect("it does not panic"), "its file is there as long as it is held");
        // Whoever gave up lets go of it when it has it.
        let is_empty = || fs::read_dir(&folder).expect("it is there").count() == 0;
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while !is_empty() && std::time::Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(is_empty());
        fs::write(&path, b"").expect("it can be written");
        sweep(&folder);
        assert!(!path.exists(), "a killed process left it");
        assert_eq!(try_lock(Path::new("/dev/null/key")).expect_err("no place"), NoLock::Impossible);
    }
}
