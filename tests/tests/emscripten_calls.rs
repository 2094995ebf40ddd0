//! Emscripten's system calls one by one: where structures lie in each release, files on the host, and whatever is passed.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use wasmc_emscripten::Emscripten;
use wasmc_loader::{Image, Instance, Linker, Outcome, Store, StoreOptions, Value};
use wasmc_tests::child;
use wasmc_tests::random::Random;
use wasmc_wasi::{Access, WasiBuilder};

/// Calls, and their parameters: `i` for an `i32`, `l` for an `i64`. Those that wait are not among them.
const CALLS: &[(&str, &str)] = &[
    ("__syscall_chdir", "i"),
    ("__syscall_chmod", "ii"),
    ("__syscall_dup", "i"),
    ("__syscall_dup3", "iii"),
    ("__syscall_faccessat", "iiii"),
    ("__syscall_fallocate", "iill"),
    ("__syscall_fchdir", "i"),
    ("__syscall_fchmod", "ii"),
    ("__syscall_fchownat", "iiiii"),
    ("__syscall_fcntl64", "iii"),
    ("__syscall_fstat64", "ii"),
    ("__syscall_fstatfs64", "iii"),
    ("__syscall_ftruncate64", "il"),
    ("__syscall_getcwd", "ii"),
    ("__syscall_getdents64", "iii"),
    ("__syscall_ioctl", "iii"),
    ("__syscall_linkat", "iiiii"),
    ("__syscall_lstat64", "ii"),
    ("__syscall_mkdirat", "iii"),
    ("__syscall_mknodat", "iiii"),
    ("__syscall_openat", "iiii"),
    ("__syscall_pipe", "i"),
    ("__syscall_readlinkat", "iiii"),
    ("__syscall_renameat", "iiii"),
    ("__syscall_rmdir", "i"),
    ("__syscall_stat64", "ii"),
    ("__syscall_statfs64", "iii"),
    ("__syscall_symlinkat", "iii"),
    ("__syscall_truncate64", "il"),
    ("__syscall_unlinkat", "iii"),
    ("__syscall_utimensat", "iiii"),
    ("__syscall_accept4", "iiiiii"),
    ("__syscall_bind", "iiiiii"),
    ("__syscall_connect", "iiiiii"),
    ("__syscall_getpeername", "iiiiii"),
    ("__syscall_getsockname", "iiiiii"),
    ("__syscall_getsockopt", "iiiiii"),
    ("__syscall_listen", "iiiiii"),
    ("__syscall_recvfrom", "iiiiii"),
    ("__syscall_recvmsg", "iiiiii"),
    ("__syscall_sendmsg", "iiiiii"),
    ("__syscall_sendto", "iiiiii"),
    ("__syscall_shutdown", "iiiiii"),
    ("__syscall_socket", "iiiiii"),
    ("_mmap_js", "iiiilii"),
    ("_msync_js", "iiiiil"),
    ("_munmap_js", "iiiiil"),
    ("getaddrinfo", "iiii"),
    ("getnameinfo", "iiiiiii"),
];
const PAGES: u64 = 8;
/// What `malloc` gives.
const BLOCK: u64 = 4 << 16;
const NAME: u64 = 1024;
const OTHER_NAME: u64 = 2048;
const RESULT: u64 = 4096;
/// `AT_FDCWD`.
const HERE: u64 = (-100_i64).cast_unsigned();

/// A program that exports what it imports.
struct Program {
    store: Store,
    instance: Instance,
}

