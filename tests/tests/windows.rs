//! What is Windows' own, run here by wine: the libraries' own tests (images of memories, unwinding, waiting), C programs with the C
//! library, and programs that wait for pipes and sockets.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use wasmc_compiler::{CompileOptions, compile};
use wasmc_tests::c_program::{self, CProgram};
use wasmc_tests::machine::Machine;
use wasmc_tests::{root, say, tool};

const X86_64: &str = "x86_64-windows";
const AARCH64: &str = "aarch64-windows";

/// Waits for the first connection to descriptor 3, or for standard input, and for a clock, again and again:
/// says `waits` the first time that the clock is first, then what it has read in one piece, and `ends` at the end.
const WAITER: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 512) "waits\nends\n")
    (func $say (param i32 i32)
        (i32.store (i32.const 0) (local.get 0))
        (i32.store (i32.const 4) (local.get 1))
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
    ;; Whether there is something to read, and not only time that has passed.
    (func $is_ready (param $from i32) (result i32)
        (memory.fill (i32.const 2048) (i32.const 0) (i32.const 96))
        (i32.store8 (i32.const 2056) (i32.const 1))         ;; fd_read
        (i32.store (i32.const 2064) (local.get $from))
        (i32.store (i32.const 2112) (i32.const 1))          ;; the monotonic clock
        (i64.store (i32.const 2120) (i64.const 50000000))
        (if (call $poll (i32.const 2048) (i32.const 3072) (i32.const 2) (i32.const 16)) (then unreachable))
        (if (i32.load16_u (i32.const 3080)) (then unreachable))
        (i32.eq (i32.load8_u (i32.const 3082)) (i32.const 1)))
    (func (export "_start") (local $from i32) (local $said i32)
        (if (i32.eqz (call $accept (i32.const 3) (i32.const 0) (i32.const 32)))
            (then (local.set $from (i32.load (i32.const 32)))))
        (loop $again
            (if (i32.eqz (call $is_ready (local.get $from))) (then
                (if (i32.eqz (local.get $said)) (then (call $say (i32.const 512) (i32.const 6))))
                (local.set $said (i32.const 1))
                (br $again)))
            (i32.store (i32.const 0) (i32.const 1024))
            (i32.store (i32.const 4) (i32.const 512))
            (if (call $read (local.get $from) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
            (if (i32.load (i32.const 8)) (then
                (call $say (i32.const 1024) (i32.load (i32.const 8)))
                (br $again))))
        (if (local.get $from)
            (then (if (call $shutdown (local.get $from) (i32.const 3)) (then unreachable))))
        (call $say (i32.const 518) (i32.const 5))))"#;

/// Tests that are in the libraries themselves, of which these have to be among those that pass.
#[test]
fn libraries_pass_their_own_tests() -> Result<()> {
    let packages: [(&str, &[&str]); 2] = [
        ("wasmc-loader", &["the_system_walks_over_compiled_code", "pages_of_a_file_come_back", "a_pipe_is_ready"]),
        ("wasmc-wasi", &["pipes_and_sockets_are_waited_for_together"]),
    ];
    for (target, (package, names)) in [X86_64, AARCH64].into_iter().flat_map(|target| packages.map(|of| (target, of))) {
        let Some(machine) = Machine::of(target)? else { continue };
        let output = machine.executable(&machine.tests_of(package)?)?.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{target}: {said}{}", String::from_utf8_lossy(&output.stderr));
        for name in names {
            ensure!(said.lines().any(|line| line.contains(name)), "{target}: {name} is not run: {said}");
        }
        let last = said.lines().find(|line| line.starts_with("test result")).context("no result")?;
        say(&format!("{target}: {package}'s own tests: {last}"));
    }
    Ok(())
}

#[test]
fn c_programs_link_the_library() -> Result<()> {
    let Some(machine) = Machine::of(X86_64)? else { return Ok(()) };
    let Some(compiler) = tool::find("x86_64-w64-mingw32-gcc") else {
        say("not tested: this machine has no x86_64-w64-mingw32-gcc");
        return Ok(());
    };
    let library = machine.library()?;
    let folder = tempfile::tempdir()?;
    for CProgram { module, source, expected } in
        [c_program::LINKED, c_program::THROWER, c_program::BOUNDED, c_program::IMPORTS]
    {
        let options = CompileOptions { interruptible: true, ..CompileOptions::new(machine.target) };
        let object = folder.path().join(format!("{source}.o"));
        std::fs::write(&object, compile(&wat::parse_str(module)?, &options)?.bytes())?;
        let program = folder.path().join(format!("{source}.exe"));
        let mut link = Command::new(&compiler);
        link.args(["-static", "-Wall", "-Werror", "-I"]).arg(root().join("loader/capi/include"));
        link.arg("-I").arg(root().join("tests/programs")).arg(root().join("tests/samples").join(source));
        link.arg(&object).arg(&library).args(["-lws2_32", "-luserenv", "-lntdll", "-o"]).arg(&program);
        tool::run(&mut link)?;
        let output = machine.executable(&program)?.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
        ensure!(said == expected, "{source}: {}: {said}", output.status);
    }
    say(&format!("{X86_64}: four C programs linked with the C library print what they print here"));
    Ok(())
}

/// The program that waits, ready for options.
fn waiter(machine: &Machine, folder: &tempfile::TempDir, options: &[&str]) -> Result<Command> {
    let object = folder.path().join("waiter.o");
    let artifact = compile(&wat::parse_str(WAITER)?, &CompileOptions::new(machine.target))?;
    std::fs::write(&object, artifact.bytes())?;
    let mut command = machine.command("wasmrun")?;
    command.args(options).arg(machine.file(&object)?).stdout(Stdio::piped());
    Ok(command)
}

fn expect_line(reader: &mut impl BufRead, expected: &str) -> Result<()> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    ensure!(line.trim_end() == expected, "{line:?}, expected {expected:?}");
    Ok(())
}

#[test]
fn programs_wait_for_pipes() -> Result<()> {
    let Some(machine) = Machine::of(X86_64)? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let mut child = waiter(&machine, &folder, &[])?.stdin(Stdio::piped()).spawn()?;
    let mut output = BufReader::new(child.stdout.take().context("a pipe")?);
    let mut input = child.stdin.take().context("a pipe")?;
    input.write_all(b"through a pipe\n")?;
    // Wine takes a pipe from outside for always ready.
    let mut line = String::new();
    output.read_line(&mut line)?;
    if line.trim_end() == "waits" {
        line.clear();
        output.read_line(&mut line)?;
    }
    ensure!(line.trim_end() == "through a pipe", "{line:?}");
    drop(input);
    expect_line(&mut output, "ends")?;
    ensure!(child.wait()?.success());
    Ok(())
}

#[test]
fn programs_wait_for_sockets() -> Result<()> {
    let Some(machine) = Machine::of(X86_64)? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    // The port is free again when the command asks for it.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut server = waiter(&machine, &folder, &["--tcplisten", &address.to_string()])?.stdin(Stdio::null()).spawn()?;
    let end = Instant::now() + Duration::from_secs(60);
    let mut client = loop {
        match TcpStream::connect(address) {
            Ok(client) => break client,
            Err(error) if Instant::now() > end => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut output = BufReader::new(server.stdout.take().context("a pipe")?);
    expect_line(&mut output, "waits")?;
    client.write_all(b"over the net\n")?;
    expect_line(&mut output, "over the net")?;
    client.shutdown(std::net::Shutdown::Write)?;
    expect_line(&mut output, "ends")?;
    let mut rest = Vec::new();
    client.read_to_end(&mut rest)?;
    ensure!(rest.is_empty() && server.wait()?.success());
    Ok(())
}
