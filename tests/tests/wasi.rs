//! WASI as a program and as an embedder see it: error numbers, grants, streams, sockets, clocks, and races.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use wait4::Wait4;
use wasmc_tests::guest::Guest;
use wasmc_tests::program::{self, copy_to_memory};
use wasmc_tests::random::Random;
use wasmc_tests::{binary, child, expected, fuzz, root, tool};
use wasmc_wasi::{Access, MemoryDirectory, Output, WasiBuilder};

const BADF: i32 = 8;
const PERM: i32 = 63;
const PIPE: i32 = 64;

/// The folders that `tests/programs/errno.c` is given: `root`, to write, and `ro`, to read.
fn lay_out(folder: &Path) -> Result<()> {
    for name in ["root", "ro"] {
        std::fs::create_dir_all(folder.join(name).join("dir"))?;
        std::fs::write(folder.join(name).join("file"), "hello\n")?;
    }
    std::fs::write(folder.join("root/dir/inner"), "inner\n")?;
    std::fs::write(folder.join("secret"), "secret\n")?;
    let links = [("link", "file"), ("dangling", "nowhere"), ("loop", "loop"), ("folder-link", "dir"), ("up", "..")];
    for (name, target) in links.into_iter().chain([("absolute", "/etc/passwd")]) {
        symlink(target, folder.join("root").join(name))?;
    }
    Ok(())
}

#[test]
fn error_numbers_are_the_right_ones() -> Result<()> {
    let Some(zig) = tool::zig() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("errno.wasm");
    tool::run(zig.command("cc").args(["-O1", "-o"]).arg(&wasm).arg(root().join("tests/programs/errno.c")))?;
    let object = folder.path().join("errno.o");
    tool::run(binary::wasmc()?.arg("compile").arg(&wasm).arg("-o").arg(&object))?;
    lay_out(folder.path())?;
    let grant = |name: &str, guest: &str| format!("{}::{guest}", folder.path().join(name).display());
    let mut command = binary::wasmrun()?;
    command.args(["--dir", &grant("root", "/"), "--dir-ro", &grant("ro", "/ro")]).arg(&object).stdin(Stdio::null());
    // In memory first: the program leaves its folder on the host changed.
    let (output, root) = (Output::new(), copy_to_memory(&folder.path().join("root"))?);
    let builder = WasiBuilder::new()
        .argument("errno")
        .stdout_bytes(&output)
        .memory_directory(&root, "/", Access::ReadWrite)
        .memory_directory(&copy_to_memory(&folder.path().join("ro"))?, "/ro", Access::ReadOnly);
    ensure!(program::run(&std::fs::read(&wasm)?, builder)? == 0);
    expected::check("errno.c.stdout", &output.take()).context("in memory")?;
    expected::check("errno.c.stdout", &tool::run(&mut command)?.stdout)?;
    ensure!(std::fs::read(folder.path().join("secret"))? == b"secret\n");
    Ok(())
}

#[test]
fn a_renaming_bystander_opens_no_way_out() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let granted = folder.path().join("granted");
    let outside = folder.path().join("outside");
    std::fs::create_dir_all(granted.join("door"))?;
    std::fs::create_dir_all(granted.join("a/b/c"))?;
    std::fs::create_dir(&outside)?;
    std::fs::write(granted.join("door/secret"), "inside")?;
    std::fs::write(outside.join("secret"), "outside")?;
    // What the bystander puts in the place of a folder: a link that leads out.
    symlink("../outside", granted.join("link"))?;
    let mut guest = Guest::new(WasiBuilder::new().directory(&granted, "/", Access::ReadWrite))?;
    let done = AtomicBool::new(false);
    let (mut opened, mut refused) = (0, 0);
    std::thread::scope(|scope| -> Result<()> {
        scope.spawn(|| -> Result<()> {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, granted.join("door"), CWD, granted.join("link"), RenameFlags::EXCHANGE)?;
                // And with a folder carried out from under a path that goes up again.
                std::fs::rename(granted.join("a/b"), outside.join("b"))?;
                std::fs::rename(outside.join("b"), granted.join("a/b"))?;
            }
            Ok(())
        });
        let end = Instant::now() + Duration::from_secs(3);
        let mut attempt = || -> Result<()> {
            while Instant::now() < end {
                for path in ["door/secret", "link/secret", "a/b/c/../../../door/secret", "a/b/../../secret"] {
                    match guest.open(3, path)? {
                        Ok(descriptor) => {
                            let text = guest.read_descriptor(descriptor)?;
                            ensure!(text == b"inside", "{path} led to {:?}", String::from_utf8_lossy(&text));
                            guest.succeed("fd_close", &[descriptor.into()])?;
                            opened += 1;
                        }
                        Err(_) => refused += 1,
                    }
                }
            }
            Ok(())
        };
        let attempted = attempt();
        done.store(true, Ordering::Relaxed);
        attempted
    })?;
    wasmc_tests::say(&format!("{opened} paths opened inside, {refused} refused, none led out"));
    ensure!(opened > 0 && refused > 0, "the race was none: {opened} opened, {refused} refused");
    Ok(())
}

