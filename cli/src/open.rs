//! Opens programs through the cache: a file, the compiler's options and the settings in, an image out.
//!
//! Knows nothing of command lines, so that any entry to the program can use it.

use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use wasmc_cache::{Cache, Found, Inputs, Key, Stamp};
use wasmc_compiler::CompileOptions;
use wasmc_loader::Image;
use wasmrun::process::say;

use crate::cache::inputs::{Source, how, inputs};
use crate::input::{self, Kind};
use crate::options::with_threads;
use crate::progress;
use crate::settings::Settings;

/// Opens programs, and remembers what that took.
#[derive(Debug)]
pub(crate) struct Opener {
    pub(crate) options: CompileOptions,
    /// How many threads compile: as many as there are CPUs if not given.
    pub(crate) threads: Option<u16>,
    pub(crate) settings: Settings,
    /// `None` if it is not to be used, or there is no place for it.
    pub(crate) cache: Option<Cache>,
    /// What was opened so far.
    pub(crate) opened: Vec<Opened>,
}

/// What it took to open a program.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) file: PathBuf,
    pub(crate) way: Way,
    /// What it is kept under.
    pub(crate) key: Option<Key>,
    /// The artifact's length.
    pub(crate) bytes: u64,
}

/// How an artifact came to be.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// The file is one.
    Object,
    /// It was in the cache in this directory.
    Found(PathBuf),
    /// It was compiled,
    Compiled {
        /// in this time,
        time: Duration,
        /// and whether it is in the cache now.
        is_kept: bool,
    },
}

impl Opener {
    /// With the cache of the settings, if that is to be used.
    pub(crate) fn new(options: CompileOptions, threads: Option<u16>, settings: Settings) -> Self {
        let mut cache = if settings.is_enabled.value { settings.cache() } else { None };
        if let Some(Err(flaw)) = cache.as_ref().map(Cache::check_owner) {
            say(&format!("wasmc: warning: {flaw}; nothing is kept (WASMC_CACHE_DIR names another place)"));
            cache = None;
        }
        Self { options, threads, settings, cache, opened: Vec::new() }
    }

    /// The image of the module or object in `file`.
    pub(crate) fn open(&mut self, file: &Path) -> anyhow::Result<Image> {
        let (image, opened) = self.try_open(file, true)?;
        self.opened.push(opened);
        Ok(image)
    }

    /// The image of the module in `file`, which must be one in binary form: what a program loads must never be code of
    /// its own making.
    pub(crate) fn open_module(&mut self, file: &Path) -> anyhow::Result<Image> {
        let (image, opened) = self.try_open(file, false)?;
        self.opened.push(opened);
        Ok(image)
    }

    /// The image of a module, likewise, that is not in a file of the host's.
    pub(crate) fn open_bytes(&mut self, name: &Path, bytes: &[u8]) -> anyhow::Result<Image> {
        check_binary(name, bytes)?;
        let wanted = Use { before: None, how: how(name, &self.options), file: name };
        let (image, opened) = self.find_or_make(&wanted, bytes)?;
        self.opened.push(opened);
        Ok(image)
    }

    /// What the artifact of the module in `file` is kept under.
    pub(crate) fn inputs(&self, file: &Path) -> anyhow::Result<Inputs> {
        if let Some(source) = self.known_source(metadata(file).as_ref()) {
            return Ok(inputs(file, &source, &self.options));
        }
        let bytes = input::read(file)?;
        ensure!(input::kind(&bytes) != Kind::Object, "'{}' is an object, compiled already", file.display());
        Ok(inputs(file, &Source::of(&bytes), &self.options))
    }

