//! Emscripten's system calls one by one: where structures lie in each release, files on the host, and whatever is passed.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use wasmc_emscripten::Emscripten;
use wasmc_loader::{Image, Instance, Linker, Outcome, Store, StoreOptions, Value};
use wasmc_tests::child;
use wasmc_tests::random::Random;
use wasmc_wasi::{Access, WasiBuilder};

type Calls = &'static [(&'static str, &'static str)];

/// Calls, and their parameters: `i` for an `i32`, `l` for an `i64`. Those that wait are not among them.
const CALLS: Calls = &[
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
    calls: Calls,
    store: Store,
    instance: Instance,
}

impl Program {
    /// One that imports `marker` besides, by which its release is known.
    fn new(builder: WasiBuilder, marker: &str) -> Result<Self> {
        Self::of(CALLS, PAGES, builder, marker)
    }

    fn of(calls: Calls, pages: u64, builder: WasiBuilder, marker: &str) -> Result<Self> {
        let mut imports = format!("(import \"env\" \"{marker}\" (func (param i32 i32 i32)))\n");
        let mut exports = String::new();
        for (index, (name, parameters)) in calls.iter().enumerate() {
            let types: Vec<&str> = parameters.bytes().map(|kind| if kind == b'i' { "i32" } else { "i64" }).collect();
            let types = types.join(" ");
            writeln!(imports, "(import \"env\" \"{name}\" (func $f{index} (param {types}) (result i32)))")?;
            let arguments: String = (0..parameters.len()).map(|index| format!(" (local.get {index})")).collect();
            writeln!(exports, "(func (export \"{name}\") (param {types}) (result i32) (call $f{index}{arguments}))")?;
        }
        let text = format!(
            "(module {imports} (memory (export \"memory\") {pages}) {exports}
              (func (export \"malloc\") (param i32) (result i32)
                (if (result i32) (i32.gt_u (local.get 0) (i32.const 65536)) (then (i32.const 0)) (else (i32.const {BLOCK}))))
              (func (export \"free\") (param i32)))"
        );
        let artifact = wasmc_compiler::compile(&wat::parse_str(text)?, &wasmc_tests::compile_options())?;
        let image = Image::from_bytes(artifact.bytes())?;
        let thread = Emscripten::for_image(builder, &image)?.thread();
        let mut store = Store::new(StoreOptions::default())?;
        let instance = thread.instantiate(&Linker::new(), &mut store, &image)?;
        Ok(Self { calls, store, instance })
    }

    fn call(&mut self, name: &str, arguments: &[u64]) -> Result<i32> {
        let (_, parameters) = self.calls.iter().find(|(known, _)| *known == name).context("no such call")?;
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
    const APPEND: u64 = 0o2000;
    // What is open for appending is written back to where it came from all the same, and stays so.
    for flags in [0, APPEND] {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("file"), "0123456789")?;
        let mut program =
            Program::new(WasiBuilder::new().directory(folder.path(), "/data", Access::ReadWrite), "_abort_js")?;
        program.write(NAME, b"/data/file\0")?;
        let file = u64::from(program.call("__syscall_openat", &[HERE, NAME, 2 | flags, 0])?.cast_unsigned());
        ensure!(program.call("_mmap_js", &[8, READ_AND_WRITE, SHARED, file, 4, RESULT, RESULT + 4])? == 0);
        ensure!((program.read_u32(RESULT)?, u64::from(program.read_u32(RESULT + 4)?)) == (1, BLOCK));
        // What is after the file's end reads as zeros, and is written nowhere.
        ensure!(program.read::<8>(BLOCK)? == *b"456789\0\0");
        program.write(BLOCK, b"abcdefgh")?;
        ensure!(program.call("_munmap_js", &[BLOCK, 8, READ_AND_WRITE, SHARED, file, 4])? == 0);
        ensure!(std::fs::read(folder.path().join("file"))? == b"0123abcdef");
        let now = program.call("__syscall_fcntl64", &[file, 3, 0])?.cast_unsigned();
        ensure!(u64::from(now) & APPEND == flags, "{now:o}");
    }
    Ok(())
}

/// A `struct sockaddr_in` of the loopback address.
fn loopback(port: u16) -> [u8; 16] {
    let mut address = [0; 16];
    address[0] = 2;
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    address
}

// Error numbers, as system calls give them.
const AGAIN: i32 = -6;
const BAD_DESCRIPTOR: i32 = -8;
const FAULT: i32 = -21;
const INVALID: i32 = -28;
const NOT_CONNECTED: i32 = -53;
const NO_SOCKET: i32 = -57;
const DO_NOT_WAIT: u64 = 0x40;

#[test]
fn a_connection_is_shut_down_and_one_call_does_not_wait() -> Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let mut program = Program::new(WasiBuilder::new().connect_to("127.0.0.1", port), "_abort_js")?;
    program.write(NAME, &loopback(port))?;
    let client = u64::from(program.call("__syscall_socket", &[2, 1, 0, 0, 0, 0])?.cast_unsigned());
    ensure!(program.call("__syscall_shutdown", &[client, 1, 0, 0, 0, 0])? == NOT_CONNECTED);
    ensure!(program.call("__syscall_connect", &[client, NAME, 16, 0, 0, 0])? == 0);
    let (mut peer, _) = listener.accept()?;

    ensure!(program.call("__syscall_recvfrom", &[client, RESULT, 8, DO_NOT_WAIT, 0, 0])? == AGAIN);
    // A `struct msghdr` and its one buffer.
    let message = [0, 0, RESULT as u32 + 28, 1, 0, 0, 0, RESULT as u32 + 64, 8];
    program.write(RESULT, &message.map(u32::to_le_bytes).concat())?;
    ensure!(program.call("__syscall_recvmsg", &[client, RESULT, DO_NOT_WAIT, 0, 0, 0])? == AGAIN);
    // That was for these calls alone.
    ensure!(program.call("__syscall_fcntl64", &[client, 3, 0])? & 0o4000 == 0);
    let mut sent = 0_i64;
    let left = loop {
        match program.call("__syscall_sendto", &[client, 0, PAGES << 16, DO_NOT_WAIT, 0, 0])? {
            count if count > 0 => sent += i64::from(count),
            error => break error,
        }
    };
    ensure!(left == AGAIN && sent > 0, "{left} after {sent}");

    ensure!(program.call("__syscall_shutdown", &[client, 9, 0, 0, 0, 0])? == INVALID);
    ensure!(program.call("__syscall_shutdown", &[client, 1, 0, 0, 0, 0])? == 0);
    let mut bytes = Vec::new();
    ensure!(i64::try_from(peer.read_to_end(&mut bytes)?)? == sent);
    // The other way is open still.
    peer.write_all(b"last")?;
    ensure!(program.call("__syscall_recvfrom", &[client, RESULT, 8, 0, 0, 0])? == 4);
    ensure!(program.read::<4>(RESULT)? == *b"last");
    ensure!(program.call("__syscall_shutdown", &[1, 1, 0, 0, 0, 0])? == NO_SOCKET);
    ensure!(program.call("__syscall_shutdown", &[99, 1, 0, 0, 0, 0])? == BAD_DESCRIPTOR);
    Ok(())
}

#[test]
fn a_standard_stream_that_is_a_socket_leads_one_way() -> Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let stream = std::net::TcpStream::connect(listener.local_addr()?)?;
    let _peer = listener.accept()?;
    let builder = WasiBuilder::new().stdin_file(OwnedFd::from(stream.try_clone()?)).stdout_file(OwnedFd::from(stream));
    let mut program = Program::new(builder, "_abort_js")?;
    ensure!(program.call("__syscall_sendto", &[1, NAME, 4, 0, 0, 0])? == 4);
    ensure!(program.call("__syscall_sendto", &[0, NAME, 4, 0, 0, 0])? == BAD_DESCRIPTOR);
    ensure!(program.call("__syscall_recvfrom", &[0, RESULT, 4, DO_NOT_WAIT, 0, 0])? == AGAIN);
    ensure!(program.call("__syscall_recvfrom", &[1, RESULT, 4, DO_NOT_WAIT, 0, 0])? == BAD_DESCRIPTOR);
    // `O_NONBLOCK`: it is not waited for at all.
    program.write(RESULT, &0o4000_u32.to_le_bytes())?;
    ensure!(program.call("__syscall_fcntl64", &[0, 4, RESULT])? == 0);
    ensure!(program.call("__syscall_recvfrom", &[0, RESULT, 4, 0, 0, 0])? == AGAIN);
    ensure!(program.call("__syscall_shutdown", &[0, 1, 0, 0, 0, 0])? == BAD_DESCRIPTOR);
    ensure!(program.call("__syscall_shutdown", &[1, 2, 0, 0, 0, 0])? == BAD_DESCRIPTOR);
    ensure!(program.call("__syscall_shutdown", &[1, 1, 0, 0, 0, 0])? == 0);
    Ok(())
}

#[test]
fn structures_end_where_a_whole_memory_does() -> Result<()> {
    const WAITING: Calls = &[
        ("__syscall_socket", "iiiiii"),
        ("__syscall_recvmsg", "iiiiii"),
        ("__syscall_sendmsg", "iiiiii"),
        ("__syscall_poll", "iii"),
        ("__syscall__newselect", "iiiii"),
    ];
    let mut program = Program::of(WAITING, 1 << 16, WasiBuilder::new(), "_abort_js")?;
    let socket = u64::from(program.call("__syscall_socket", &[2, 2, 0, 0, 0, 0])?.cast_unsigned());
    for from_end in [1, 2, 4, 8, 12, 16, 20, 24, 27] {
        let place = (1 << 32) - from_end;
        for call in ["__syscall_recvmsg", "__syscall_sendmsg"] {
            ensure!(program.call(call, &[socket, place, DO_NOT_WAIT, 0, 0, 0])? == FAULT, "{call}, {from_end}");
        }
    }
    for (from_end, expected) in [(4, FAULT), (8, 0)] {
        let place = (1 << 32) - from_end;
        // A hundred descriptors are four words, sixty are two; none is in the set, and time is up at once.
        ensure!(program.call("__syscall__newselect", &[100, place, 0, 0, RESULT])? == FAULT);
        ensure!(program.call("__syscall__newselect", &[60, 0, place, 0, RESULT])? == expected);
        ensure!(program.call("__syscall__newselect", &[0, 0, 0, 0, place])? == expected);
        ensure!(program.call("__syscall_poll", &[place, 2, 0])? == FAULT);
    }
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
