//! Programs in a terminal: an interactive interpreter is one there, and Ctrl-C ends it.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use wasmc_tests::module::{Module, unsigned};
use wasmc_tests::{binary, tool};

/// A command in a terminal of its own.
struct Terminal {
    child: Child,
    keyboard: std::fs::File,
    screen: Receiver<Vec<u8>>,
    /// What was shown and not expected yet.
    shown: String,
}

impl Terminal {
    fn start(command: &Command) -> Result<Self> {
        let (terminal, end) = pty_process::blocking::open()?;
        terminal.resize(pty_process::Size::new(24, 80))?;
        let arguments = command.get_args();
        let child = pty_process::blocking::Command::new(command.get_program()).args(arguments).spawn(end)?;
        let keyboard = std::fs::File::from(std::os::fd::OwnedFd::from(terminal));
        let mut reader = keyboard.try_clone()?;
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Once the program is gone, reading is an error.
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, keyboard, screen, shown: String::new() })
    }

    /// Waits until `text` is shown.
    fn expect(&mut self, text: &str) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(at) = self.shown.find(text) {
                self.shown.drain(..at + text.len());
                return Ok(());
            }
            match self.screen.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    bail!("{text:?} was not shown, but {:?}", self.shown)
                }
            }
        }
    }

    fn press(&mut self, keys: &str) -> Result<()> {
        Ok(self.keyboard.write_all(keys.as_bytes())?)
    }
}

/// CPython of the corpus as an object in `folder`; `None`, after saying so, if it cannot be reached.
fn python(folder: &Path) -> Result<Option<PathBuf>> {
    let fetched = tool::corpus("cpython-eval")?;
    let Some(wasm) = fetched else { return Ok(None) };
    let object = folder.join("python.o");
    tool::run(binary::wasmc()?.args(["compile", "-O0"]).arg(wasm).arg("-o").arg(&object))?;
    Ok(Some(object))
}

#[test]
fn an_interpreter_is_interactive_in_a_terminal() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let Some(object) = python(folder.path())? else { return Ok(()) };
    let mut terminal = Terminal::start(binary::wasmrun()?.arg(&object))?;
    terminal.expect(">>> ")?;
    terminal.press("print(6 * 7, __import__('sys').stdin.isatty())\n")?;
    terminal.expect("42 True")?;
    terminal.expect(">>> ")?;
    terminal.press("for i in range(2):\n")?;
    terminal.expect("... ")?;
    terminal.press("    print('line', i)\n\n")?;
    terminal.expect("line 0\r\nline 1\r\n")?;
    terminal.press("raise SystemExit(5)\n")?;
    let status = terminal.child.wait()?;
    ensure!(status.code() == Some(5), "{status}");
    Ok(())
}

#[test]
fn long_work_shows_its_progress_to_a_person() -> Result<()> {
    const COUNT: u32 = 100_000;
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("long.wasm");
    let mut module = Module::default();
    module.type_of_number();
    (0..COUNT).for_each(|_| module.function(0));
    (0..COUNT).for_each(|index| module.body(&[&[0x10][..], &unsigned(index.into())].concat()));
    std::fs::write(&wasm, module.finish())?;
    let mut command = binary::wasmc()?;
    command.arg("compile").arg(&wasm);
    let mut terminal = Terminal::start(&command)?;
    terminal.expect("compiling ")?;
    terminal.expect(" %")?;
    let status = terminal.child.wait()?;
    ensure!(status.success(), "{status}");
    // And nothing to a pipe.
    let output = tool::run(&mut command)?;
    ensure!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    Ok(())
}

#[test]
fn an_interrupting_key_ends_a_program() -> Result<()> {
    const SOURCE: &str = r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\06\00\00\00") (data (i32.const 16) "ready\n")
        (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("wait.wat");
    std::fs::write(&text, SOURCE)?;
    let object = folder.path().join("wait.o");
    tool::run(binary::wasmc()?.arg("compile").arg(&text))?;
    let mut terminal = Terminal::start(binary::wasmrun()?.arg(&object))?;
    terminal.expect("ready")?;
    terminal.press("\x03")?;
    let status = terminal.child.wait()?;
    // SIGINT
    ensure!(status.signal() == Some(2), "{status}");
    Ok(())
}
