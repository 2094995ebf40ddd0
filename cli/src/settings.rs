//! What holds for the cache: a flag before an environment variable before the configuration file before the default.
//!
//! Nothing here knows of commands: [`Settings::resolve`] with no flags is what any other entry to the program needs.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use wasmc_cache::{Cache, Limit};
use wasmrun::Size;
use wasmrun::process::UsageError;

/// Flags that come before everything else.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cache")]
pub(crate) struct Flags {
    /// Keep what is compiled in DIR.
    ///
    /// Or WASMC_CACHE_DIR, or `directory` in the configuration file; if nothing is said, `wasmc` in the directory that the
    /// system has for caches.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) cache_dir: Option<PathBuf>,

    /// How much the cache may take (as in 512M or 2G): what was not used for longest goes first.
    ///
    /// Or WASMC_CACHE_MAX_SIZE, or `max-size` in the configuration file; if nothing is said, 2G or a tenth of the free
    /// disk, whichever is less.
    #[arg(long, value_name = "SIZE", global = true)]
    pub(crate) cache_max_size: Option<Size>,

    /// Look into the cache in DIR as well, and never write to it. Can be given several times.
    ///
    /// Or WASMC_CACHE_LAYERS, with colons between, or `layers` in the configuration file. Nobody but its owner may be
    /// able to write to it.
    #[arg(long = "cache-layer", value_name = "DIR", global = true)]
    pub(crate) cache_layers: Vec<PathBuf>,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Variable(&'static str),
    File(PathBuf),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => formatter.write_str(name),
            Self::File(file) => write!(formatter, "{}", file.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// A value, and who says so.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// All settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The configuration file, if there is a place for it, and whether it is there.
    pub(crate) file: Option<(PathBuf, bool)>,
    /// Whether a cache is used at all.
    pub(crate) is_enabled: Setting<bool>,
    /// `None` where the system has no place.
    pub(crate) directory: Setting<Option<PathBuf>>,
    /// `None`: it depends on the disk.
    pub(crate) max_size: Setting<Option<Size>>,
    pub(crate) layers: Setting<Vec<PathBuf>>,
}

impl Settings {
    /// Reads the environment and the configuration file. `is_refused`: --no-cache is given.
    pub(crate) fn resolve(flags: &Flags, is_refused: bool) -> anyhow::Result<Self> {
        let (place, file) = read_file()?;
        let origin = || Origin::File(place.clone().unwrap_or_default());
        let beside = |path: PathBuf| place.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).join(path);
        let is_there = file.is_some();
        let file = file.unwrap_or_default().cache;
        let from_file =
            |path: Option<PathBuf>| path.map(|path| Setting { value: Some(beside(path)), origin: origin() });
        let layers = Some(flags.cache_layers.clone()).filter(|layers| !layers.is_empty());
        Ok(Self {
            is_enabled: is_refused
                .then_some(Setting { value: false, origin: Origin::Flag("--no-cache") })
                .map_or_else(|| parsed("WASMC_CACHE", parse_switch), |setting| Ok(Some(setting)))?
                .or_else(|| file.enabled.map(|value| Setting { value, origin: origin() }))
                .unwrap_or(Setting { value: true, origin: Origin::Default }),
            directory: flag(flags.cache_dir.clone(), "--cache-dir")
                .or_else(|| variable("WASMC_CACHE_DIR").map(|setting| setting.map(PathBuf::from)))
                .map(|setting| setting.map(Some))
                .or_else(|| from_file(file.directory))
                .unwrap_or_else(|| Setting { value: standard_cache(), origin: Origin::Default }),
            max_size: match flag(flags.cache_max_size, "--cache-max-size") {
                None => parsed("WASMC_CACHE_MAX_SIZE", |text| text.parse::<Size>().map_err(str::to_owned))?,
                setting => setting,
            }
            .map(|setting| setting.map(Some))
            .or_else(|| file.max_size.map(|size| Setting { value: Some(size.0), origin: origin() }))
            .unwrap_or(Setting { value: None, origin: Origin::Default }),
            layers: flag(layers, "--cache-layer")
                .or_else(|| variable("WASMC_CACHE_LAYERS").map(|setting| setting.map(split)))
                .or_else(|| {
                    let layers = file.layers?.into_iter().map(beside).collect();
                    Some(Setting { value: layers, origin: origin() })
                })
                .unwrap_or(Setting { value: Vec::new(), origin: Origin::Default }),
            file: place.map(|place| (place, is_there)),
        })
    }

    /// The cache, whether or not programs are to use it.
    pub(crate) fn cache(&self) -> Option<Cache> {
        /// Where nothing can be made: layers are of use without a place to write to.
        const NOWHERE: &str = "/dev/null";
        let nowhere = (!self.layers.value.is_empty()).then(|| PathBuf::from(NOWHERE));
        let directory = self.directory.value.clone().or(nowhere)?;
        Some(Cache::new(directory).with_layers(self.layers.value.clone()))
    }

    /// How much the cache may take now.
    pub(crate) fn limit(&self, cache: &Cache) -> Limit {
        let bytes =
            self.max_size.value.map_or_else(|| wasmc_cache::default_limit_bytes(cache.directory()), |size| size.0);
        let build = crate::cache::inputs::build().map(|(name, value)| (name.to_owned(), value)).collect();
        Limit { bytes, build }
    }
}

impl<T> Setting<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: change(self.value), origin: self.origin }
    }
}