#[test]
fn streams_are_bytes_if_an_embedder_likes() -> Result<()> {
    let (stdout, stderr) = (Output::new(), Output::new());
    let builder = WasiBuilder::new().stdin_bytes("some input").stdout_bytes(&stdout).stderr_bytes(&stderr);
    let mut guest = Guest::new(builder)?;
    assert_eq!(guest.read_descriptor(0)?, b"some input");
    assert_eq!(guest.read_descriptor(0)?, b"");
    assert_eq!(guest.write_descriptor(1, b"to one")?, Ok(6));
    assert_eq!(guest.write_descriptor(2, b"to two")?, Ok(6));
    assert_eq!(guest.write_descriptor(0, b"to none")?, Err(BADF));
    assert_eq!((stdout.take(), stderr.take()), (b"to one".to_vec(), b"to two".to_vec()));
    assert_eq!(guest.write_descriptor(1, b"more")?, Ok(4));
    assert_eq!(stdout.take(), b"more");
    Ok(())
}

#[test]
fn files_are_in_memory_if_an_embedder_likes() -> Result<()> {
    const NOSPC: i32 = 51;
    let directory = MemoryDirectory::with_limit(4096);
    directory.write("etc/words", "a few words")?;
    ensure!(directory.write("etc/words/more", "").is_err() && directory.write("etc", "").is_err());
    let mut guest = Guest::new(WasiBuilder::new().memory_directory(&directory, "/", Access::ReadWrite))?;
    let descriptor = guest.open(3, "etc/words")?.ok().context("it is there")?;
    assert_eq!(guest.read_descriptor(descriptor)?, b"a few words");
    assert_eq!(guest.open(3, "etc/../../etc/words")?, Err(PERM));
    // What a program writes, its embedder reads.
    let writable = guest.create(3, "made")?.ok().context("it can be made")?;
    assert_eq!(guest.write_descriptor(writable, b"by the program")?, Ok(14));
    assert_eq!(directory.read("made").context("it is there")?, b"by the program");
    assert_eq!(directory.names("."), ["etc", "made"]);
    // And what it may not, it cannot: there is a limit, which what is removed no longer counts towards.
    for (size, number) in [(1 << 40, NOSPC), (3000, 0), (4000, NOSPC), (14, 0)] {
        assert_eq!(guest.call("fd_filestat_set_size", &[writable.into(), size])?, number, "{size} bytes");
    }
    for _ in 0..100 {
        let name = "a".repeat(200);
        guest.write(1024, name.as_bytes())?;
        guest.succeed("path_create_directory", &[3, 1024, 200])?;
        guest.succeed("path_remove_directory", &[3, 1024, 200])?;
    }
    assert_eq!(directory.read("made").context("it is there")?, b"by the program");
    let mut reader = Guest::new(WasiBuilder::new().memory_directory(&directory, "/", Access::ReadOnly))?;
    assert_eq!(reader.create(3, "other")?, Err(PERM));
    assert!(reader.open(3, "made")?.is_ok());
    Ok(())
}

#[test]
fn nothing_is_granted_by_default() -> Result<()> {
    let mut guest = Guest::new(WasiBuilder::new())?;
    assert_eq!(guest.read_descriptor(0)?, b"");
    assert_eq!(guest.write_descriptor(1, b"into the void")?, Ok(13));
    assert_eq!(guest.call("fd_prestat_get", &[3, 0])?, BADF);
    assert_eq!(guest.open(3, "etc/passwd")?, Err(BADF));
    for function in ["args_sizes_get", "environ_sizes_get"] {
        guest.succeed(function, &[0, 4])?;
        assert_eq!((guest.read_u32(0)?, guest.read_u32(4)?), (0, 0));
    }
    Ok(())
}

