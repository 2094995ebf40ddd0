//! Calls every function of WASI with arbitrary arguments on arbitrary memory.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder can be made"));
    wasmc_tests::fuzz::wasi_calls(bytes, folder.path()).expect("every function gives an error number");
});