    fn try_open(&self, file: &Path, may_be_object: bool) -> anyhow::Result<(Image, Opened)> {
        // A module that was run before is not even opened.
        let wanted = Use { before: metadata(file), how: how(file, &self.options), file };
        let before = wanted.before.as_ref();
        if let Some(cache) = &self.cache {
            if let Some(found) = wanted.recall(cache) {
                return Ok(found);
            }
            if let Some(source) = self.known_source(before)
                && let Some(found) =
                    wanted.find(cache, &source, &wasmc_cache::key(&inputs(file, &source, &self.options)))
            {
                return Ok(found);
            }
        }
        if may_be_object && before.is_some() && is_object(file)? {
            let bytes = before.map_or(0, |metadata| metadata.len());
            return Ok((wasmrun::open(file)?, object(file, bytes)));
        }
        let bytes = input::read(file)?;
        if !may_be_object {
            check_binary(file, &bytes)?;
        }
        if input::kind(&bytes) == Kind::Object {
            let image = Image::from_bytes(&bytes).context("cannot load what standard input gives")?;
            return Ok((image, object(file, bytes.len() as u64)));
        }
        self.find_or_make(&wanted, &bytes)
    }

    /// What was made of a module before, or what is made of it now.
    fn find_or_make(&self, wanted: &Use<'_>, bytes: &[u8]) -> anyhow::Result<(Image, Opened)> {
        let (file, before) = (wanted.file, wanted.before.as_ref());
        let Some(cache) = &self.cache else {
            if self.settings.is_enabled.value && self.settings.directory.value.is_none() {
                say("wasmc: warning: there is no home directory to keep a cache in; nothing is kept \
                     (WASMC_CACHE_DIR names another place)");
            }
            let (artifact, time) = self.compile(file, bytes)?;
            return Ok((Image::from_bytes(&artifact)?, compiled(file, None, &artifact, time, false)));
        };
        let source = note_source(cache, file, before, bytes);
        let inputs = inputs(file, &source, &self.options);
        let key = wasmc_cache::key(&inputs);
        if let Some(found) = wanted.find(cache, &source, &key) {
            return Ok(found);
        }
        let _lock = progress::wait(file, || cache.lock(&key));
        // Whoever had the lock has made it.
        if let Some(found) = wanted.find(cache, &source, &key) {
            return Ok(found);
        }
        self.make(cache, wanted, &source, bytes, &inputs)
    }

    /// Compiles a module that is not in the cache, keeps the artifact, and opens it.
    fn make(
        &self,
        cache: &Cache,
        wanted: &Use<'_>,
        source: &Source,
        bytes: &[u8],
        inputs: &Inputs,
    ) -> anyhow::Result<(Image, Opened)> {
        let file = wanted.file;
        let key = wasmc_cache::key(inputs);
        let wanted_bytes = ARTIFACT_BYTES_MIN + ARTIFACT_GROWTH * bytes.len() as u64;
        let room = self.make_room(cache, key, wanted_bytes);
        let (artifact, time) = self.compile(file, bytes)?;
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let stored = cache.store(inputs, &name, &artifact);
        // Most often it was made long ago; if much has to go, the thread goes on while the program runs.
        let _ = room.recv_timeout(ROOM_PATIENCE);
        if artifact.len() as u64 > wanted_bytes {
            let _ = self.make_room(cache, key, 0).recv_timeout(ROOM_PATIENCE);
        }
        match stored {
            Ok(stored) => {
                let size_bytes = artifact.len() as u64;
                let found = Found { file: stored, size_bytes, directory: cache.directory() };
                wanted.remember(cache, source, &key, &found);
                Ok((Image::from_file(found.file)?, compiled(file, Some(key), &artifact, time, true)))
            }
            // The program still runs.
            Err(error) => {
                say(&format!("wasmc: warning: {error}; nothing is kept"));
                Ok((Image::from_bytes(&artifact)?, compiled(file, Some(key), &artifact, time, false)))
            }
        }
    }

    /// Makes room in the cache for so many bytes under the key, beside other work. Says nothing, and hangs up when it is
    /// done.
    fn make_room(&self, cache: &Cache, key: Key, wanted_bytes: u64) -> Receiver<()> {
        let (done, until_done) = channel::<()>();
        let (cache, settings) = (cache.clone(), self.settings.clone());
        let work = move || {
            cache.make_room(&settings.limit(&cache), &key, wanted_bytes);
            drop(done);
        };
        // Without a thread to spare, it is left to the next.
        let _ = std::thread::Builder::new().name("cache".to_owned()).spawn(work);
        until_done
    }

