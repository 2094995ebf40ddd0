//! Finds the `wasmrun` of a target, and sees whether it can carry a program.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use goblin::Object;
use goblin::mach::Mach;
use goblin::mach::cputype::{CPU_TYPE_ARM64, CPU_TYPE_X86_64};
use wasmc_contract::target::{Architecture, System, Target};
use wasmc_contract::{CONTRACT_REVISION, CONTRACT_VERSION};
use wasmrun::embedded::{MAGIC, Slot};
use wasmrun::process::UsageError;

/// A `wasmrun` without a program.
pub(super) struct Stub {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) system: System,
    /// Where its slot lies in the file.
    pub(super) slot_offset: usize,
    /// The slot as it is.
    pub(super) slot: Slot,
}

/// The stub that was `named`, or one for `target` beside this executable.
pub(super) fn find(named: Option<&Path>, target: Target) -> anyhow::Result<Stub> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => beside(target)?,
    };
    let bytes = fs::read(&path).with_context(|| format!("cannot read '{}'", path.display()))?;
    read(&path, bytes, target).with_context(|| format!("'{}' is no wasmrun for {target}", path.display()))
}

fn read(path: &Path, bytes: Vec<u8>, target: Target) -> anyhow::Result<Stub> {
    let found = target_of(&bytes).context("it is not an executable of any target")?;
    ensure!(found == target, "it is an executable for {found}");
    let (slot_offset, slot) = match *slots(&bytes) {
        [] => bail!("it has no place for a program: it must be a wasmrun of this version"),
        [slot] => slot,
        _ => bail!("it has several places for a program, and only a wasmrun has one"),
    };
    ensure!(slot.artifact_offset == 0, "it carries a program already");
    ensure!(
        wasmc_contract::reads((slot.contract_version, slot.contract_revision), (CONTRACT_VERSION, CONTRACT_REVISION)),
        "it runs artifacts of layout {}.0 to {}.{}, and this wasmc makes {CONTRACT_VERSION}.{CONTRACT_REVISION}: take the \
         wasmrun of the same version",
        slot.contract_version,
        slot.contract_version,
        slot.contract_revision,
    );
    Ok(Stub { path: path.to_owned(), system: found.system, slot_offset, slot, bytes })
}

/// The slots in a file, with their offsets. Code that looks for slots has their magic text as well.
fn slots(bytes: &[u8]) -> Vec<(usize, Slot)> {
    let windows = bytes.windows(Slot::BYTES).enumerate().filter(|(_, window)| window.starts_with(&MAGIC));
    let slots = windows.filter_map(|(offset, window)| Some((offset, Slot::from_bytes(window.first_chunk()?))));
    slots.filter(|(_, slot)| slot.is_of_file(bytes.len() as u64)).collect()
}

/// What an executable is for.
fn target_of(bytes: &[u8]) -> Option<Target> {
    use goblin::elf::header::{EM_AARCH64, EM_X86_64};
    use goblin::pe::header::{COFF_MACHINE_ARM64, COFF_MACHINE_X86_64};
    let (is_x86_64, is_aarch64, system) = match Object::parse(bytes).ok()? {
        Object::Elf(elf) => (elf.header.e_machine == EM_X86_64, elf.header.e_machine == EM_AARCH64, System::Linux),
        Object::Mach(Mach::Binary(macho)) => {
            (macho.header.cputype == CPU_TYPE_X86_64, macho.header.cputype == CPU_TYPE_ARM64, System::Macos)
        }
        Object::PE(pe) => {
            let machine = pe.header.coff_header.machine;
            (machine == COFF_MACHINE_X86_64, machine == COFF_MACHINE_ARM64, System::Windows)
        }
        _ => return None,
    };
    let architecture = match (is_x86_64, is_aarch64) {
        (true, _) => Architecture::X86_64,
        (_, true) => Architecture::Aarch64,
        _ => return None,
    };
    Some(Target { architecture, system })
}

/// The first of the places where a stub for `target` may be, beside this executable.
fn beside(target: Target) -> anyhow::Result<PathBuf> {
    let executable = std::env::current_exe().context("cannot tell where wasmc is; name the wasmrun with --stub")?;
    let folder = executable.parent().unwrap_or(Path::new("."));
    let suffix = if target.system == System::Windows { ".exe" } else { "" };
    let mut places = vec![
        folder.join(format!("wasmrun-{target}{suffix}")),
        folder.join(target.to_string()).join(format!("wasmrun{suffix}")),
        folder.join("..").join(target.to_string()).join(format!("wasmrun{suffix}")),
    ];
    if Some(target) == Target::host() {
        places.insert(0, folder.join(format!("wasmrun{suffix}")));
    }
    if let Some(place) = places.iter().find(|place| place.is_file()) {
        return Ok(place.clone());
    }
    let listed: Vec<String> = places.iter().map(|place| format!("'{}'", place.display())).collect();
    bail!(UsageError(format!(
        "there is no wasmrun for {target}, into which the program would be put: name one with --stub, or put it at one of \
         {}",
        listed.join(", ")
    )))
}
