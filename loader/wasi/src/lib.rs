//! WASI preview 1 on the loader's public API: what a program that was compiled for WASI imports.
//!
//! ```text
//! WasiBuilder → Wasi → Linker
//! ```
//!
//! A [`WasiBuilder`] says what a program is given; nothing else of the host can be reached. Each family of functions
//! is a file; the table of all of them is at the end of this one. Bytes of files and streams go
//! straight between guest memory and the system. A pointer that leads out of memory gives `EFAULT`, never a panic.
#![forbid(unsafe_code)]
#![cfg_attr(
    windows,
    allow(
        clippy::needless_question_mark,
        clippy::useless_conversion,
        reason = "the system's errors are of another type elsewhere"
    )
)]

use std::sync::Arc;

use wasmc_loader::{Caller, DefineError, GuestMemory, HostError, Image, Linker, TrapCode};

mod args;
mod clock;
mod context;
mod descriptor;
mod directory;
mod errno;
mod file;
mod host;
mod kept;
mod path;
mod place;
mod poll;
mod posix;
mod process;
mod random;
mod socket;
mod system;
mod threads;
mod tree;
mod types;

pub use context::{Access, WasiBuilder, WasiError};
pub use descriptor::Output;
pub use errno::Errno;
pub use kept::{HostMemory, Kept};
pub use posix::{At, Buffers, Family, FileTime, Interest, Lookup, Mapping, Posix, Room, Start, Status, flags};
pub use threads::{Threads, ThreadsBuilder, ThreadsError, Work};
pub use tree::MemoryDirectory;

use context::Context;
use types::Version;

/// The module that programs import from.
pub const MODULE: &str = "wasi_snapshot_preview1";
/// Its older name. A few structures are laid out differently there.
pub const MODULE_UNSTABLE: &str = "wasi_unstable";

/// What one program has been given. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Wasi {
    context: Arc<Context>,
}

/// The table of functions, by the files that they are in: `name(parameters)`. What `versioned` functions do depends on the
/// module's version; `special` ones are closures. Makes `NAMES`, and `define`, which defines one of them.
macro_rules! functions {
    ($linker:ident, $module:ident, $version:ident, $context:ident;
     plain { $($family:ident { $($name:ident($($parameter:ident: $type:ty),*);)* })* }
     versioned { $($versioned:ident { $($versioned_name:ident($($versioned_parameter:ident: $versioned_type:ty),*);)* })* }
     special { $($special_name:ident: $special:expr;)* }
    ) => {
        /// What the interface has, in both versions.
        const NAMES: &[&str] =
            &[$($(stringify!($name),)*)* $($(stringify!($versioned_name),)*)* $(stringify!($special_name)),*];

        impl Wasi {
            /// Defines the function `name` of `module`, if the interface has it.
            fn define(
                &self,
                $linker: &mut Linker,
                $module: &str,
                $version: Version,
                name: &str,
            ) -> Result<(), DefineError> {
                let $context = Arc::clone(&self.context);
                match name {
                    $($(stringify!($name) => {
                        $linker.function($module, name, move |caller: &mut Caller<'_>, $($parameter: $type),*| {
                            run(caller, |memory| $family::$name(&$context, memory, $($parameter),*))
                        })?;
                    })*)*
                    $($(stringify!($versioned_name) => {
                        $linker.function(
                            $module,
                            name,
                            move |caller: &mut Caller<'_>, $($versioned_parameter: $versioned_type),*| {
                                run(caller, |memory| {
                                    $versioned::$versioned_name(&$context, memory, $version, $($versioned_parameter),*)
                                })
                            },
                        )?;
                    })*)*
                    $(stringify!($special_name) => {
                        $linker.function($module, name, $special)?;
                    })*
                    _ => {}
                }
                Ok(())
            }
        }
    };
}

/// Runs one function, and gives its error number to the program. A system call that a signal cut short has done
/// nothing yet: unless the program is to be stopped, it is made again.
fn run(caller: &Caller<'_>, function: impl Fn(&GuestMemory<'_>) -> Result<(), Errno>) -> Result<i32, HostError> {
    let memory = caller.memory().ok_or("the program calls WASI, but has no memory")?;
    loop {
        match function(&memory) {
            Ok(()) => return Ok(0),
            Err(Errno::Intr) if caller.interrupted() => return Err(HostError::Trap(TrapCode::Interrupted)),
            Err(Errno::Intr) => {}
            Err(error) => return Ok(error.number().into()),
        }
    }
}

impl Wasi {
    /// What the host keeps for the program: to be bounded by its store's budget, and for what other hosts keep for it.
    pub fn host_memory(&self) -> &HostMemory {
        &self.context.host_memory
    }

    /// Defines every function of both versions of the interface.
    ///
    /// # Errors
    ///
    /// If one of them is defined already.
    pub fn add_to_linker(&self, linker: &mut Linker) -> Result<(), DefineError> {
        self.add_module(linker, MODULE)?;
        self.add_module(linker, MODULE_UNSTABLE)
    }

