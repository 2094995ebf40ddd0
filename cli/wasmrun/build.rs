//! Says how the released binaries are linked: what runs while a program starts lies side by side, on x86-64 Linux, and there are
//! no tables for unwinding, where libraries have no use for them.

fn main() {
    println!("cargo::rerun-if-changed=start.ld");
    println!("cargo::rerun-if-changed=no_unwinding.ld");
    let is = |variable, value: &str| std::env::var(variable).is_ok_and(|found| found == value);
    let is_musl = is("CARGO_CFG_TARGET_ENV", "musl");
    if is_musl && is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        link_by("start.ld");
    }
    // Profiles that are made of it abort when they panic; others unwind.
    if is_musl && is("PROFILE", "release") {
        link_by("no_unwinding.ld");
    }
    // As much stack as Linux gives a program.
    if is("CARGO_CFG_TARGET_OS", "windows") {
        println!("cargo::rustc-link-arg-bins=-Wl,--stack,8388608");
    }
}

/// Gives the linker this script, by way of a C compiler or, as .cargo/config.toml has it for AArch64, itself.
fn link_by(script: &str) {
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let is_linker = std::env::var("RUSTC_LINKER").is_ok_and(|linker| linker.ends_with("lld"));
    let option = if is_linker { "-T" } else { "-Wl,-T," };
    println!("cargo::rustc-link-arg-bins={option}{folder}/{script}");
}
