//! Tells builds of one version apart: gives the crate `WASMC_BUILD`, a hash over the sources that decide what code is made.
//!
//! The same sources give the same build, wherever they are compiled: entries of the cache can be carried to another
//! machine. A package of the registry has none of these beside it, and its version says enough.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// The compiler, what it shares with the loader, how text is read, and which versions of other crates are used.
const SOURCES: &[&str] = &[
    "../Cargo.lock",
    "../Cargo.toml",
    "../compiler/Cargo.toml",
    "../compiler/src",
    "../loader/contract/src",
    "src/input.rs",
];

fn main() {
    // A fixed hasher without keys: what it gives is compared with nothing but itself.
    let mut hasher = DefaultHasher::new();
    for source in SOURCES.iter().map(Path::new).filter(|source| source.exists()) {
        println!("cargo::rerun-if-changed={}", source.display());
        let mut files = Vec::new();
        collect(source, &mut files);
        files.sort();
        for file in files {
            let contents = fs::read(&file).expect("a source can be read");
            (file.to_string_lossy(), contents).hash(&mut hasher);
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=start.ld");
    // Lays out what runs while a program starts side by side, in the binaries that are released for x86-64 Linux.
    let is = |variable, value: &str| std::env::var(variable).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_ENV", "musl") && is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/start.ld");
    }
    // As much stack as Linux gives a program.
    if is("CARGO_CFG_TARGET_OS", "windows") {
        println!("cargo::rustc-link-arg-bins=-Wl,--stack,8388608");
    }
    println!("cargo::rustc-env=WASMC_BUILD={:016x}", hasher.finish());
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder of sources can be read") {
            collect(&entry.expect("it can be listed").path(), files);
        }
    } else {
        files.push(path.to_owned());
    }
}