    /// Defines every function of the version that is imported from `module`, one of [`MODULE`] and
    /// [`MODULE_UNSTABLE`]; nothing for any other.
    ///
    /// # Errors
    ///
    /// If one of them is defined already.
    pub fn add_module(&self, linker: &mut Linker, module: &str) -> Result<(), DefineError> {
        let Some(version) = version(module) else { return Ok(()) };
        NAMES.iter().try_for_each(|name| self.define(linker, module, version, name))
    }

    /// Defines those functions that `image` imports and `linker` does not define yet: less work than all of them.
    pub fn add_imported(&self, linker: &mut Linker, image: &Image) {
        for (module, field) in image.import_names() {
            if let Some(version) = version(module) {
                // One that is defined already stays.
                let _ = self.define(linker, module, version, field);
            }
        }
    }
}

/// Whether programs import the interface from this module.
pub fn is_module(module: &str) -> bool {
    version(module).is_some()
}

/// Which version of the interface is imported from `module`.
fn version(module: &str) -> Option<Version> {
    match module {
        MODULE => Some(Version::Preview1),
        MODULE_UNSTABLE => Some(Version::Unstable),
        _ => None,
    }
}

functions! {
    linker, module, version, context;
    plain {
    args {
        args_get(argv: u32, block: u32);
        args_sizes_get(count: u32, size: u32);
        environ_get(environ: u32, block: u32);
        environ_sizes_get(count: u32, size: u32);
    }
    clock {
        clock_res_get(id: u32, result: u32);
        clock_time_get(id: u32, precision: u64, result: u32);
    }
    directory {
        fd_prestat_dir_name(descriptor: u32, buffer: u32, length: u32);
        fd_prestat_get(descriptor: u32, result: u32);
        fd_readdir(descriptor: u32, buffer: u32, length: u32, cookie: u64, result: u32);
    }
    file {
        fd_advise(descriptor: u32, offset: u64, length: u64, advice: u32);
        fd_allocate(descriptor: u32, offset: u64, length: u64);
        fd_close(descriptor: u32);
        fd_datasync(descriptor: u32);
        fd_fdstat_get(descriptor: u32, result: u32);
        fd_fdstat_set_flags(descriptor: u32, flags: u32);
        fd_fdstat_set_rights(descriptor: u32, rights: u64, rights_inheriting: u64);
        fd_filestat_set_size(descriptor: u32, size: u64);
        fd_filestat_set_times(descriptor: u32, accessed: u64, modified: u64, flags: u32);
        fd_pread(descriptor: u32, vectors: u32, count: u32, offset: u64, result: u32);
        fd_pwrite(descriptor: u32, vectors: u32, count: u32, offset: u64, result: u32);
        fd_read(descriptor: u32, vectors: u32, count: u32, result: u32);
        fd_renumber(from: u32, to: u32);
        fd_sync(descriptor: u32);
        fd_tell(descriptor: u32, result: u32);
        fd_write(descriptor: u32, vectors: u32, count: u32, result: u32);
    }
    path {
        path_create_directory(descriptor: u32, path: u32, length: u32);
        path_filestat_set_times(descriptor: u32, lookup: u32, path: u32, length: u32, accessed: u64, modified: u64, flags: u32);
        path_link(descriptor: u32, lookup: u32, path: u32, length: u32, new_descriptor: u32, new_path: u32, new_length: u32);
        path_open(descriptor: u32, lookup: u32, path: u32, length: u32, flags: u32, rights: u64, rights_inheriting: u64, descriptor_flags: u32, result: u32);
        path_readlink(descriptor: u32, path: u32, length: u32, buffer: u32, buffer_length: u32, result: u32);
        path_remove_directory(descriptor: u32, path: u32, length: u32);
        path_rename(descriptor: u32, path: u32, length: u32, new_descriptor: u32, new_path: u32, new_length: u32);
        path_symlink(contents: u32, contents_length: u32, descriptor: u32, path: u32, length: u32);
        path_unlink_file(descriptor: u32, path: u32, length: u32);
    }
    process {
        proc_raise(signal: u32);
        sched_yield();
    }
    random {
        random_get(buffer: u32, length: u32);
    }
    socket {
        sock_accept(descriptor: u32, flags: u32, result: u32);
        sock_recv(descriptor: u32, vectors: u32, count: u32, flags: u32, result: u32, result_flags: u32);
        sock_send(descriptor: u32, vectors: u32, count: u32, flags: u32, result: u32);
        sock_shutdown(descriptor: u32, how: u32);
    }
    }
    versioned {
    file {
        fd_filestat_get(descriptor: u32, result: u32);
        fd_seek(descriptor: u32, offset: i64, whence: u32, result: u32);
    }
    path {
        path_filestat_get(descriptor: u32, lookup: u32, path: u32, length: u32, result: u32);
    }
    }
    special {
        poll_oneoff: move |caller: &mut Caller<'_>, subscriptions: u32, events: u32, count: u32, result: u32| {
            let patience = || !caller.interrupted();
            run(caller, |memory| {
                poll::poll_oneoff(&context, memory, version, &patience, subscriptions, events, count, result)
            })
        };
        proc_exit: |_: &mut Caller<'_>, status: u32| Err::<(), HostError>(HostError::Exit(status.cast_signed()));
    }
}