    fn compile(&self, file: &Path, bytes: &[u8]) -> anyhow::Result<(Vec<u8>, Duration)> {
        let start = Instant::now();
        let module = input::module(file, bytes)?;
        let compile =
            || progress::watch(file, |progress| wasmc_compiler::compile_watched(&module, &self.options, progress));
        let artifact = with_threads(self.threads, compile)?;
        let artifact = artifact.map_err(|error| input::compile_error(file, &module, error))?;
        Ok((artifact.into_bytes(), start.elapsed()))
    }

    /// The source that is noted of a file that has not changed since.
    fn known_source(&self, metadata: Option<&Metadata>) -> Option<Source> {
        Source::parse(&self.cache.as_ref()?.known_hash(metadata?)?)
    }
}

/// The source that `bytes` are, which is noted if the file is still the one that they were read from.
fn note_source(cache: &Cache, file: &Path, before: Option<&Metadata>, bytes: &[u8]) -> Source {
    let source = Source::of(bytes);
    if let (Some(before), Some(after)) = (before, metadata(file))
        && Stamp::of(before) == Stamp::of(&after)
    {
        cache.note_hash(&after, &source.to_string());
    }
    source
}

/// How long a run that has compiled waits for the cache to be below its limit.
const ROOM_PATIENCE: Duration = Duration::from_millis(10);

/// How long an artifact is at least,
const ARTIFACT_BYTES_MIN: u64 = 32 << 10;
/// and how much longer than its module, as a rule.
const ARTIFACT_GROWTH: u64 = 2;

/// What the system knows of a file that can be looked at again.
fn metadata(file: &Path) -> Option<Metadata> {
    if input::is_standard(file) { None } else { fs::metadata(file).ok().filter(Metadata::is_file) }
}

/// A use of a file, as the cache notes it.
struct Use<'a> {
    file: &'a Path,
    before: Option<Metadata>,
    /// What the artifact depends on besides the module.
    how: u64,
}

impl Use<'_> {
    /// The entry that the file led to when it was last used like this.
    fn recall(&self, cache: &Cache) -> Option<(Image, Opened)> {
        let (key, found) = cache.recall(self.before.as_ref()?, self.how)?;
        load(self.file, &key, found)
    }

    /// The entry under `key`. One that does not load is as good as none.
    fn find(&self, cache: &Cache, source: &Source, key: &Key) -> Option<(Image, Opened)> {
        let found = cache.find(key)?;
        self.remember(cache, source, key, &found);
        let loaded = load(self.file, key, found);
        if loaded.is_none() {
            cache.remove(key);
        }
        loaded
    }

    /// Notes it, unless another module was read than that of which it was noted what it contains: the file was replaced
    /// meanwhile.
    fn remember(&self, cache: &Cache, source: &Source, key: &Key, found: &Found<'_>) {
        if let Some(before) = &self.before {
            cache.remember(before, &source.to_string(), self.how, key, found);
        }
    }
}

/// The image of an entry; `None` if it does not load.
fn load(file: &Path, key: &Key, found: Found<'_>) -> Option<(Image, Opened)> {
    let Found { file: artifact, size_bytes, directory } = found;
    let image = Image::from_file(artifact).ok()?;
    let way = Way::Found(directory.to_owned());
    Some((image, Opened { file: file.to_owned(), way, key: Some(*key), bytes: size_bytes }))
}

fn object(file: &Path, bytes: u64) -> Opened {
    Opened { file: file.to_owned(), way: Way::Object, key: None, bytes }
}

fn compiled(file: &Path, key: Option<Key>, artifact: &[u8], time: Duration, is_kept: bool) -> Opened {
    let way = Way::Compiled { time, is_kept };
    Opened { file: file.to_owned(), way, key, bytes: artifact.len() as u64 }
}

/// Refuses what is not a module in binary form.
fn check_binary(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    ensure!(input::kind(bytes) == Kind::Wasm, "'{}' is not a WebAssembly module", file.display());
    Ok(())
}

fn is_object(file: &Path) -> anyhow::Result<bool> {
    let mut magic = [0; 4];
    let mut opened = File::open(file).with_context(|| format!("cannot read '{}'", file.display()))?;
    Ok(opened.read_exact(&mut magic).is_ok() && input::kind(&magic) == Kind::Object)
}