#[test]
fn a_virtual_clock_takes_no_time() -> Result<()> {
    const CENTURY_NANOSECONDS: u64 = 100 * 365 * 86_400 * 1_000_000_000;
    let mut draws = Vec::new();
    for _ in 0..2 {
        let mut guest = Guest::new(WasiBuilder::new().virtual_clock(1_000_000_000).seeded_random(7))?;
        guest.succeed("clock_time_get", &[0, 0, 0])?;
        let start = u64::from_le_bytes(guest.read(0)?);
        assert_eq!(start, 1_000_000_000);
        // A subscription to the clock: the time to wait for is its fourth word.
        let mut subscription = [0; 48];
        subscription[16..20].copy_from_slice(&1_u32.to_le_bytes());
        subscription[24..32].copy_from_slice(&CENTURY_NANOSECONDS.to_le_bytes());
        guest.write(64, &subscription)?;
        guest.succeed("poll_oneoff", &[64, 128, 1, 0])?;
        guest.succeed("clock_time_get", &[1, 0, 0])?;
        assert!(u64::from_le_bytes(guest.read(0)?) >= start + CENTURY_NANOSECONDS);
        guest.succeed("random_get", &[0, 37])?;
        draws.push(guest.read::<40>(0)?);
    }
    assert_eq!(draws[0], draws[1]);
    assert_ne!(draws[0][..37], [0; 37]);
    Ok(())
}

#[test]
fn a_socket_is_accepted_from_read_and_written() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let mut guest = Guest::new(WasiBuilder::new().socket(listener))?;
    guest.succeed("sock_accept", &[3, 0, 0])?;
    let connection = u64::from(guest.read_u32(0)?);
    client.write_all(b"a question")?;
    // Two buffers of 4 and 40 bytes, looked at first and then taken.
    let vectors: Vec<u8> = [1000_u32, 4, 2000, 40].iter().flat_map(|word| word.to_le_bytes()).collect();
    guest.write(64, &vectors)?;
    for flags in [1, 0] {
        guest.succeed("sock_recv", &[connection, 64, 2, flags, 0, 4])?;
        assert_eq!((guest.read_u32(0)?, guest.read::<2>(4)?), (10, [0, 0]));
        assert_eq!((guest.read(1000)?, guest.read(2000)?), (*b"a qu", *b"estion"));
    }
    guest.write(1000, b"ANSW")?;
    guest.write(2000, b"ER")?;
    guest.write(64 + 12, &2_u32.to_le_bytes())?;
    guest.succeed("sock_send", &[connection, 64, 2, 0, 0])?;
    assert_eq!(guest.read_u32(0)?, 6);
    guest.succeed("sock_shutdown", &[connection, 2])?;
    let mut answer = String::new();
    client.read_to_string(&mut answer)?;
    assert_eq!(answer, "ANSWER");
    // A peer that has gone is an error number, not a signal.
    assert_eq!(guest.write_descriptor(u32::try_from(connection)?, b"more")?, Err(PIPE));
    Ok(())
}

