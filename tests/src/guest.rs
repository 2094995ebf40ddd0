//! A guest that does nothing but call WASI's functions, each when and as a test says.

use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};
use wasmc_loader::{Image, Instance, Linker, Outcome, Store, StoreOptions, Value};
use wasmc_wasi::{MODULE, WasiBuilder};

/// Every function that returns an error number, and its parameters: `i` for an `i32`, `l` for an `i64`.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_raise", "i"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// How many pages the guest's memory has.
pub const PAGES: u64 = 2;

/// An instance that exports what it imports.
pub struct Guest {
    store: Store,
    instance: Instance,
}

impl Guest {
    /// A guest that has been given what `builder` says.
    pub fn new(builder: WasiBuilder) -> Result<Self> {
        static IMAGE: OnceLock<Result<Image, String>> = OnceLock::new();
        let image = IMAGE.get_or_init(|| compile().map_err(|error| format!("{error:#}")));
        let image = image.as_ref().map_err(|message| anyhow!("{message}"))?;
        let mut linker = Linker::new();
        builder.build()?.add_module(&mut linker, MODULE)?;
        let mut store = Store::new(StoreOptions::default())?;
        let instance = linker.instantiate(&mut store, image)?;
        Ok(Self { store, instance })
    }

    /// Calls a function with the low bits of `arguments`, and gives its error number.
    pub fn call(&mut self, name: &str, arguments: &[u64]) -> Result<i32> {
        let (_, parameters) = FUNCTIONS.iter().find(|(known, _)| *known == name).context("no such function")?;
        let arguments: Vec<Value> = std::iter::zip(parameters.bytes(), arguments)
            .map(|(kind, bits)| match kind {
                b'i' => Value::I32(*bits as i32),
                _ => Value::I64(bits.cast_signed()),
            })
            .collect();
        let function = self.instance.function(&self.store, name).context("an export")?;
        match function.call(&mut self.store, &arguments)? {
            Outcome::Returned(values) => match values[..] {
                [Value::I32(number)] => Ok(number),
                _ => bail!("{name} gave {values:?}"),
            },
            other => bail!("{name}: {other:?}"),
        }
    }

    /// As [`Self::call`]; an error if the error number is not 0.
    pub fn succeed(&mut self, name: &str, arguments: &[u64]) -> Result<()> {
        match self.call(name, arguments)? {
            0 => Ok(()),
            number => bail!("{name}: error number {number}"),
        }
    }

    /// Writes bytes to the guest's memory.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Result<()> {
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        Ok(memory.write(&mut self.store, address, bytes)?)
    }

    /// Gives the guest's memory more pages.
    pub fn grow(&mut self, pages: u64) -> Result<()> {
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        memory.grow(&mut self.store, pages)?;
        Ok(())
    }

    /// Bytes of the guest's memory.
    pub fn read<const COUNT: usize>(&self, address: u64) -> Result<[u8; COUNT]> {
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        let mut bytes = [0; COUNT];
        memory.read(&self.store, address, &mut bytes)?;
        Ok(bytes)
    }

    /// A number in the guest's memory.
    pub fn read_u32(&self, address: u64) -> Result<u32> {
        Ok(u32::from_le_bytes(self.read(address)?))
    }

    /// Opens `path`, which symbolic links may lead to, for reading: the descriptor or the error number.
    pub fn open(&mut self, folder: u32, path: &str) -> Result<Result<u32, i32>> {
        const PATH: u64 = 1024;
        const RESULT: u64 = 512;
        const FD_READ: u64 = 2;
        self.write(PATH, path.as_bytes())?;
        let length = path.len() as u64;
        match self.call("path_open", &[folder.into(), 1, PATH, length, 0, FD_READ, 0, 0, RESULT])? {
            0 => Ok(Ok(self.read_u32(RESULT)?)),
            number => Ok(Err(number)),
        }
    }

    /// Makes a file at `path` and opens it for writing: the descriptor or the error number.
    pub fn create(&mut self, folder: u32, path: &str) -> Result<Result<u32, i32>> {
        const PATH: u64 = 1024;
        const RESULT: u64 = 512;
        const CREATE: u64 = 1;
        const FD_WRITE: u64 = 1 << 6;
        self.write(PATH, path.as_bytes())?;
        let length = path.len() as u64;
        match self.call("path_open", &[folder.into(), 1, PATH, length, CREATE, FD_WRITE, 0, 0, RESULT])? {
            0 => Ok(Ok(self.read_u32(RESULT)?)),
            number => Ok(Err(number)),
        }
    }

    /// What one call reads from `descriptor`: at most 64 bytes.
    pub fn read_descriptor(&mut self, descriptor: u32) -> Result<Vec<u8>> {
        const BYTES: u32 = 4096;
        self.write(0, &BYTES.to_le_bytes())?;
        self.write(4, &64_u32.to_le_bytes())?;
        self.succeed("fd_read", &[descriptor.into(), 0, 1, 8])?;
        let length = self.read_u32(8)? as usize;
        Ok(self.read::<64>(BYTES.into())?[..length].to_vec())
    }

    /// Writes `bytes` to `descriptor` by one call, and gives how many it took.
    pub fn write_descriptor(&mut self, descriptor: u32, bytes: &[u8]) -> Result<Result<u32, i32>> {
        const BYTES: u32 = 4096;
        self.write(BYTES.into(), bytes)?;
        self.write(0, &BYTES.to_le_bytes())?;
        self.write(4, &u32::try_from(bytes.len())?.to_le_bytes())?;
        match self.call("fd_write", &[descriptor.into(), 0, 1, 8])? {
            0 => Ok(Ok(self.read_u32(8)?)),
            number => Ok(Err(number)),
        }
    }
}

fn compile() -> Result<Image> {
    let mut imports = String::new();
    let mut exports = String::new();
    for (name, parameters) in FUNCTIONS {
        let types = parameters.chars().map(|kind| if kind == 'i' { " i32" } else { " i64" }).collect::<String>();
        imports.push_str(&format!("(import \"{MODULE}\" \"{name}\" (func ${name} (param{types}) (result i32)))\n"));
        exports.push_str(&format!("(export \"{name}\" (func ${name}))\n"));
    }
    let text = format!("(module {imports} (memory (export \"memory\") {PAGES}) {exports})");
    let artifact = wasmc_compiler::compile(&wat::parse_str(text)?, &crate::compile_options())?;
    Ok(Image::from_bytes(artifact.bytes())?)
}
