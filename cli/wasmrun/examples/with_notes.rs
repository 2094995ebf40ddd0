//! A `wasmrun` that has functions for programs compiled into it: `--abi notes::write` means them, and no file.
//!
//! ```sh
//! cargo build --release -p wasmrun --example with_notes
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use wasmc_abi::{AbiError, Grants, Permission};
use wasmc_loader::{Caller, HostError, Linker};

const PERMISSIONS: &[Permission<'_>] = &[
    Permission { name: "write", summary: "add notes", takes_value: false },
    Permission { name: "limit", summary: "how many notes there may be: 1000 if nothing is said", takes_value: true },
];

/// Notes that a program keeps with its host.
struct Notes {
    may_write: bool,
    limit: usize,
    all: Mutex<Vec<Vec<u8>>>,
}

fn define(grants: &Grants, linker: &mut Linker) -> Result<(), AbiError> {
    grants.check(PERMISSIONS)?;
    let limit = grants.value("limit").map_or(Ok(1000), str::parse);
    let limit = limit.map_err(|_| AbiError::Refused("limit: expected a number".to_owned()))?;
    let notes = Arc::new(Notes { may_write: grants.has("write"), limit, all: Mutex::default() });
    let own = Arc::clone(&notes);
    linker.function("notes", "count", move |_: &mut Caller<'_>| {
        own.all.lock().unwrap_or_else(PoisonError::into_inner).len() as i32
    })?;
    linker.function("notes", "add", move |caller: &mut Caller<'_>, address: u32, length: u32| {
        notes.add(caller, address.into(), length.into())
    })?;
    Ok(())
}

impl Notes {
    /// The new note's number, or -1 if there is no room for it.
    fn add(&self, caller: &Caller<'_>, address: u64, length: u64) -> Result<i32, HostError> {
        if !self.may_write {
            return Err("`add` of `notes` needs the grant 'write', which was not given".into());
        }
        let text = caller.memory().and_then(|memory| memory.read_vec(address, length));
        let text = text.ok_or("notes.add: the text is not inside of the memory")?;
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= self.limit {
            return Ok(-1);
        }
        all.push(text);
        Ok(all.len() as i32 - 1)
    }
}

fn main() {
    let status = wasmrun::main(std::env::args_os().collect(), &[("notes", &define)]);
    wasmrun::process::exit(status);
}
