//! Keeps a cache below its limit: least recently used entries go first, those of other builds before them, and pinned
//! ones never.
//!
//! Keys are hashes, so each of the 256 folders has about as much as any other. Whoever is about to store something looks
//! at some of them, makes room there in proportion, and leaves the rest to those who come after. A small cache is looked
//! at whole.

use std::path::Path;
use std::time::SystemTime;

use crate::file::{Owner, UNFINISHED, read_json};
use crate::key::{Inputs, Key};
use crate::lock::{self, NoLock};
use crate::slot::{self, Slot};
use crate::{Cache, Description, entry};

/// Whoever stores something looks at folders until it has seen so many entries; fewer in tests, which store more.
const ENTRIES_SEEN: usize = if cfg!(test) { 64 } else { 512 };
const FOLDERS: u16 = 256;

/// How much is left of the limit when something had to go.
const LOW_WATER: f64 = 0.9;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    /// How many entries.
    pub entries: u64,
    /// And their files' bytes.
    pub bytes: u64,
}

/// What a cache may take, and which of its entries are worth less than others.
#[derive(Clone, Debug)]
pub struct Limit {
    /// All entries together.
    pub bytes: u64,
    /// Inputs that all entries of this build have. Those that have others go first.
    pub build: Inputs,
}

impl Limit {
    /// Whether the entry is one of this build.
    pub fn is_current(&self, inputs: &Inputs) -> bool {
        self.build.iter().all(|(name, value)| inputs.get(name) == Some(value))
    }
}

/// The limit where none is set: 2 GiB, or a tenth of what is free on the disk of `directory`, whichever is less.
pub fn default_limit_bytes(directory: &Path) -> u64 {
    const MAX: u64 = 2 << 30;
    // As long as nothing was stored, the directory is yet to be made.
    let there = directory.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    crate::system::free_bytes(there).map_or(MAX, |free| MAX.min(free / 10))
}

impl Cache {
    /// Makes room for about `wanted_bytes` under the key, in bounded time: what is above the limit goes. If another
    /// process is about it, that will do.
    pub fn make_room(&self, limit: &Limit, key: &Key, wanted_bytes: u64) -> Freed {
        self.evict(limit, key.first_byte(), wanted_bytes, ENTRIES_SEEN)
    }

    /// Removes whatever is above the limit, and what killed processes left.
    pub fn collect_garbage(&self, limit: &Limit) -> Freed {
        self.sweep();
        self.evict(limit, 0, 0, usize::MAX)
    }

    fn evict(&self, limit: &Limit, first: u8, wanted_bytes: u64, entries_seen: usize) -> Freed {
        if !self.directory.is_dir() {
            return Freed::default();
        }
        // Each would remove enough for all.
        let _lock = match lock::try_lock(&self.directory.join("locks").join(lock::EVICTION)) {
            Err(NoLock::Taken) => return Freed::default(),
            result => result.ok(),
        };
        let mut seen: Vec<(Key, Slot)> = Vec::new();
        let mut folders = 0;
        while folders < FOLDERS && seen.len() < entries_seen {
            seen.extend(slot::slots(&self.directory, first.wrapping_add(folders as u8)));
            folders += 1;
        }
        let share = f64::from(folders) / f64::from(FOLDERS);
        let mut bytes: u64 = seen.iter().map(|(_, slot)| slot.bytes).sum();
        let room = limit.bytes.saturating_sub(wanted_bytes) as f64 * share;
        if bytes as f64 <= room {
            return Freed::default();
        }
        let low = room.min(limit.bytes as f64 * LOW_WATER * share);
        let mut freed = Freed::default();
        for (key, slot) in self.in_order_of_eviction(seen, limit) {
            if bytes as f64 <= low {
                break;
            }
            let removed = self.remove(&key);
            bytes = bytes.saturating_sub(slot.bytes);
            freed.bytes += removed;
            freed.entries += u64::from(removed > 0);
        }
        freed
    }

