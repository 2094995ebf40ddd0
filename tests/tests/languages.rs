//! Programs of several languages, built from source by toolchains that the registries have, print what they should:
//! each uses its language's own library widely. Toolchains that are not here are named.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use wasmc_tests::{binary, expected, root, tool};

/// A toolchain, and the program that it builds.
struct Language {
    name: &'static str,
    /// The program in `tests/programs`. It prints what `SOURCE.stdout` says.
    source: &'static str,
    /// How the program is built from its source; `None` if the toolchain is not here.
    build: fn(source: &Path, wasm: &Path) -> Option<Command>,
}

const LANGUAGES: &[Language] = &[
    Language { name: "C (ziglang)", source: "library.c", build: |source, wasm| zig("cc", &["-O1"], source, wasm) },
    Language {
        name: "C++ (ziglang)",
        source: "library.cpp",
        build: |source, wasm| zig("c++", &["-O1", "-fno-exceptions", "-std=c++20"], source, wasm),
    },
    Language {
        name: "C (Debian's clang and wasi-libc)",
        source: "library.c",
        build: |source, wasm| clang("clang", &["-O2", "-lm"], source, wasm),
    },
    Language {
        name: "C++ (Debian's clang and libc++)",
        source: "library.cpp",
        build: |source, wasm| clang("clang++", &["-O2", "-fno-exceptions", "-std=c++20"], source, wasm),
    },
    Language {
        name: "Zig",
        source: "library.zig",
        build: |source, wasm| {
            let mut command = tool::zig()?.bare("build-exe");
            command.args(["-target", "wasm32-wasi", "-O", "ReleaseSafe"]);
            command.arg(format!("-femit-bin={}", wasm.display())).arg(source);
            Some(command)
        },
    },
    Language {
        name: "Go",
        source: "library.go",
        build: |source, wasm| {
            let mut command = Command::new(tool::find("go")?);
            command.envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("GOFLAGS", "-mod=mod"), ("GOTOOLCHAIN", "local")]);
            command.args(["build", "-o"]).arg(wasm).arg(source);
            Some(command)
        },
    },
    Language {
        name: "Rust (Debian's rustc)",
        source: "library.rs",
        build: |source, wasm| {
            // Rustup's, which comes first in the search path, has no library for this target.
            let compiler = Path::new("/usr/bin/rustc");
            if !Path::new("/usr/lib/rustlib/wasm32-wasi").is_dir() || !compiler.is_file() {
                return None;
            }
            let mut command = Command::new(compiler);
            command.args(["--edition", "2021", "--target", "wasm32-wasi", "-O", "-o"]).arg(wasm).arg(source);
            Some(command)
        },
    },
    Language {
        name: "Rust (rustup's)",
        source: "library.rs",
        build: |source, wasm| {
            if !tool::has_rust_target() {
                return None;
            }
            let mut command = Command::new("rustc");
            command.args(["--edition", "2021", "--target", tool::RUST_TARGET, "-O", "-o"]).arg(wasm).arg(source);
            Some(command)
        },
    },
    Language {
        name: "AssemblyScript",
        source: "library.ts",
        build: |source, wasm| {
            let modules = tool::assemblyscript()?;
            let mut command = Command::new(tool::find("node")?);
            command.arg(modules.join("assemblyscript/bin/asc.js")).arg(source);
            // What the shim's configuration names, it names from here.
            command.args(["--config", "node_modules/@assemblyscript/wasi-shim/asconfig.json"]);
            command.args(["-O", "-o"]).arg(wasm).current_dir(modules.parent()?);
            Some(command)
        },
    },
];

fn zig(language: &str, options: &[&str], source: &Path, wasm: &Path) -> Option<Command> {
    let mut command = tool::zig()?.command(language);
    command.args(options).arg(source).arg("-o").arg(wasm);
    Some(command)
}

