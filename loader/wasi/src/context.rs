//! What a program is given: arguments, environment, streams, directories; and the builder that says so.
//!
//! Nothing is granted that the builder was not told to grant.

use crate::system::fd::{GivenFile, GivenSocket};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::{error, fmt, io};

use crate::args::Strings;
use crate::clock::Clock;
use crate::descriptor::{Handle, Object, Output, Table};
use crate::directory::Directory;
use crate::kept::HostMemory;
use crate::place::Place;
use crate::random::Random;
use crate::tree::MemoryDirectory;
use crate::{Wasi, file, tree};

/// All that host functions work on. Shared by every function, and by every thread of a program.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) arguments: Strings,
    pub(crate) environment: Strings,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) table: Table,
    /// What is kept for the program.
    pub(crate) host_memory: HostMemory,
}

/// What a program may do below a granted directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Look at what is there.
    ReadOnly,
    /// And create, change, rename and remove it.
    ReadWrite,
}

/// Why a program's environment could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum WasiError {
    /// A granted directory could not be opened.
    Directory {
        /// Its path on the host.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// An argument or environment variable contains a NUL byte, or a variable's name an `=`.
    String(OsString),
    /// Arguments or environment are longer than a program could address.
    TooLong,
    /// What was granted cannot be one tree of files: its names do not fit together.
    Tree,
}

impl fmt::Display for WasiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path, error } => {
                write!(formatter, "cannot open directory '{}': {error}", path.display())
            }
            Self::String(string) => write!(formatter, "{string:?} cannot be passed to a program"),
            Self::TooLong => formatter.write_str("the arguments or the environment are too long"),
            Self::Tree => formatter.write_str("the names of the directories cannot be parts of one tree"),
        }
    }
}

impl error::Error for WasiError {}

/// Where a standard stream leads.
#[derive(Debug)]
enum Stream {
    Null,
    Inherited,
    File(GivenFile),
    Input(Vec<u8>),
    Output(Output),
}

/// A directory that is to be granted.
#[derive(Debug)]
enum Granted {
    Host(PathBuf),
    Memory(tree::Place),
}

impl Granted {
    fn open(self) -> Result<Place, WasiError> {
        let path = match self {
            Self::Memory(place) => return Ok(Place::Memory(place)),
            Self::Host(path) => path,
        };
        let opened = crate::host::open_granted(&path).and_then(|file| {
            if file.metadata()?.is_dir() { Ok(file) } else { Err(io::ErrorKind::NotADirectory.into()) }
        });
        opened.map(Place::Host).map_err(|error| WasiError::Directory { path, error })
    }
}

/// Says what a program is given. Without any call, that is nothing: no arguments, empty streams, no directory.
#[derive(Debug)]
#[must_use]
pub struct WasiBuilder {
    arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
    unfit: Option<OsString>,
    streams: [Stream; 3],
    directories: Vec<(Granted, String, Access)>,
    sockets: Vec<GivenSocket>,
    peers: Vec<(String, u16)>,
    clock: Clock,
    random: Random,
}

impl Default for WasiBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl WasiBuilder {
    /// Grants nothing.
    pub fn new() -> Self {
        Self {
            arguments: Vec::new(),
            environment: Vec::new(),
            unfit: None,
            streams: [Stream::Null, Stream::Null, Stream::Null],
            directories: Vec::new(),
            sockets: Vec::new(),
            peers: Vec::new(),
            clock: Clock::Host,
            random: Random::Host,
        }
    }