impl Program {
    /// One that imports `marker` besides, by which its release is known.
    fn new(builder: WasiBuilder, marker: &str) -> Result<Self> {
        let mut imports = format!("(import \"env\" \"{marker}\" (func (param i32 i32 i32)))\n");
        let mut exports = String::new();
        for (index, (name, parameters)) in CALLS.iter().enumerate() {
            let types: Vec<&str> = parameters.bytes().map(|kind| if kind == b'i' { "i32" } else { "i64" }).collect();
            let types = types.join(" ");
            writeln!(imports, "(import \"env\" \"{name}\" (func $f{index} (param {types}) (result i32)))")?;
            let arguments: String = (0..parameters.len()).map(|index| format!(" (local.get {index})")).collect();
            writeln!(exports, "(func (export \"{name}\") (param {types}) (result i32) (call $f{index}{arguments}))")?;
        }
        let text = format!(
            "(module {imports} (memory (export \"memory\") {PAGES}) {exports}
              (func (export \"malloc\") (param i32) (result i32)
                (if (result i32) (i32.gt_u (local.get 0) (i32.const 65536)) (then (i32.const 0)) (else (i32.const {BLOCK}))))
              (func (export \"free\") (param i32)))"
        );
        let artifact = wasmc_compiler::compile(&wat::parse_str(text)?, &wasmc_tests::compile_options())?;
        let image = Image::from_bytes(artifact.bytes())?;
        let thread = Emscripten::for_image(builder, &image)?.thread();
        let mut store = Store::new(StoreOptions::default())?;
        let instance = thread.instantiate(&Linker::new(), &mut store, &image)?;
        Ok(Self { store, instance })
    }

    fn call(&mut self, name: &str, arguments: &[u64]) -> Result<i32> {
        let (_, parameters) = CALLS.iter().find(|(known, _)| *known == name).context("no such call")?;
        let values = std::iter::zip(parameters.bytes(), arguments).map(|(kind, bits)| match kind {
            b'i' => Value::I32(*bits as i32),
            _ => Value::I64(bits.cast_signed()),
        });
        let values: Vec<Value> = values.collect();
        let function = self.instance.function(&self.store, name).context("an export")?;
        match function.call(&mut self.store, &values)? {
            Outcome::Returned(values) => match values[..] {
                [Value::I32(number)] => Ok(number),
                _ => bail!("{name} gave {values:?}"),
            },
            other => bail!("{name}: {other:?}"),
        }
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<()> {
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        Ok(memory.write(&mut self.store, address, bytes)?)
    }

    fn read<const COUNT: usize>(&self, address: u64) -> Result<[u8; COUNT]> {
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        let mut bytes = [0; COUNT];
        memory.read(&self.store, address, &mut bytes)?;
        Ok(bytes)
    }

    fn read_u32(&self, address: u64) -> Result<u32> {
        Ok(u32::from_le_bytes(self.read(address)?))
    }
}

#[test]
fn structures_lie_as_in_each_release() -> Result<()> {
    const MODE: u32 = 0o100_644;
    const MODIFIED: u64 = 1_500_000_000;
    // What is imported, and where a `struct stat` has the mode, the size, the time of modification and its length.
    let releases = [
        ("__syscall_unlink_and_more", 4, 24, 56, false),
        ("emscripten_memcpy_big", 12, 40, 72, false),
        ("__syscall_open", 12, 40, 64, true),
    ];
    for (marker, mode, size, modified, has_short_times) in releases {
        let mut program = Program::new(WasiBuilder::new(), marker)?;
        program.write(NAME, b"/tmp/file\0")?;
        program.write(RESULT, &0o644_u32.to_le_bytes())?;
        // To write, to make.
        ensure!(program.call("__syscall_openat", &[HERE, NAME, 0o101, RESULT])? == 3);
        ensure!(program.call("__syscall_ftruncate64", &[3, 5_000_000])? == 0);
        let times: Vec<u8> = if has_short_times {
            [7, 0, MODIFIED as u32, 5].into_iter().flat_map(u32::to_le_bytes).collect()
        } else {
            [7, 0, MODIFIED, 5].into_iter().flat_map(u64::to_le_bytes).collect()
        };
        program.write(RESULT, &times)?;
        ensure!(program.call("__syscall_utimensat", &[HERE, NAME, RESULT, 0])? == 0, "{marker}");
        for (call, first) in [("__syscall_stat64", NAME), ("__syscall_fstat64", 3)] {
            program.write(RESULT, &[0xff; 128])?;
            ensure!(program.call(call, &[first, RESULT])? == 0);
            ensure!(program.read_u32(RESULT + mode)? == MODE, "{marker}: mode");
            ensure!(u64::from_le_bytes(program.read(RESULT + size)?) == 5_000_000, "{marker}: size");
            let found = if has_short_times {
                (u64::from(program.read_u32(RESULT + modified)?), program.read_u32(RESULT + modified + 4)?)
            } else {
                (u64::from_le_bytes(program.read(RESULT + modified)?), program.read_u32(RESULT + modified + 8)?)
            };
            ensure!(found == (MODIFIED, 5), "{marker}: {found:?}");
        }
    }
    Ok(())
}

#[test]
fn shared_maps_reach_the_file() -> Result<()> {
    const SHARED: u64 = 1;
    const READ_AND_WRITE: u64 = 3;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("file"), "0123456789")?;
    let mut program =
        Program::new(WasiBuilder::new().directory(folder.path(), "/data", Access::ReadWrite), "_abort_js")?;
    program.write(NAME, b"/data/file\0")?;
    let file = u64::from(program.call("__syscall_openat", &[HERE, NAME, 2, 0])?.cast_unsigned());
    ensure!(program.call("_mmap_js", &[8, READ_AND_WRITE, SHARED, file, 4, RESULT, RESULT + 4])? == 0);
    ensure!((program.read_u32(RESULT)?, u64::from(program.read_u32(RESULT + 4)?)) == (1, BLOCK));
    // What is after the file's end reads as zeros, and is written nowhere.
    ensure!(program.read::<8>(BLOCK)? == *b"456789\0\0");
    program.write(BLOCK, b"abcdefgh")?;
    ensure!(program.call("_munmap_js", &[BLOCK, 8, READ_AND_WRITE, SHARED, file, 4])? == 0);
    ensure!(std::fs::read(folder.path().join("file"))? == b"0123abcdef");
    Ok(())
}

/// Calls everything with what the seed says, in a program that has files of all kinds.
fn call_at_random(folder: &Path, seed: u64) -> Result<()> {
    const PATHS: &[&str] = &[
        "",
        "/",
        ".",
        "..",
        "/data/file",
        "/ro/file",
        "/data/link",
        "/tmp/new",
        "/dev/null",
        "/dev/tty",
        "/dev/stdin",
        "/proc/self/fd/3",
        "/proc/self/fd",
        "new",
        "/data/directory/",
        "/data/../tmp/",
        "/tmp/loop",
        "\u{1F980}",
        "localhost",
    ];
    let mut random = Random::new(seed);
    let builder = WasiBuilder::new()
        .directory(folder.join("data"), "/data", Access::ReadWrite)
        .directory(folder.join("ro"), "/ro", Access::ReadOnly)
        .connect_to("localhost", 1);
    let mut program = Program::new(builder, "_emscripten_memcpy_js")?;
    let end = PAGES << 16;
    for _ in 0..60 {
        let (name, parameters) = CALLS[random.below(CALLS.len())];
        for address in [NAME, OTHER_NAME] {
            program.write(address, format!("{}\0", PATHS[random.below(PATHS.len())]).as_bytes())?;
        }
        let bytes = random.bytes(64);
        program.write(RESULT, &bytes)?;
        let arguments: Vec<u64> = (0..parameters.len())
            .map(|_| match random.below(12) {
                0 | 1 => random.below(8) as u64,
                2 | 3 => NAME,
                4 => OTHER_NAME,
                5 => RESULT,
                6 => HERE,
                7 => end - random.below(64) as u64,
                8 => u64::MAX - random.below(4) as u64,
                9 => 1 << random.below(40),
                10 => 0o102,
                _ => random.next_u64(),
            })
            .collect();
        let number = program.call(name, &arguments).with_context(|| format!("{name} {arguments:x?}"))?;
        ensure!(number >= -200, "{name} {arguments:x?} gave {number}");
    }
    Ok(())
}

#[test]
fn any_call_gives_a_number() -> Result<()> {
    const INPUTS: u64 = 300;
    child::run_apart("any_call_gives_a_number", Duration::from_secs(300), || {
        let folder = tempfile::tempdir()?;
        for name in ["data", "ro"] {
            std::fs::create_dir_all(folder.path().join(name).join("directory"))?;
            std::fs::write(folder.path().join(name).join("file"), "content")?;
        }
        std::os::unix::fs::symlink("file", folder.path().join("data/link"))?;
        std::fs::write(folder.path().join("secret"), "secret")?;
        for seed in 0..INPUTS {
            call_at_random(folder.path(), seed).with_context(|| format!("seed {seed}"))?;
        }
        ensure!(std::fs::read(folder.path().join("ro/file"))? == b"content");
        ensure!(std::fs::read(folder.path().join("secret"))? == b"secret");
        Ok(())
    })
}