fn clang(compiler: &str, options: &[&str], source: &Path, wasm: &Path) -> Option<Command> {
    let library = if compiler == "clang" { "libc.a" } else { "libc++.a" };
    if !Path::new("/usr/lib/wasm32-wasi").join(library).is_file() || tool::find("wasm-ld").is_none() {
        return None;
    }
    let mut command = Command::new(tool::find(compiler)?);
    command.arg("--target=wasm32-wasi").args(options).arg(source).arg("-o").arg(wasm);
    Some(command)
}

#[test]
fn programs_of_many_languages_print_what_they_should() -> Result<()> {
    let mut missing = Vec::new();
    let mut failures = Vec::new();
    for language in LANGUAGES {
        match run(language) {
            Ok(true) => {}
            Ok(false) => missing.push(language.name),
            Err(error) => failures.push(format!("{}: {error:#}", language.name)),
        }
    }
    let count = LANGUAGES.len() - missing.len();
    wasmc_tests::say(&format!("{count} languages run, {} not here {missing:?}", missing.len()));
    ensure!(failures.is_empty(), "\n{}", failures.join("\n"));
    Ok(())
}

#[test]
fn ripgrep_searches_a_tree() -> Result<()> {
    const FILES: &[(&str, &str)] = &[
        (".gitignore", "built/\n*.log\n"),
        ("built/output", "needle, but ignored\n"),
        ("notes.log", "needle, but ignored\n"),
        ("deep/er/still.txt", "nothing\nthe needle (42) and the Needle\n"),
        ("hay.txt", "straw\nneedle 7\nstraw\n"),
        ("binary", "\0needle\0"),
    ];
    let Some(wasm) = tool::ripgrep() else {
        wasmc_tests::say("ripgrep cannot be built here (rustup target add wasm32-wasip1)");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("rg.o");
    tool::run(binary::wasmc()?.arg("compile").arg(&wasm).arg("-o").arg(&object))?;
    let tree = folder.path().join("tree");
    for (name, text) in FILES {
        let path = tree.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&tree))?;
        std::fs::write(path, text)?;
    }
    std::fs::create_dir(tree.join(".git"))?;
    let search = |arguments: &[&str]| -> Result<(Option<i32>, String)> {
        let grant = format!("{}::/", tree.display());
        let output = binary::wasmrun()?.args(["--dir", &grant]).arg(&object).args(arguments).output()?;
        Ok((output.status.code(), String::from_utf8(output.stdout)?))
    };
    let all = search(&["--sort", "path", "-n", r"needle \(?\d+", "/"])?;
    ensure!(
        all == (Some(0), "/deep/er/still.txt:2:the needle (42) and the Needle\n/hay.txt:2:needle 7\n".into()),
        "{all:?}"
    );
    let counted = search(&["--sort", "path", "-i", "--count-matches", "--no-ignore", "NEEDLE", "/"])?;
    let counts = "/built/output:1\n/deep/er/still.txt:2\n/hay.txt:1\n/notes.log:1\n";
    ensure!(counted == (Some(0), counts.into()), "{counted:?}");
    let none = search(&["haystack", "/"])?;
    ensure!(none == (Some(1), String::new()), "{none:?}");
    let missing = search(&["needle", "/nowhere"])?;
    ensure!(missing == (Some(2), String::new()), "{missing:?}");
    Ok(())
}

/// Whether the toolchain was there.
fn run(language: &Language) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("program.wasm");
    let source = root().join("tests/programs").join(language.source);
    let Some(mut build) = (language.build)(&source, &wasm) else { return Ok(false) };
    tool::run(&mut build)?;
    let object: PathBuf = folder.path().join("program.o");
    tool::run(binary::wasmc()?.arg("compile").arg(&wasm).arg("-o").arg(&object))?;
    let work = folder.path().join("work");
    std::fs::create_dir(&work)?;
    let output = binary::wasmrun()?
        .args(["--dir", &format!("{}::/work", work.display()), "--env", "GREETING=hi"])
        .arg(&object)
        .args(["one", "two"])
        .stdin(Stdio::null())
        .output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(3), "{}\n{stderr}", output.status);
    ensure!(stderr.ends_with("done\n"), "standard error is {stderr:?}");
    expected::check(&format!("{}.stdout", language.source), &output.stdout)?;
    Ok(true)
}