#[test]
fn the_commands_grant_streams_and_sockets() -> Result<()> {
    // Writes what it reads from descriptor 0, or from the first connection to descriptor 3, to descriptor 1.
    const SOURCE: &str = r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (memory (export "memory") 3)
        (func (export "_start") (local $from i32)
            (if (i32.eqz (call $accept (i32.const 3) (i32.const 0) (i32.const 32)))
                (then (local.set $from (i32.load (i32.const 32)))))
            (i32.store (i32.const 0) (i32.const 1024))
            (loop $again
                (i32.store (i32.const 4) (i32.const 131072))
                (if (call $read (local.get $from) (i32.const 0) (i32.const 1) (i32.const 4)) (then unreachable))
                (if (i32.load (i32.const 4)) (then
                    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
                    (br $again))))))"#;
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("copy.wat"), SOURCE)?;
    std::fs::write(path("in"), "from a file")?;
    tool::run(binary::wasmc()?.arg("compile").arg(path("copy.wat")))?;
    let object = path("copy.o");
    tool::run(binary::wasmrun()?.arg("--stdin").arg(path("in")).arg("--stdout").arg(path("out")).arg(&object))?;
    ensure!(std::fs::read(path("out"))? == b"from a file");
    let missing = binary::wasmrun()?.arg("--stdin").arg(path("missing")).arg(&object).output()?;
    let message = String::from_utf8_lossy(&missing.stderr).into_owned();
    ensure!(missing.status.code() == Some(1) && message.contains("--stdin"), "{message}");

    // The port is free again when the command asks for it.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut server = binary::wasmrun()?
        .args(["--tcplisten", &address.to_string()])
        .arg(&object)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let end = Instant::now() + Duration::from_secs(20);
    let mut client = loop {
        match TcpStream::connect(address) {
            Ok(client) => break client,
            Err(error) if Instant::now() > end => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    client.write_all(b"over the net")?;
    drop(client);
    let mut text = String::new();
    server.stdout.take().context("a pipe")?.read_to_string(&mut text)?;
    ensure!(server.wait()?.success() && text == "over the net", "{text:?}");

    // A large stream goes through little memory.
    let source = std::fs::File::create(path("large"))?;
    source.set_len(1 << 30)?;
    let mut command = binary::wasmrun()?;
    let mut child = command.arg("--stdin").arg(path("large")).arg(&object).stdout(Stdio::piped()).spawn()?;
    let mut copied = child.stdout.take().context("a pipe")?;
    let counted = std::io::copy(&mut copied, &mut std::io::sink())?;
    let used = child.wait4()?.rusage.maxrss;
    ensure!(counted == 1 << 30 && used < 32 << 20, "{counted} bytes went through {used} of memory");
    Ok(())
}

#[test]
fn deterministic_runs_are_alike() -> Result<()> {
    const SOURCE: &str = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "draw") (result i64 i64 i32)
            (drop (call $random (i32.const 0) (i32.const 8)))
            (drop (call $time (i32.const 0) (i64.const 0) (i32.const 8)))
            (i64.load (i32.const 0)) (i64.load (i32.const 8))
            (i32.reinterpret_f32 (f32.div (f32.const 0) (f32.const 0)))))"#;
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("draw.wat");
    std::fs::write(&text, SOURCE)?;
    let draw = |command: &mut Command, options: &[&str], file: &Path| -> Result<std::process::Output> {
        Ok(command.args(options).args(["--invoke", "draw"]).arg(file).output()?)
    };
    let options = ["run", "--deterministic"];
    let first = draw(&mut binary::wasmc()?, &options, &text)?;
    let second = draw(&mut binary::wasmc()?, &options, &text)?;
    ensure!(first.status.success() && first.stdout == second.stdout, "{first:?} {second:?}");
    ensure!(first.stdout.ends_with(b"\n946684800000000000\n2143289344\n"), "{first:?}");
    let other = draw(&mut binary::wasmc()?, &["run"], &text)?;
    ensure!(other.stdout != first.stdout, "{other:?}");

    let object = folder.path().join("draw.o");
    tool::run(binary::wasmc()?.arg("compile").arg(&text))?;
    let refused = draw(&mut binary::wasmrun()?, &["--deterministic"], &object)?;
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(refused.status.code() == Some(1) && message.contains("--canonical-nans"), "{message}");
    tool::run(binary::wasmc()?.args(["compile", "--canonical-nans"]).arg(&text))?;
    let third = draw(&mut binary::wasmrun()?, &["--deterministic"], &object)?;
    ensure!(third.stdout == first.stdout, "{third:?}");
    Ok(())
}

#[test]
fn a_grant_to_read_is_not_one_to_write() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("file"), "text")?;
    let mut guest = Guest::new(WasiBuilder::new().directory(folder.path(), "/", Access::ReadOnly))?;
    let descriptor = guest.open(3, "file")?.ok().context("it can be read")?;
    assert_eq!(guest.read_descriptor(descriptor)?, b"text");
    assert_eq!(guest.write_descriptor(descriptor, b"other")?, Err(BADF));
    guest.write(1024, b"file")?;
    assert_eq!(guest.call("path_unlink_file", &[3, 1024, 4])?, PERM);
    assert_eq!(std::fs::read(folder.path().join("file"))?, b"text");
    Ok(())
}

#[test]
fn any_call_gives_an_error_number() -> Result<()> {
    const INPUTS: u64 = 3000;
    child::run_apart("any_call_gives_an_error_number", Duration::from_secs(300), || {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("a"), "contents")?;
        std::fs::create_dir(folder.path().join("b"))?;
        symlink("a", folder.path().join("link"))?;
        for seed in 0..INPUTS {
            let bytes = Random::new(seed).bytes(1024);
            fuzz::wasi_calls(&bytes, folder.path()).with_context(|| format!("seed {seed}"))?;
        }
        Ok(())
    })
}

