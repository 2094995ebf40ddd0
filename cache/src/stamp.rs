//! What tells, without reading a file, that it is still the one that was looked at.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::system;

/// A file's place, size and times. Whoever changes the file changes one of them, except within one tick of the file
/// system's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size_bytes: u64,
    /// Seconds and nanoseconds since the epoch.
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The longest tick of a file system's clock that is known of (FAT's).
const TICK: Duration = Duration::from_secs(2);

impl Stamp {
    /// That of a file with this metadata.
    pub fn of(metadata: &Metadata) -> Self {
        let ((device, inode), (modified, changed)) = (system::place(metadata), system::times(metadata));
        Self { device, inode, size_bytes: metadata.len(), modified, changed }
    }

    /// Whether a change of the file after `now` would show: its times lie further back than a tick.
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let latest = self.modified.max(self.changed);
        let since = |(seconds, nanoseconds): (i64, i64)| {
            // A time before the epoch is long past.
            let seconds = u64::try_from(seconds).unwrap_or(0);
            Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or(0))
        };
        system::TELLS_FILES_APART && since(latest) + TICK < now
    }

    /// What the file is called as long as it exists: part of the name of what is noted of it.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.device, self.inode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_just_written_is_not_settled() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let stamp = Stamp::of(&file.as_file().metadata().expect("it has metadata"));
        let now = SystemTime::now();
        assert!(!stamp.is_settled(now));
        assert_eq!(stamp.is_settled(now + Duration::from_secs(3)), system::TELLS_FILES_APART);
        // Nor is one whose times lie ahead: a clock has jumped.
        assert!(!stamp.is_settled(now - Duration::from_secs(1000)));
    }
}