    /// What may be removed, worth least first.
    fn in_order_of_eviction(&self, seen: Vec<(Key, Slot)>, limit: &Limit) -> Vec<(Key, Slot)> {
        let now = SystemTime::now();
        let removable = seen.into_iter().filter(|(_, slot)| !slot.is_pinned);
        let mut ranked: Vec<_> = removable
            .map(|(key, slot)| {
                let description = entry::description_path(&slot::path(&self.directory, &key));
                let is_current = read_json::<Description>(&description, Owner::own())
                    .is_some_and(|(description, _, _)| limit.is_current(&description.inputs));
                let used = slot.used.filter(|used| entry::is_time_of_use(*used, now));
                ((is_current, used), (key, slot))
            })
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, found)| found).collect()
    }

    /// Removes what killed processes left, and notes of files that have not been hashed for long.
    pub(crate) fn sweep(&self) {
        lock::sweep(&self.directory.join("locks"));
        for first_byte in 0..=u8::MAX {
            let entries = slot::folder_of(&self.directory, first_byte);
            for folder in [entries, self.sources_folder(first_byte), self.checks_folder(first_byte)] {
                UNFINISHED.remove_stale(&folder);
            }
            self.remove_old_notes(first_byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BYTES: usize = 10_000;

    fn inputs(number: u32, build: &str) -> Inputs {
        Inputs::from([("build".to_owned(), build.to_owned()), ("number".to_owned(), number.to_string())])
    }

    fn limit(bytes: u64) -> Limit {
        Limit { bytes, build: Inputs::from([("build".to_owned(), "new".to_owned())]) }
    }

    /// Stores an entry that was last used so many hours ago.
    fn store(cache: &Cache, number: u32, build: &str, hours: i64) -> Key {
        let inputs = inputs(number, build);
        cache.store(&inputs, "", &[0; BYTES]).expect("it can be stored");
        let key = crate::key(&inputs);
        let path = entry::description_path(&cache.entry_path(&key));
        let distance = Duration::from_secs(3600 * hours.unsigned_abs());
        let now = SystemTime::now();
        let used = if hours < 0 { now + distance } else { now - distance };
        std::fs::File::open(path).and_then(|file| file.set_modified(used)).expect("its time can be set");
        key
    }

    #[test]
    fn what_is_worth_least_goes_first() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::new(directory.path());
        let old = store(&cache, 1, "old", 0);
        let pinned = store(&cache, 2, "old", 500);
        cache.pin(&pinned).expect("it can be pinned");
        let ahead = store(&cache, 3, "new", -100);
        let unused = store(&cache, 4, "new", 100);
        let used = store(&cache, 5, "new", 50);
        let recent = store(&cache, 6, "new", 0);
        let left = || -> Vec<Key> { cache.entries().iter().map(|entry| entry.key).collect() };
        let each = BYTES as u64 + 600;
        assert_eq!(cache.collect_garbage(&limit(6 * each)), Freed::default());
        // Each time about one is too much.
        for (gone, count) in [(old, 6), (ahead, 5), (unused, 4), (used, 3), (recent, 2)] {
            assert!(left().contains(&gone));
            cache.collect_garbage(&limit(count * each - each / 2));
            assert!(!left().contains(&gone) && left().len() as u64 == count - 1, "{count}");
        }
        cache.collect_garbage(&limit(0));
        assert_eq!(left(), [pinned]);
        cache.unpin(&pinned).expect("it can be unpinned");
        cache.collect_garbage(&limit(0));
        assert_eq!(left(), []);
    }

    #[test]
    fn whoever_stores_looks_at_a_part_and_makes_room_in_proportion() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::new(directory.path());
        let count = 3 * ENTRIES_SEEN as u32;
        for number in 0..count {
            cache.store(&inputs(number, "new"), "", &[0; 100]).expect("it can be stored");
        }
        let size = || cache.entries().iter().map(|entry| entry.bytes).sum::<u64>();
        let before = size();
        assert_eq!(cache.make_room(&limit(before * 5 / 4), &crate::key(&inputs(0, "new")), 0), Freed::default());
        // Below the limit it stays, though each sees only a part.
        let bytes = before / 2;
        for number in 0..40 {
            let inputs = inputs(count + number, "new");
            cache.make_room(&limit(bytes), &crate::key(&inputs), 1000);
            cache.store(&inputs, "", &[0; 100]).expect("it can be stored");
        }
        assert!(size() < bytes * 5 / 4, "{} of {bytes}", size());
        assert!(size() > bytes / 2, "{} of {bytes}", size());
    }

    #[test]
    fn a_use_is_noted_once_an_hour() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::new(directory.path());
        for (hours, is_noted) in [(0, false), (2, true), (-2, true)] {
            let key = store(&cache, 1, "new", hours);
            let path = entry::description_path(&cache.entry_path(&key));
            let modified = || std::fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("it has a time");
            let before = modified();
            assert!(cache.find(&key).is_some());
            assert_eq!(modified() != before, is_noted, "{hours} hours");
        }
    }
}