#[test]
fn descriptors_end_with_an_error_number() -> Result<()> {
    const NFILE: i32 = 41;
    const MFILE: i32 = 33;
    child::run_apart("descriptors_end_with_an_error_number", Duration::from_secs(300), || {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("file"), "contents")?;
        let mut guest = Guest::new(WasiBuilder::new().directory(folder.path(), "/", Access::ReadOnly))?;
        // The system's own limit is met first.
        let error = loop {
            if let Err(number) = guest.open(3, "file")? {
                break number;
            }
        };
        ensure!(error == NFILE || error == MFILE, "{error}");
        guest.succeed("fd_close", &[4])?;
        assert_eq!(guest.open(3, "file")?, Ok(4));
        Ok(())
    })
}

/// What is subscribed to: a descriptor to be read (kind 1) or written (2), or a clock (0) with its timeout and flags.
fn subscription(kind: u8, descriptor_or_clock: u32, timeout: u64, flags: u16) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[8] = kind;
    bytes[16..20].copy_from_slice(&descriptor_or_clock.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40..42].copy_from_slice(&flags.to_le_bytes());
    bytes
}

#[test]
fn many_things_are_waited_for_at_once() -> Result<()> {
    const NOMEM: i32 = 48;
    const INVAL: u16 = 28;
    const EVENTS: u64 = 70_000;
    let (reader, mut writer) = std::io::pipe()?;
    let mut guest = Guest::new(WasiBuilder::new().stdin_file(reader).stdout_file(writer.try_clone()?))?;
    writer.write_all(b"four")?;
    // Of each descriptor more than a process may have, in both directions, and a clock that is late.
    const COUNT: u64 = 1400;
    for index in 0..COUNT {
        let (kind, descriptor) = if index % 2 == 0 { (1, 0) } else { (2, 1) };
        guest.write(index * 48, &subscription(kind, descriptor, 0, 0))?;
    }
    guest.write(COUNT * 48, &subscription(0, 1, u64::MAX, 0))?;
    guest.succeed("poll_oneoff", &[0, EVENTS, COUNT + 1, 131_000])?;
    assert_eq!(u64::from(guest.read_u32(131_000)?), COUNT);
    let bytes = u64::from_le_bytes(guest.read(EVENTS + 16)?);
    assert_eq!(bytes, 4, "of the first event");
    // Who waits for one direction is not told of the other.
    guest.read_descriptor(0)?;
    guest.write(0, &subscription(1, 0, 0, 0))?;
    guest.write(48, &subscription(0, 1, 1_000_000, 0))?;
    guest.succeed("poll_oneoff", &[0, EVENTS, 2, 131_000])?;
    assert_eq!((guest.read_u32(131_000)?, guest.read::<11>(EVENTS)?[10]), (1, 0));
    guest.write(0, &subscription(0, 1, 0, 6))?;
    guest.succeed("poll_oneoff", &[0, EVENTS, 1, 131_000])?;
    assert_eq!(u16::from_le_bytes(guest.read(EVENTS + 8)?), INVAL);
    guest.grow(126)?;
    assert_eq!(guest.call("poll_oneoff", &[0, 4 << 20, 65_537, 0])?, NOMEM);
    Ok(())
}

#[test]
fn empty_buffers_do_not_count() -> Result<()> {
    const COUNT: u64 = 1500;
    let output = Output::new();
    let mut guest = Guest::new(WasiBuilder::new().stdin_bytes("in").stdout_bytes(&output))?;
    let last = [30_000_u32.to_le_bytes(), 9_u32.to_le_bytes()].concat();
    guest.write((COUNT - 1) * 8, &last)?;
    guest.succeed("fd_read", &[0, 0, COUNT, 40_000])?;
    assert_eq!((guest.read_u32(40_000)?, guest.read(30_000)?), (2, *b"in"));
    guest.succeed("fd_write", &[1, 0, COUNT, 40_000])?;
    assert_eq!((guest.read_u32(40_000)?, output.take()), (9, b"in\0\0\0\0\0\0\0".to_vec()));
    Ok(())
}