/// What a configuration file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    cache: CacheTable,
}

/// `[cache]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CacheTable {
    enabled: Option<bool>,
    directory: Option<PathBuf>,
    max_size: Option<FileSize>,
    layers: Option<Vec<PathBuf>>,
}

/// Bytes, or a text with a unit.
#[derive(Clone, Copy, Debug)]
struct FileSize(Size);

impl<'de> Deserialize<'de> for FileSize {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a size, as in \"512M\" or \"2G\"")]
        enum Form {
            Bytes(u64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Bytes(bytes) => Ok(Self(Size(bytes))),
            Form::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

/// Where the configuration file has to be, and what it says if it is there.
fn read_file() -> anyhow::Result<(Option<PathBuf>, Option<File>)> {
    let named = std::env::var_os("WASMC_CONFIG");
    let place = match &named {
        // Set to nothing: no file is read.
        Some(name) if name.is_empty() => None,
        Some(name) => Some(PathBuf::from(name)),
        None => standard("XDG_CONFIG_HOME", CONFIG_HOME).map(|folder| folder.join("wasmc/config.toml")),
    };
    let Some(place) = place else { return Ok((None, None)) };
    let text = match std::fs::read_to_string(&place) {
        Ok(text) => text,
        Err(error) if named.is_none() && is_absent(&error) => return Ok((Some(place), None)),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read the configuration file '{}'", place.display()));
        }
    };
    let file = toml::from_str(&text).with_context(|| format!("in the configuration file '{}'", place.display()))?;
    Ok((Some(place), Some(file)))
}

/// Nobody has put a file there, or nobody could.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied)
}

/// The variable that names the home directory;
#[cfg(not(windows))]
const HOME: &str = "HOME";
#[cfg(windows)]
const HOME: &str = "USERPROFILE";
/// below it, where the system keeps caches,
#[cfg(not(any(target_os = "macos", windows)))]
const CACHE_HOME: &str = ".cache";
#[cfg(target_os = "macos")]
const CACHE_HOME: &str = "Library/Caches";
#[cfg(windows)]
const CACHE_HOME: &str = "AppData\\Local";
/// and configuration.
#[cfg(not(any(target_os = "macos", windows)))]
const CONFIG_HOME: &str = ".config";
#[cfg(target_os = "macos")]
const CONFIG_HOME: &str = "Library/Application Support";
#[cfg(windows)]
const CONFIG_HOME: &str = "AppData\\Roaming";

fn standard_cache() -> Option<PathBuf> {
    standard("XDG_CACHE_HOME", CACHE_HOME).map(|folder| folder.join("wasmc"))
}

/// The folder that `name` says, or the one below the home directory.
fn standard(name: &str, below_home: &str) -> Option<PathBuf> {
    // The specification has others ignored.
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(name).or_else(|| absolute(HOME).map(|home| home.join(below_home)))
}

fn flag<T>(value: Option<T>, name: &'static str) -> Option<Setting<T>> {
    value.map(|value| Setting { value, origin: Origin::Flag(name) })
}

/// A variable that is set, and not to nothing.
fn variable(name: &'static str) -> Option<Setting<OsString>> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(Setting { value, origin: Origin::Variable(name) })
}

fn parsed<T>(name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> anyhow::Result<Option<Setting<T>>> {
    let Some(Setting { value, origin }) = variable(name) else { return Ok(None) };
    match parse(&value.to_string_lossy()) {
        Ok(value) => Ok(Some(Setting { value, origin })),
        Err(error) => Err(UsageError(format!("{name} is '{}': {error}", value.display())).into()),
    }
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" => Ok(false),
        _ => Err("expected `on` or `off`".to_owned()),
    }
}

fn split(paths: OsString) -> Vec<PathBuf> {
    std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_may() {
        let read = |text: &str| toml::from_str::<File>(text).map(|file| file.cache);
        let table = read("[cache]\nenabled = false\ndirectory = \"x\"\nmax-size = \"1.5G\"\nlayers = [\"a\", \"b\"]")
            .expect("it is well-formed");
        assert_eq!(table.enabled, Some(false));
        assert_eq!(table.max_size.map(|size| size.0), Some(Size(3 << 29)));
        assert_eq!(table.layers.map(|layers| layers.len()), Some(2));
        assert_eq!(read("[cache]\nmax-size = 4096").ok().and_then(|table| table.max_size?.0.0.into()), Some(4096));
        assert!(read("").is_ok());
        for (wrong, word) in [
            ("[cache]\nmax_size = 1", "max_size"),
            ("[cash]", "cash"),
            ("[cache]\nmax-size = \"many\"", "unit"),
            ("[cache]\nmax-size = true", "size"),
            ("[cache]\nenabled = 1", "boolean"),
        ] {
            let error = read(wrong).expect_err(wrong).to_string();
            assert!(error.contains(word), "{wrong}: {error}");
        }
    }
}