    /// Adds an argument; the first one is the program's own name.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        let bytes = crate::system::bytes(argument.into());
        if bytes.contains(&0) {
            self.unfit = Some(String::from_utf8_lossy(&bytes).into_owned().into());
        } else {
            self.arguments.push(bytes);
        }
        self
    }

    /// Adds arguments.
    pub fn arguments<A: Into<OsString>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::argument)
    }

    /// The program's own name, if it was given one that is UTF-8.
    pub fn program_name(&self) -> Option<&str> {
        std::str::from_utf8(self.arguments.first()?).ok()
    }

    /// Adds an environment variable, or sets one again that was added before.
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let (mut bytes, value) = (crate::system::bytes(name.into()), crate::system::bytes(value.into()));
        // Some systems have variables whose names start with the sign.
        if bytes.iter().skip(1).any(|byte| *byte == b'=') || bytes.contains(&0) || value.contains(&0) {
            self.unfit = Some(String::from_utf8_lossy(&bytes).into_owned().into());
            return self;
        }
        bytes.push(b'=');
        let earlier = self.environment.iter().position(|variable| variable.starts_with(&bytes));
        bytes.extend(value);
        match earlier {
            Some(index) => self.environment[index] = bytes,
            None => self.environment.push(bytes),
        }
        self
    }

    /// Adds an environment variable, unless one of that name was added before.
    pub fn default_environment(self, name: &str, value: &str) -> Self {
        let is_it =
            |variable: &Vec<u8>| variable.starts_with(name.as_bytes()) && variable.get(name.len()) == Some(&b'=');
        if self.environment.iter().any(is_it) { self } else { self.environment(name, value) }
    }

    /// Gives the program the standard streams of this process.
    pub fn inherit_stdio(mut self) -> Self {
        self.streams = [Stream::Inherited, Stream::Inherited, Stream::Inherited];
        self
    }

    /// Gives the program `bytes` to read from its standard input.
    pub fn stdin_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.streams[0] = Stream::Input(bytes.into());
        self
    }

    /// Gives the program a descriptor (a file, a pipe, a terminal) as its standard input.
    pub fn stdin_file(mut self, file: impl Into<GivenFile>) -> Self {
        self.streams[0] = Stream::File(file.into());
        self
    }

    /// Collects what the program writes to its standard output.
    pub fn stdout_bytes(mut self, output: &Output) -> Self {
        self.streams[1] = Stream::Output(output.clone());
        self
    }

    /// Gives the program a descriptor as its standard output.
    pub fn stdout_file(mut self, file: impl Into<GivenFile>) -> Self {
        self.streams[1] = Stream::File(file.into());
        self
    }

    /// Collects what the program writes to its standard error.
    pub fn stderr_bytes(mut self, output: &Output) -> Self {
        self.streams[2] = Stream::Output(output.clone());
        self
    }

    /// Gives the program a descriptor as its standard error.
    pub fn stderr_file(mut self, file: impl Into<GivenFile>) -> Self {
        self.streams[2] = Stream::File(file.into());
        self
    }

    /// Grants the host's directory `host`, and what is below it, under the name `guest`.
    pub fn directory(mut self, host: impl AsRef<Path>, guest: impl Into<String>, access: Access) -> Self {
        self.directories.push((Granted::Host(host.as_ref().to_owned()), guest.into(), access));
        self
    }

    /// Grants a directory in memory under the name `guest`.
    pub fn memory_directory(mut self, directory: &MemoryDirectory, guest: impl Into<String>, access: Access) -> Self {
        self.directories.push((Granted::Memory(directory.place()), guest.into(), access));
        self
    }

    /// Gives the program a socket, after the directories: a listening one to accept connections from, or a connection.
    pub fn socket(mut self, socket: impl Into<GivenSocket>) -> Self {
        self.sockets.push(socket.into());
        self
    }

    /// Gives the program a clock that starts at `nanoseconds` since the epoch and moves only when it is looked at, and
    /// when the program sleeps (which then takes no time).
    pub fn virtual_clock(mut self, nanoseconds: u64) -> Self {
        self.clock = Clock::Virtual(AtomicU64::new(nanoseconds));
        self
    }

    /// Gives the program the same random numbers at each run. They are no good for secrets.
    pub fn seeded_random(mut self, seed: u64) -> Self {
        self.random = Random::Seeded(Mutex::new(seed));
        self
    }

    /// Lets a program connect to `port` of `host`, a name or an address. WASI has no function for that; hosts that have
    /// some ask for it ([`Self::build_posix`]).
    pub fn connect_to(mut self, host: impl Into<String>, port: u16) -> Self {
        self.peers.push((host.into(), port));
        self
    }

    /// Opens what was granted.
    ///
    /// # Errors
    ///
    /// If a directory cannot be opened, or a string cannot be passed to a program.
    pub fn build(self) -> Result<Wasi, WasiError> {
        self.open()?.into_wasi(true)
    }

    pub(crate) fn open(self) -> Result<Parts, WasiError> {
        if let Some(string) = self.unfit {
            return Err(WasiError::String(string));
        }
        let streams = self.streams.into_iter().enumerate().map(|(number, stream)| open_stream(stream, number));
        let open = |(granted, guest, access): (Granted, String, Access)| {
            Ok((granted.open()?, guest, access == Access::ReadWrite))
        };
        Ok(Parts {
            streams: streams.collect(),
            directories: self.directories.into_iter().map(open).collect::<Result<_, WasiError>>()?,
            sockets: self.sockets.into_iter().map(|socket| Arc::new(Handle::owned(socket))).collect(),
            peers: self.peers,
            arguments: strings(&self.arguments)?,
            environment: strings(&self.environment)?,
            clock: self.clock,
            random: self.random,
            host_memory: HostMemory::default(),
        })
    }
}

/// What was granted, opened.
#[derive(Debug)]
pub(crate) struct Parts {
    streams: Vec<Object>,
    /// Directories, by the name that a program knows them by, and whether what is below may be changed.
    pub(crate) directories: Vec<(Place, String, bool)>,
    pub(crate) sockets: Vec<Arc<Handle>>,
    /// Hosts and ports that may be connected to.
    pub(crate) peers: Vec<(String, u16)>,
    arguments: Strings,
    environment: Strings,
    clock: Clock,
    random: Random,
    pub(crate) host_memory: HostMemory,
}

impl Parts {
    /// What programs work on; with `preopens`, directories and sockets are open from the start.
    pub(crate) fn into_wasi(self, preopens: bool) -> Result<Wasi, WasiError> {
        let mut objects = self.streams;
        if preopens {
            let directory = |(place, guest, mutable)| Object::Directory(Directory::new(place, Some(guest), mutable));
            objects.extend(self.directories.into_iter().map(directory));
            objects.extend(self.sockets.into_iter().map(Object::Socket));
        }
        let context = Context {
            arguments: self.arguments,
            environment: self.environment,
            clock: self.clock,
            random: self.random,
            table: Table::new(objects),
            host_memory: self.host_memory,
        };
        Ok(Wasi { context: Arc::new(context) })
    }
}

fn strings(list: &[Vec<u8>]) -> Result<Strings, WasiError> {
    let mut strings = Strings::default();
    for string in list {
        strings.push(string).ok_or(WasiError::TooLong)?;
    }
    Ok(strings)
}

fn open_stream(stream: Stream, number: usize) -> Object {
    match stream {
        Stream::Null if number == 0 => Object::Input(Mutex::new((Vec::new(), 0))),
        // What nobody takes is still written.
        Stream::Null => Object::Output(Output::discarding()),
        Stream::Inherited => Object::File(file::standard(number)),
        Stream::File(descriptor) => {
            Object::File(file::open(Handle::owned(descriptor), number == 0, number != 0, number != 0))
        }
        Stream::Input(bytes) => Object::Input(Mutex::new((bytes, 0))),
        Stream::Output(output) => Object::Output(output),
    }
}