#[test]
fn a_stream_that_must_not_wait_does_not() -> Result<()> {
    const AGAIN: i32 = 6;
    const NONBLOCK: u64 = 4;
    child::run_apart("a_stream_that_must_not_wait_does_not", Duration::from_secs(60), || {
        // Only standard streams are not told themselves: here one is a pipe that nobody reads.
        let (_reader, writer) = std::io::pipe()?;
        let harness = rustix::io::dup(rustix::stdio::stdout())?;
        rustix::stdio::dup2_stdout(&writer)?;
        let mut guest = Guest::new(WasiBuilder::new().inherit_stdio())?;
        guest.succeed("fd_fdstat_set_flags", &[1, NONBLOCK])?;
        let mut written = 0;
        let error = loop {
            match guest.write_descriptor(1, &[b'x'; 50_000])? {
                Ok(count) => written += count,
                Err(number) => break number,
            }
        };
        rustix::stdio::dup2_stdout(&harness)?;
        ensure!(error == AGAIN && written >= 4096, "{error} after {written} bytes");
        Ok(())
    })
}

#[test]
fn what_is_given_to_read_keeps_its_times() -> Result<()> {
    const SET_BOTH: u64 = 5;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    std::fs::write(&path, "contents")?;
    let before = std::fs::metadata(&path)?.modified()?;
    let mut guest = Guest::new(WasiBuilder::new().stdin_file(std::fs::File::open(&path)?))?;
    assert_eq!(guest.call("fd_filestat_set_times", &[0, 1, 2, SET_BOTH])?, PERM);
    assert_eq!(std::fs::metadata(&path)?.modified()?, before);
    Ok(())
}

#[test]
fn a_variable_has_one_value() -> Result<()> {
    let builder = WasiBuilder::new().environment("A", "1").environment("AB", "2").environment("A", "3");
    let mut guest = Guest::new(builder.environment("=x", "4"))?;
    guest.succeed("environ_sizes_get", &[0, 4])?;
    let (count, bytes) = (guest.read_u32(0)?, guest.read_u32(4)?);
    guest.succeed("environ_get", &[100, 200])?;
    assert_eq!((count, bytes, guest.read::<14>(200)?), (3, 14, *b"A=3\0AB=2\0=x=4\0"));
    Ok(())
}

#[test]
fn a_listing_needs_no_more_than_the_open_directory() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    let granted = folder.path().join("granted");
    std::fs::create_dir_all(granted.join("inner"))?;
    let mut guest = Guest::new(WasiBuilder::new().directory(&granted, "/", Access::ReadOnly))?;
    // Gone by name, and closed to everyone.
    std::fs::rename(&granted, folder.path().join("elsewhere"))?;
    std::fs::set_permissions(folder.path().join("elsewhere"), std::fs::Permissions::from_mode(0o000))?;
    for _ in 0..2 {
        guest.succeed("fd_readdir", &[3, 1000, 500, 0, 0])?;
        assert_eq!(guest.read_u32(0)?, 3 * 24 + 1 + 2 + 5);
    }
    Ok(())
}

#[test]
fn a_huge_directory_is_listed_whole() -> Result<()> {
    const COUNT: usize = 20_000;
    let folder = tempfile::tempdir()?;
    for number in 0..COUNT {
        std::fs::File::create(folder.path().join(format!("file number {number}")))?;
    }
    let mut guest = Guest::new(WasiBuilder::new().directory(folder.path(), "/", Access::ReadWrite))?;
    let mut names = std::collections::BTreeSet::new();
    let mut cookie = 0_u64;
    loop {
        const BUFFER: u64 = 4096;
        guest.succeed("fd_readdir", &[3, BUFFER, 1000, cookie, 0])?;
        let used = guest.read_u32(0)? as usize;
        let bytes = guest.read::<1000>(BUFFER)?;
        let mut rest = &bytes[..used];
        // An entry that is cut off is asked for again.
        while let Some((head, after)) = rest.split_at_checked(24) {
            let length = u32::from_le_bytes(head[16..20].try_into()?) as usize;
            let Some((name, after)) = after.split_at_checked(length) else { break };
            cookie = u64::from_le_bytes(head[..8].try_into()?);
            ensure!(names.insert(name.to_vec()), "{} is listed twice", String::from_utf8_lossy(name));
            // What was listed may go; what was not must still come.
            if name != b"." && name != b".." {
                std::fs::remove_file(folder.path().join(std::str::from_utf8(name)?))?;
            }
            rest = after;
        }
        if used < 1000 {
            break;
        }
    }
    ensure!(names.len() == COUNT + 2, "{} names", names.len());
    Ok(())
}
