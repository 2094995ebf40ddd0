//! Tells debuggers and profilers of code that is mapped: on request, since it costs time and memory.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use crate::error::SystemError;
use crate::image::Image;

mod gdb;

/// Who is told of an image's code.
#[derive(Clone, Copy, Debug, Default)]
pub struct DebugOptions {
    /// gdb and lldb, by their interface for code that a program generates.
    pub gdb: bool,
    /// Linux's perf, by the file `/tmp/perf-PID.map`.
    pub perf: bool,
}

/// The file of this process, once it is needed: all images are in it.
static PERF_MAP: Mutex<Option<File>> = Mutex::new(None);

/// What a debugger was told, until it is dropped.
pub(crate) struct Registration {
    #[expect(dead_code, reason = "held for its drop")]
    gdb: gdb::Entry,
}

pub(crate) fn register(image: &Image, options: DebugOptions) -> Result<(), SystemError> {
    if options.perf {
        write_perf_map(image)?;
    }
    if options.gdb {
        let inner = &*image.inner;
        let mut registration = inner.debug().lock().unwrap_or_else(PoisonError::into_inner);
        if registration.is_none()
            && let Some(object) = inner.file_bytes().and_then(|bytes| gdb::loaded_object(bytes, inner.text))
        {
            *registration = Some(Registration { gdb: gdb::Entry::new(object) });
        }
    }
    Ok(())
}

/// `start length name` in hexadecimal, a line for each function.
fn write_perf_map(image: &Image) -> Result<(), SystemError> {
    let inner = &*image.inner;
    let mut lines = String::new();
    for (index, record) in (0_u32..).zip(inner.metadata.functions.iter()) {
        let start = image.text_address(record.text_offset);
        let _ = write!(lines, "{start:x} {:x} ", record.text_length);
        let _ = match image.function_name(index) {
            Some(name) => writeln!(lines, "{}", name.replace(['\n', '\r'], " ")),
            None => writeln!(lines, "function[{index}]"),
        };
    }
    let mut file = PERF_MAP.lock().unwrap_or_else(PoisonError::into_inner);
    let written = match &mut *file {
        Some(file) => file.write_all(lines.as_bytes()),
        none => create_perf_map().and_then(|file| none.insert(file).write_all(lines.as_bytes())),
    };
    written.map_err(|source| SystemError { operation: "write the map for perf", source })
}

/// The file that perf reads, in the place of what a process with the same number may have left.
fn create_perf_map() -> std::io::Result<File> {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Never what someone else has put there meanwhile.
    std::fs::OpenOptions::new().write(true).create_new(true).open(path)
}
