//! Lays out what runs while a program starts side by side, in the binaries that are released for Linux.

fn main() {
    println!("cargo::rerun-if-changed=start.ld");
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "musl") {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/start.ld");
    }
}
