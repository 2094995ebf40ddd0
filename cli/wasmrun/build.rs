//! Lays out what runs while a program starts side by side, in the binaries that are released for x86-64 Linux.

fn main() {
    println!("cargo::rerun-if-changed=start.ld");
    let is = |variable, value: &str| std::env::var(variable).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_ENV", "musl") && is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/start.ld");
    }
    // As much stack as Linux gives a program.
    if is("CARGO_CFG_TARGET_OS", "windows") {
        println!("cargo::rustc-link-arg-bins=-Wl,--stack,8388608");
    }
}
