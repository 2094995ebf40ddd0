//! What fuzzing does with arbitrary bytes. `fuzz/` has a target for each; the tests run each for a while as well.

use std::path::Path;

use anyhow::{Result, ensure};
use arbitrary::{Arbitrary, Unstructured};
use wasmc_wasi::{Access, MemoryDirectory, Output, WasiBuilder};

use crate::guest::{FUNCTIONS, Guest, PAGES};

/// The largest error number of the interface.
const ERROR_NUMBER_MAX: i32 = 76;
/// The most calls that are made of one input.
const CALLS_MAX: usize = 64;
/// The most that a file is asked to be given on disk.
const ALLOCATED_BYTES_MAX: u64 = 1 << 16;

/// Calls WASI's functions, in an order and with arguments that `bytes` say, on memory that they fill, with a grant of
/// `folder`. Each gives an error number; none panics.
///
/// # Errors
///
/// If a function does anything else.
pub fn wasi_calls(bytes: &[u8], folder: &Path) -> Result<()> {
    let mut source = Unstructured::new(bytes);
    let output = Output::new();
    let memory = MemoryDirectory::with_limit(1 << 20);
    memory.write("a", "contents")?;
    memory.create_directory("b")?;
    memory.symlink("a", "link")?;
    // Streams in memory and a clock of its own: nothing is waited for.
    let builder = WasiBuilder::new()
        .arguments(["program", "argument"])
        .environment("NAME", "value")
        .stdin_bytes(*b"some input that is there to be read")
        .stdout_bytes(&output)
        .directory(folder, "/", Access::ReadWrite)
        .directory(folder, "/ro", Access::ReadOnly)
        .memory_directory(&memory, "/memory", Access::ReadWrite)
        .virtual_clock(1_000_000_000)
        .seeded_random(1);
    let mut guest = Guest::new(builder)?;
    for _ in 0..CALLS_MAX {
        if source.is_empty() {
            break;
        }
        for _ in 0..source.int_in_range(0..=3).unwrap_or(0) {
            write(&mut guest, &mut source)?;
        }
        let Ok((name, parameters)) = source.choose(FUNCTIONS) else { break };
        let mut arguments = Vec::new();
        for kind in parameters.bytes() {
            arguments.push(argument(&mut source, kind).unwrap_or(0));
        }
        if *name == "fd_allocate" {
            // It would take the disk's space, as it should.
            arguments[1..].iter_mut().for_each(|bytes| *bytes %= ALLOCATED_BYTES_MAX);
        }
        let number = guest.call(name, &arguments)?;
        ensure!((0..=ERROR_NUMBER_MAX).contains(&number), "{name}{arguments:?} gives error number {number}");
    }
    Ok(())
}

/// Puts something into memory: bytes, a path, or the words of buffers and subscriptions.
fn write(guest: &mut Guest, source: &mut Unstructured<'_>) -> Result<()> {
    const PATHS: &[&str] = &["a", "b/c", "../a", "/", ".", "a/", "b", "", "b/../a", "link", "\u{ff}", "a\0"];
    let address = address(source).unwrap_or(0);
    let bytes = match source.int_in_range(0..=2).unwrap_or(0) {
        0 => source.bytes(source.len().min(48)).unwrap_or_default().to_vec(),
        1 => source.choose(PATHS).copied().unwrap_or_default().as_bytes().to_vec(),
        _ => (0..6).flat_map(|_| (argument(source, b'i').unwrap_or(0) as u32).to_le_bytes()).collect(),
    };
    // Where it does not fit, there is nothing to write.
    let fits = address + bytes.len() as u64 <= PAGES * 65536;
    if fits { guest.write(address, &bytes) } else { Ok(()) }
}

/// A number that is likely to mean something: a descriptor, a flag, an address at an edge; or any.
fn argument(source: &mut Unstructured<'_>, kind: u8) -> arbitrary::Result<u64> {
    Ok(match source.int_in_range(0..=4)? {
        0 => source.int_in_range(0..=8)?,
        1 => address(source)?,
        2 => source.int_in_range(0..=64)?,
        3 => *source.choose(&[u64::MAX, 1 << 31, u32::MAX.into(), 1 << 63, PAGES * 65536])?,
        _ if kind == b'i' => u32::arbitrary(source)?.into(),
        _ => u64::arbitrary(source)?,
    })
}

/// An address: one of a few, so that what is written is found; or close to the memory's end.
fn address(source: &mut Unstructured<'_>) -> arbitrary::Result<u64> {
    Ok(match source.int_in_range(0..=2)? {
        0 => source.int_in_range(0..=15)? * 16,
        1 => PAGES * 65536 - source.int_in_range(0..=32)?,
        _ => source.int_in_range(0..=PAGES * 65536)?,
    })
}
