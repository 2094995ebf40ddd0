//! Read-only layers: caches of others, below the writable one.
//!
//! A layer is trusted if nobody but its owner can write to it. Wherever it was copied to, its files have other stamps
//! than those that its descriptions note; that they were looked through is noted in the writable cache.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::entry::{self, Flaw, Opened};
use crate::file::{self, Owner};
use crate::key::Key;
use crate::stamp::Stamp;

/// What is noted of a layer's artifact that was looked through.
#[derive(Serialize, Deserialize)]
struct Check {
    stamp: Stamp,
    checksum: String,
}

/// Opens the entry `path` of the layer in `directory`. Its bytes are not looked at.
pub(crate) fn open(directory: &Path, path: &Path, key: &Key) -> Result<Opened, Flaw> {
    let metadata = fs::metadata(directory).map_err(|_| Flaw::Missing)?;
    let owner = Owner::of(&metadata);
    for folder in path.ancestors().skip(1) {
        let metadata = fs::metadata(folder).map_err(|_| Flaw::Missing)?;
        if !owner.alone_writes(&metadata) {
            return Err(Flaw::Untrusted(folder.to_owned()));
        }
        if folder == directory {
            break;
        }
    }
    entry::open(path, key, owner)
}

/// Makes sure that the bytes are right: by the note at `note`, or by looking through them.
pub(crate) fn check(opened: &Opened, note: &Path) -> Result<(), Flaw> {
    if opened.is_as_checked() {
        return Ok(());
    }
    let checksum = &opened.description.checksum;
    let noted = file::read_json::<Check>(note, Owner::own()).map(|(check, _, _)| check);
    if noted.is_some_and(|check| check.stamp == opened.stamp && check.checksum == *checksum) {
        return Ok(());
    }
    opened.check()?;
    let check = Check { stamp: opened.stamp, checksum: checksum.clone() };
    // A cache that cannot be written to looks through it each time.
    let folder = note.parent().expect("a note lies in a folder");
    let _ = file::prepare_folder(folder).and_then(|()| file::write_json(note, &check));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::{Cache, Inputs};

    #[test]
    fn a_layer_is_used_as_long_as_only_its_owner_can_write_it() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| directory.path().join(name);
        let inputs = Inputs::from([("input".to_owned(), "one".to_owned())]);
        let key = crate::key(&inputs);
        Cache::new(at("layer")).store(&inputs, "name", b"contents").expect("it can be stored");
        let cache = Cache::new(at("writable")).with_layers(vec![at("missing"), at("layer")]);
        let found = || cache.find(&key).map(|found| found.directory.to_owned());
        assert_eq!(found(), Some(at("layer")));
        assert!(!at("writable").exists(), "its stamp is as noted");
        // Copied to another place: looked through once, which is noted in the writable cache.
        let path = crate::slot::path(&at("layer"), &key);
        let touch = || fs::File::open(&path).and_then(|file| file.set_modified(std::time::SystemTime::UNIX_EPOCH));
        touch().expect("its time can be set");
        assert_eq!(found(), Some(at("layer")));
        let note = cache.check_path(&key);
        assert!(note.exists());
        // What is noted is the checksum of these bytes, and of no others.
        fs::write(&path, b"CONTENTS").expect("it can be written");
        assert_eq!(found(), None);
        fs::write(&path, b"contents").expect("it can be written");
        assert_eq!(found(), Some(at("layer")));
        let permit = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
        for part in [at("layer"), at("layer/entries"), path.with_extension("json"), path.clone()] {
            let before = fs::metadata(&part).expect("it is there").permissions();
            permit(&part, before.mode() | 0o002).expect("they can be set");
            assert_eq!(found(), None, "others can write {}", part.display());
            permit(&part, before.mode()).expect("they can be set");
        }
        // The writable cache goes first.
        cache.store(&inputs, "name", b"contents").expect("it can be stored");
        assert_eq!(found(), Some(at("writable")));
        let (own, layers): (Vec<_>, Vec<_>) = cache.entries().into_iter().partition(|entry| !entry.is_in_layer);
        assert_eq!((own.len(), layers.len()), (1, 1));
        cache.clear(true);
        assert_eq!(found(), Some(at("layer")), "layers are never removed from");
    }
}
