//! Finds side modules among the program's own files, as Emscripten's JavaScript does before it looks elsewhere.

use wasmc_wasi::Errno;

use super::Failed;
use crate::thread::ThreadState;

/// How long a module may be that is loaded.
pub(super) const BYTES_MAX: u64 = 256 << 20;
/// How long a name may be, as in the C library (`PATH_MAX`).
pub(super) const NAME_BYTES_MAX: usize = 4096;
/// How many places of its own a library may name.
const OWN_PATHS_MAX: usize = 256;
/// Where further places to look at are named.
const VARIABLE: &str = "LD_LIBRARY_PATH";
/// What stands for the directory of a library in the places that it names itself.
const ORIGIN: &str = "$ORIGIN";

/// The path of the file that `dlopen` is to open for `name`; `name` itself if there is none.
pub(super) fn find(thread: &ThreadState, name: &str) -> String {
    first_file(thread, name, library_path(thread))
}

/// The same for a module that `library` needs, which names places of its own. What is needed at the start is none of the
/// program's files.
pub(super) fn find_needed<'a>(
    thread: &ThreadState,
    library: usize,
    name: &str,
    own_paths: impl Iterator<Item = &'a str>,
) -> String {
    let linked = thread.linked();
    if !linked.is_started || name.contains('/') {
        return name.to_owned();
    }
    let parent = linked.libraries[library].name.clone();
    drop(linked);
    let directory = parent.rsplit_once('/').map_or(".", |(directory, _)| directory);
    let own_paths = own_paths.take(OWN_PATHS_MAX).filter(|path| path.len() <= NAME_BYTES_MAX);
    let own_paths = own_paths.map(|path| path.replace(ORIGIN, directory));
    first_file(thread, name, library_path(thread).into_iter().chain(own_paths))
}

fn library_path(thread: &ThreadState) -> Vec<String> {
    let value = thread.context.posix.variable(VARIABLE).unwrap_or_default();
    let value = String::from_utf8_lossy(value);
    value.split(':').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

fn first_file(thread: &ThreadState, name: &str, directories: impl IntoIterator<Item = String>) -> String {
    let is_file = |path: &str| thread.context.posix.is_file(path);
    if is_file(name) {
        return name.to_owned();
    }
    let candidates = directories.into_iter().map(|directory| normalize(&format!("{directory}/{name}")));
    candidates.into_iter().find(|path| is_file(path)).unwrap_or_else(|| name.to_owned())
}

/// What the file at `path` holds; `None` if there is none.
pub(super) fn contents(thread: &ThreadState, path: &str) -> Result<Option<Vec<u8>>, Failed> {
    let posix = &thread.context.posix;
    if !posix.is_file(path) {
        return Ok(None);
    }
    match posix.contents(path, BYTES_MAX) {
        Ok(contents) => Ok(Some(contents)),
        Err(Errno::Noent) => Ok(None),
        Err(error) => Err(Failed::Told(format!("Error: '{path}' cannot be read: {error:?}"))),
    }
}

/// A path without what does not change where it leads.
pub(super) fn normalize(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match parts.last() {
            Some(last) if part == ".." && *last != ".." => {
                parts.pop();
            }
            None if part == ".." && is_absolute => {}
            _ => parts.push(part),
        }
    }
    match (is_absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn paths_lose_what_leads_nowhere() {
        for (path, expected) in [
            ("side.wasm", "side.wasm"),
            ("./side.wasm", "side.wasm"),
            ("a/../side.wasm", "side.wasm"),
            ("../a//b", "../a/b"),
            ("../../b", "../../b"),
            ("/../b/.", "/b"),
            ("", "."),
        ] {
            assert_eq!(normalize(path), expected, "{path}");
        }
    }
}
