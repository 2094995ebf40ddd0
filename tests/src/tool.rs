//! Programs of the machine that tests run, if it has them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

/// The program of this name in the search path.
pub fn find(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|directory| directory.join(name)).find(|path| path.is_file())
}

/// Runs `command` to its end; an error with what it wrote if it fails.
pub fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}

/// The module of a program of `../shared/corpus`, fetched from its registry; `None`, after saying so, if it cannot be.
pub fn corpus(name: &str) -> Result<Option<PathBuf>> {
    let script = crate::root().join("../shared/corpus/corpus.py");
    let fetched = match find("python3") {
        Some(python) if script.is_file() => Command::new(python).arg(&script).args(["fetch", name]).output()?,
        _ => {
            crate::say(&format!("{name} not reached: no ../shared/corpus, or no python3"));
            return Ok(None);
        }
    };
    if !fetched.status.success() {
        crate::say(&format!("{name} not reached: its registry cannot be"));
        return Ok(None);
    }
    // It prints the name, spaces and the path.
    let text = String::from_utf8(fetched.stdout)?;
    let path = text.trim().strip_prefix(name).with_context(|| format!("no path in {text:?}"))?;
    Ok(Some(path.trim_start().into()))
}

/// PyPI's `ziglang`: a compiler of Zig, C and C++ with a library for WASI.
#[derive(Clone, Debug)]
pub struct Zig(PathBuf);

/// Zig, if the machine has it; says so if not.
pub fn zig() -> Option<Zig> {
    let found = find("python3").filter(|python| {
        let version = Command::new(python).args(["-m", "ziglang", "version"]).output();
        version.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        crate::say("PyPI's ziglang is not here (pip install ziglang)");
    }
    found.map(Zig)
}

impl Zig {
    /// `zig COMMAND`
    pub fn bare(&self, command: &str) -> Command {
        let mut zig = Command::new(&self.0);
        zig.args(["-m", "ziglang", command]);
        zig
    }

    /// Writes a command into `folder` that is a C compiler for `target`, as zig calls it. (Who builds C beside Rust tells
    /// it another name.)
    pub fn c_compiler(&self, target: &str, folder: &Path) -> Result<PathBuf> {
        use std::os::unix::fs::PermissionsExt as _;
        let script = format!(
            "#!/bin/bash\narguments=()\nfor argument; do [[ $argument == --target=* ]] || arguments+=(\"$argument\"); done\n\
             exec {} -m ziglang cc -target {target} \"${{arguments[@]}}\"\n",
            self.0.display()
        );
        let path = folder.join(format!("cc-{target}"));
        // What is newer would have cargo build again all that was built with it.
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&script) {
            std::fs::create_dir_all(folder)?;
            std::fs::write(&path, script)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        }
        Ok(path)
    }

    /// The folder with the sources of its libraries.
    pub fn library(&self) -> Result<PathBuf> {
        let script = "import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), 'lib'))";
        let output = run(Command::new(&self.0).args(["-c", script]))?;
        Ok(String::from_utf8(output.stdout)?.trim().into())
    }

    /// `zig cc` or `zig c++`, for WASI.
    pub fn command(&self, language: &str) -> Command {
        let mut zig = self.bare(language);
        zig.arg("--target=wasm32-wasi");
        zig
    }
}

/// Whether the Rust that runs this has the library for programs of WASI (`rustup target add wasm32-wasip1`).
pub fn has_rust_target() -> bool {
    let output = Command::new("rustc").args(["--print", "target-libdir", "--target", RUST_TARGET]).output();
    output.is_ok_and(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

/// What Rust calls WASI preview 1.
pub const RUST_TARGET: &str = "wasm32-wasip1";

/// ripgrep, built from the registry's source for WASI; `None` if the target or the registry is not here.
pub fn ripgrep() -> Option<PathBuf> {
    let folder = crate::binary::directory().ok()?.with_file_name("ripgrep");
    let wasm = folder.join("bin/rg.wasm");
    if !has_rust_target() {
        return None;
    }
    if !wasm.is_file() {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["install", "ripgrep", "--version", "15.1.0", "--locked", "--no-track", "--target", RUST_TARGET]);
        cargo.arg("--root").arg(&folder).arg("--target-dir").arg(folder.join("target"));
        // Those of the tests' own build are not meant for it.
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        run(&mut cargo).ok()?;
    }
    Some(wasm)
}

/// A file of a package of the npm registry, fetched if it can be; says so if not.
pub fn npm_file(package: &str, version: &str, file: &str) -> Option<PathBuf> {
    let folder = crate::binary::directory().ok()?.with_file_name("npm").join(format!("{package}-{version}"));
    let found = folder.join("package").join(file);
    if !found.is_file() {
        std::fs::create_dir_all(&folder).ok()?;
        let packed = find("npm").and_then(|npm| {
            let mut pack = Command::new(npm);
            pack.args(["pack", "--silent", "--pack-destination"]).arg(&folder).arg(format!("{package}@{version}"));
            let output = run(&mut pack).ok()?;
            let name = String::from_utf8(output.stdout).ok()?;
            run(Command::new("tar").arg("xzf").arg(folder.join(name.trim().rsplit('/').next()?)).arg("-C").arg(&folder))
                .ok()
        });
        if packed.is_none() {
            crate::say(&format!("{package} not reached: no npm, or its registry cannot be"));
        }
    }
    found.is_file().then_some(found)
}

/// The `node_modules` folder with AssemblyScript and its shim for WASI, fetched from the registry if it can be.
pub fn assemblyscript() -> Option<PathBuf> {
    const PACKAGES: [&str; 2] = ["assemblyscript@0.28.20", "@assemblyscript/wasi-shim@0.1.0"];
    let folder = crate::binary::directory().ok()?.with_file_name("assemblyscript");
    let modules = folder.join("node_modules");
    if !modules.join("@assemblyscript/wasi-shim/asconfig.json").is_file() {
        std::fs::create_dir_all(&folder).ok()?;
        let mut npm = Command::new(find("npm")?);
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).args(PACKAGES);
        run(&mut npm).ok()?;
    }
    Some(modules)
}
