//! Exceptions of real programs: `setjmp` and C++ in both encodings; and what embedders throw, catch and pass on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail, ensure};
use wait4::Wait4;
use wasmc_compiler::CompileOptions;
use wasmc_compiler::options::Optimization;
use wasmc_loader::{
    Caller, ExceptionReference, Function, FunctionType, HostError, Image, Linker, MemoryBudget, Outcome, Store,
    StoreOptions, Tag, TagType, TrapCode, Uncaught, Value, ValueType,
};
use wasmc_tests::tool::Zig;
use wasmc_tests::{binary, expected, root, tool, tries};

/// The two encodings, by what the C compiler calls them.
const ENCODINGS: [&str; 2] = ["-wasm-use-legacy-eh=true", "-wasm-use-legacy-eh=false"];

fn source(name: &str) -> PathBuf {
    root().join("tests/programs/exceptions").join(name)
}

/// Compiles a module, and runs it with `arguments`: the status, standard output and standard error.
fn run(wasm: &Path, arguments: &[&str]) -> Result<(Option<i32>, Vec<u8>, String)> {
    let object = wasm.with_extension("o");
    if !object.is_file() {
        tool::run(binary::wasmc()?.arg("compile").arg(wasm).arg("-o").arg(&object))?;
    }
    let output = binary::wasmrun()?.arg(&object).args(arguments).stdin(Stdio::null()).output()?;
    Ok((output.status.code(), output.stdout, String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn setjmp_and_longjmp_work_in_both_encodings() -> Result<()> {
    let Some(zig) = tool::zig() else { return Ok(()) };
    for encoding in ENCODINGS {
        let folder = tempfile::tempdir()?;
        let wasm = folder.path().join("setjmp.wasm");
        let mut compiler = zig.command("cc");
        compiler.args(["-O2", "-mexception-handling", "-mllvm", "-wasm-enable-sjlj", "-mllvm", encoding]);
        tool::run(compiler.arg(source("setjmp.c")).arg(source("tags.s")).arg("-o").arg(&wasm))?;
        let (status, stdout, stderr) = run(&wasm, &[])?;
        ensure!(status == Some(0), "{encoding}: {status:?}\n{stderr}");
        expected::check("exceptions/setjmp.c.stdout", &stdout).context(encoding)?;
        let (status, _, stderr) = run(&wasm, &["nowhere"])?;
        let message = "wasmrun: trap: uncaught exception: tag 0 (i32 ";
        ensure!(status == Some(134) && stderr.starts_with(message), "{encoding}: {status:?}\n{stderr}");
        ensure!(stderr.contains("__wasm_longjmp") && stderr.contains("setjmp.c:"), "{stderr}");
    }
    Ok(())
}

/// Compiles the C++ program with zig's libraries, and those files of them that zig leaves out.
fn compile_cpp(zig: &Zig, encoding: &str, folder: &Path) -> Result<PathBuf> {
    let library = zig.library()?;
    let common = |language: &str| {
        let mut compiler = zig.command(language);
        compiler.args(["-w", "-O2", "-fwasm-exceptions", "-mexception-handling", "-fdeclspec", "-mllvm", encoding]);
        compiler.args(["-D__WASM_EXCEPTIONS__", "-D_LIBCXXABI_BUILDING_LIBRARY", "-D_LIBCPP_BUILDING_LIBRARY"]);
        for include in ["libunwind/include", "libunwind/src", "libcxxabi/include", "libcxxabi/src", "libcxx/src"] {
            compiler.arg("-I").arg(library.join(include));
        }
        compiler
    };
    let unwind = folder.join("unwind.o");
    let source_of_unwind = library.join("libunwind/src/Unwind-wasm.c");
    tool::run(common("cc").arg("-c").arg(source_of_unwind).arg("-o").arg(&unwind))?;
    let wasm = folder.join("exceptions.wasm");
    let mut compiler = common("c++");
    // These first: the libraries have functions of the same names, which know no exceptions.
    for name in ["cxa_exception.cpp", "cxa_personality.cpp"] {
        compiler.arg(library.join("libcxxabi/src").join(name));
    }
    compiler.arg("-std=c++20").arg(unwind).arg(source("exceptions.cpp")).arg(source("tags.s"));
    tool::run(compiler.arg("-o").arg(&wasm))?;
    Ok(wasm)
}

#[test]
fn cpp_exceptions_work_in_both_encodings() -> Result<()> {
    let Some(zig) = tool::zig() else { return Ok(()) };
    for encoding in ENCODINGS {
        let folder = tempfile::tempdir()?;
        let wasm = compile_cpp(&zig, encoding, folder.path())?;
        let (status, stdout, stderr) = run(&wasm, &[])?;
        ensure!(status == Some(0), "{encoding}: {status:?}\n{stderr}");
        expected::check("exceptions/exceptions.cpp.stdout", &stdout).context(encoding)?;
        for (how, message) in [
            ("uncaught", "wasmrun: trap: uncaught exception: tag 0 (i32 "),
            ("noexcept", "libc++abi: terminating"),
            ("twice", "libc++abi: terminating"),
        ] {
            let (status, _, stderr) = run(&wasm, &[how])?;
            ensure!(status == Some(134) && stderr.starts_with(message), "{encoding}, {how}: {status:?}\n{stderr}");
        }
    }
    Ok(())
}

/// The same program says the same when it is compiled for this machine.
#[test]
fn cpp_exceptions_are_those_of_native_programs() -> Result<()> {
    let Some(compiler) = tool::find("c++") else {
        wasmc_tests::say("not tested: this machine has no c++");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("exceptions");
    let mut compile = Command::new(compiler);
    tool::run(compile.args(["-w", "-std=c++20"]).arg(source("exceptions.cpp")).arg("-o").arg(&program))?;
    expected::check("exceptions/exceptions.cpp.stdout", &tool::run(&mut Command::new(&program))?.stdout)
}

#[test]
fn exceptions_that_nobody_needs_take_no_memory() -> Result<()> {
    // Each exception refers to the one before, which is let go with it.
    const SOURCE: &str = r#"(module
        (tag $number (param i32))
        (tag $chained (param i32 exnref))
        (global $kept (mut exnref) (ref.null exn))
        (table $table 10 exnref)
        (func $throw (param i32) (throw $number (local.get 0)))
        (func (export "run") (param $count i32) (result i32)
            (local $sum i32) (local $caught exnref)
            (loop $next
                (block $done
                    (block $first (result i32)
                        (try_table (catch $number $first) (call $throw (local.get $count)))
                        (br $done))
                    (local.set $sum (i32.add (local.get $sum))))
                (block $second (result exnref)
                    (try_table (result exnref) (catch_all_ref $second)
                        (throw $chained (local.get $count) (ref.null exn))))
                (local.set $caught)
                (global.set $kept (local.get $caught))
                (table.set $table (i32.rem_u (local.get $count) (i32.const 10)) (local.get $caught))
                (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
            (local.get $sum)))"#;
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("throw.o");
    std::fs::write(folder.path().join("throw.wat"), SOURCE)?;
    tool::run(binary::wasmc()?.arg("compile").arg(folder.path().join("throw.wat")).arg("-o").arg(&object))?;
    let peak = |count: u32| -> Result<u64> {
        let mut command = binary::wasmrun()?;
        command.args(["--invoke", "run"]).arg(&object).arg(count.to_string()).stdout(Stdio::null());
        let mut child = command.spawn()?;
        let ended = child.wait4()?;
        ensure!(ended.status.success(), "{:?}", ended.status);
        Ok(ended.rusage.maxrss)
    };
    let (few, many) = (peak(20_000)?, peak(2_000_000)?);
    wasmc_tests::say(&format!("40,000 exceptions: {few} bytes at most, 4,000,000: {many}"));
    ensure!(many < few + (1 << 20), "{few} bytes with few, {many} with many");
    Ok(())
}

/// Counts how often it was dropped.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

const HOSTED: &str = r#"(module
    (import "host" "tag" (tag $host (param i64)))
    (import "host" "throw" (func $host_throw (param i64)))
    (import "host" "back" (func $back (param i32)))
    (tag $own (export "own") (param i32 f32))
    (func (export "act") (param $what i32)
        (if (i32.eq (local.get $what) (i32.const 1)) (then (throw $own (i32.const 7) (f32.const 0.25))))
        (if (i32.eq (local.get $what) (i32.const 2)) (then unreachable))
        (if (i32.eq (local.get $what) (i32.const 3)) (then (call $host_throw (i64.const 33))))
        ;; Through the host, and through it again.
        (if (i32.gt_s (local.get $what) (i32.const 9))
            (then (call $back (i32.sub (local.get $what) (i32.const 10))))))
    ;; 1 and what it carries for our own exception, 2 for the host's, 3 for any other, 0 for none.
    (func (export "catch") (param $what i32) (result i32 i64)
        (local $number i64)
        (block $other
            (block $host (result i64)
                (block $own (result i32 f32)
                    (try_table (catch $own $own) (catch $host $host) (catch_all $other)
                        (call $back (local.get $what)))
                    (return (i32.const 0) (i64.const 0)))
                drop
                (local.set $number (i64.extend_i32_s))
                (return (i32.const 1) (local.get $number)))
            (local.set $number)
            (return (i32.const 2) (local.get $number)))
        (i32.const 3) (i64.const 0)))"#;

#[test]
fn exceptions_pass_through_host_functions_in_order() -> Result<()> {
    let artifact = wasmc_compiler::compile(&wat::parse_str(HOSTED)?, &wasmc_tests::compile_options())?;
    let image = Image::from_bytes(artifact.bytes())?;
    let mut store = Store::new(StoreOptions::default())?;
    let tag = Tag::new(&mut store, &TagType { function: FunctionType::new([ValueType::I64], []) });
    let dropped = Arc::new(AtomicU32::new(0));
    let mut linker = Linker::new();
    linker.define("host", "tag", tag)?;
    linker.function("host", "throw", move |caller: &mut Caller<'_>, number: i64| {
        let exception = ExceptionReference::new(caller.store(), &tag, &[Value::I64(number)])
            .map_err(|error| HostError::Message(error.to_string()))?;
        Err::<(), _>(HostError::Exception(exception))
    })?;
    let counter = Arc::clone(&dropped);
    linker.function("host", "back", move |caller: &mut Caller<'_>, what: i32| {
        let _tidied = Counted(Arc::clone(&counter));
        let instance = caller.instance().ok_or("a caller")?;
        let act = instance.function(caller.store(), "act").ok_or("act")?;
        match act.call(caller.store(), &[Value::I32(what)]).map_err(|error| error.to_string())? {
            Outcome::Returned(_) => Ok(()),
            Outcome::Threw(uncaught) => Err(uncaught.into()),
            Outcome::Trapped(report) => Err(HostError::Raised(report)),
            Outcome::Exited(status) => Err(HostError::Exit(status)),
        }
    })?;
    let instance = linker.instantiate(&mut store, &image)?;
    let catch = instance.function(&store, "catch").context("catch")?;
    let mut caught = |what: i32| catch.call(&mut store, &[Value::I32(what)]);
    for (what, expected, frames) in [
        (0, (0, 0), 1),
        (1, (1, 7), 1),
        (11, (1, 7), 2),
        (31, (1, 7), 4),
        (3, (2, 33), 1),
        (13, (2, 33), 2),
        (53, (2, 33), 6),
    ] {
        let before = dropped.load(Ordering::SeqCst);
        let outcome = caught(what)?;
        let (kind, number) = expected;
        ensure!(
            matches!(&outcome, Outcome::Returned(it) if it[..] == [Value::I32(kind), Value::I64(number)]),
            "{what}: {outcome:?}"
        );
        ensure!(dropped.load(Ordering::SeqCst) - before == frames, "{what}: the host's frames were not left in order");
    }
    // A trap is no exception: nothing catches it.
    for what in [2, 12, 32] {
        let outcome = caught(what)?;
        ensure!(matches!(&outcome, Outcome::Trapped(it) if it.code == TrapCode::Unreachable), "{what}: {outcome:?}");
    }
    // What nothing catches comes to the embedder, who looks at it.
    let act = instance.function(&store, "act").context("act")?;
    let Outcome::Threw(Uncaught { exception, report }) = act.call(&mut store, &[Value::I32(21)])? else {
        bail!("it must throw")
    };
    ensure!(report.to_string().contains("own (i32 7, f32 0.25)"), "{report}");
    ensure!(report.frames.len() == 3, "{report}");
    let own = instance.export(&store, "own").and_then(wasmc_loader::Extern::tag).context("own")?;
    ensure!(exception.tag(&store)? == own && own != tag);
    ensure!(exception.fields(&store)? == [Value::I32(7), Value::F32(0.25_f32.to_bits())]);
    // And once the store has run something else, the reference means nothing more.
    act.call(&mut store, &[Value::I32(0)])?;
    ensure!(exception.tag(&store).is_err());
    Ok(())
}

/// Node runs the older encoding: it is asked what modules full of it do.
#[test]
fn older_exceptions_do_what_they_do_in_node() -> Result<()> {
    const COUNT: u64 = 150;
    const ARGUMENTS: [i32; 8] = [0, 1, 5, 37, 90, 170, 255, -1];
    let Some(node) = tool::find("node") else {
        wasmc_tests::say("not tested: this machine has no node");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let mut found = Vec::new();
    for seed in 0..COUNT {
        let wasm = wat::parse_str(tries::module(seed)).with_context(|| format!("seed {seed}"))?;
        std::fs::write(folder.path().join(format!("{seed}.wasm")), &wasm)?;
        let mut results = Vec::new();
        for optimization in [Optimization::None, Optimization::Full] {
            let options = CompileOptions { optimization, ..wasmc_tests::compile_options() };
            let image = Image::from_bytes(wasmc_compiler::compile(&wasm, &options)?.bytes())?;
            for argument in ARGUMENTS {
                let mut store = Store::new(StoreOptions::default())?;
                let instance = Linker::new().instantiate(&mut store, &image)?;
                let run = instance.function(&store, "run").context("run")?;
                match run.call(&mut store, &[Value::I32(argument)])? {
                    Outcome::Returned(values) if let [Value::I64(log)] = values[..] => {
                        results.push(format!("{seed} {argument} {log}"));
                    }
                    other => bail!("seed {seed}, {argument}: {other:?}"),
                }
            }
        }
        let full = results.split_off(ARGUMENTS.len());
        ensure!(results == full, "seed {seed}: {results:?} without optimisation, {full:?} with it");
        found.extend(full);
    }
    let mut command = Command::new(node);
    command.arg(source("node.js")).arg(folder.path()).arg(COUNT.to_string());
    let output = tool::run(command.args(ARGUMENTS.map(|argument| argument.to_string())))?;
    let expected = String::from_utf8(output.stdout)?;
    for (expected, found) in expected.lines().zip(&found) {
        ensure!(expected == found, "node: {expected}, here: {found}\n(seed, argument, log)");
    }
    ensure!(
        expected.lines().count() == found.len(),
        "{} results of node, {} here",
        expected.lines().count(),
        found.len()
    );
    wasmc_tests::say(&format!("seeds 0..{COUNT}: {} runs of older exceptions as in node", found.len()));
    Ok(())
}

/// What compiled code holds while a host function calls back stays, however much is thrown meanwhile.
#[test]
fn an_exception_that_is_held_across_a_host_call_stays() -> Result<()> {
    const SOURCE: &str = r#"(module
        (import "host" "back" (func $back))
        (tag $number (param i32))
        (func $throw (param i32) (throw $number (local.get 0)))
        (func (export "hold") (result i32) (local $held exnref)
            (block $caught (result exnref)
                (try_table (catch_all_ref $caught) (call $throw (i32.const 7)))
                unreachable)
            (local.set $held)
            (call $back)
            (block $again (result i32)
                (try_table (catch $number $again) (throw_ref (local.get $held)))
                unreachable))
        (func (export "churn") (local $left i32)
            (local.set $left (i32.const 5000))
            (loop $next
                (block $done (try_table (catch_all $done) (call $throw (i32.const 99))))
                (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"#;
    for optimization in [Optimization::None, Optimization::Full] {
        let options = CompileOptions { optimization, ..wasmc_tests::compile_options() };
        let image = Image::from_bytes(wasmc_compiler::compile(&wat::parse_str(SOURCE)?, &options)?.bytes())?;
        let mut store = Store::new(StoreOptions::default())?;
        let mut linker = Linker::new();
        linker.function("host", "back", |caller: &mut Caller<'_>| {
            let churn = caller.instance().and_then(|instance| instance.function(caller.store(), "churn"));
            let called = churn.ok_or("churn")?.call(caller.store(), &[]).map_err(|error| error.to_string())?;
            if matches!(called, Outcome::Returned(_)) { Ok(()) } else { Err(HostError::from("it must return")) }
        })?;
        let instance = linker.instantiate(&mut store, &image)?;
        let hold = instance.function(&store, "hold").context("hold")?;
        let outcome = hold.call(&mut store, &[])?;
        ensure!(matches!(&outcome, Outcome::Returned(it) if it[..] == [Value::I32(7)]), "{outcome:?}");
    }
    Ok(())
}

/// What hosts throw, or pass on, is let go like what the program throws: within one call of the program.
#[test]
fn what_hosts_throw_is_let_go() -> Result<()> {
    const SOURCE: &str = r#"(module
        (import "host" "tag" (tag $host (param i64)))
        (import "host" "throw" (func $throw))
        (import "host" "pass" (func $pass))
        (tag $own (param i64))
        (func (export "act") (throw $own (i64.const 5)))
        (func (export "run") (param $left i32)
            (loop $next
                (block $thrown (result i64)
                    (try_table (catch $host $thrown) (call $throw))
                    unreachable)
                drop
                (block $passed (result i64)
                    (try_table (catch $own $passed) (call $pass))
                    unreachable)
                drop
                (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"#;
    let artifact = wasmc_compiler::compile(&wat::parse_str(SOURCE)?, &wasmc_tests::compile_options())?;
    // Far less than all of them take.
    let mut options = StoreOptions::default();
    options.memory = MemoryBudget::new(1 << 20);
    let mut store = Store::new(options)?;
    let tag = Tag::new(&mut store, &TagType { function: FunctionType::new([ValueType::I64], []) });
    let mut linker = Linker::new();
    linker.define("host", "tag", tag)?;
    linker.function("host", "throw", move |caller: &mut Caller<'_>| {
        let exception = ExceptionReference::new(caller.store(), &tag, &[Value::I64(1)])
            .map_err(|error| HostError::Message(error.to_string()))?;
        Err::<(), _>(HostError::Exception(exception))
    })?;
    linker.function("host", "pass", |caller: &mut Caller<'_>| {
        let act = caller.instance().and_then(|instance| instance.function(caller.store(), "act")).ok_or("act")?;
        match act.call(caller.store(), &[]).map_err(|error| error.to_string())? {
            Outcome::Threw(uncaught) => Err::<(), HostError>(uncaught.into()),
            _ => Err(HostError::from("it must throw")),
        }
    })?;
    let instance = linker.instantiate(&mut store, &Image::from_bytes(artifact.bytes())?)?;
    let run = instance.function(&store, "run").context("run")?;
    let outcome = run.call(&mut store, &[Value::I32(50_000)])?;
    ensure!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
    Ok(())
}

/// Exceptions that a program keeps count towards its memory.
#[test]
fn exceptions_that_are_kept_are_bounded() -> Result<()> {
    // Each carries the one before.
    const SOURCE: &str = r#"(module
        (tag $link (param i64 exnref))
        (global $last (mut exnref) (ref.null exn))
        (func (export "keep") (param $count i64)
            (loop $next
                (block $caught (result exnref)
                    (try_table (catch_all_ref $caught)
                        (throw $link (local.get $count) (global.get $last)))
                    unreachable)
                (global.set $last)
                (br_if $next
                    (i64.ne (i64.const 0) (local.tee $count (i64.sub (local.get $count) (i64.const 1)))))))
        (func (export "forget") (global.set $last (ref.null exn))))"#;
    let artifact = wasmc_compiler::compile(&wat::parse_str(SOURCE)?, &wasmc_tests::compile_options())?;
    let mut options = StoreOptions::default();
    options.memory = MemoryBudget::new(8 << 20);
    let mut store = Store::new(options)?;
    let instance = Linker::new().instantiate(&mut store, &Image::from_bytes(artifact.bytes())?)?;
    let keep = instance.function(&store, "keep").context("keep")?;
    let forget = instance.function(&store, "forget").context("forget")?;
    for _ in 0..3 {
        let outcome = keep.call(&mut store, &[Value::I64(50_000)])?;
        ensure!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
        ensure!(store.memory_bytes() > 3 << 20, "{} bytes", store.memory_bytes());
        forget.call(&mut store, &[])?;
    }
    let outcome = keep.call(&mut store, &[Value::I64(1_000_000)])?;
    ensure!(matches!(&outcome, Outcome::Trapped(it) if it.code == TrapCode::AllocationTooLarge), "{outcome:?}");
    // What is kept no more is given back.
    forget.call(&mut store, &[])?;
    let outcome = keep.call(&mut store, &[Value::I64(50_000)])?;
    ensure!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
    ensure!(store.memory_bytes() <= 8 << 20, "{} bytes", store.memory_bytes());
    Ok(())
}

/// A tag is called by what it is imported or exported as, or else by its name in the name section.
#[test]
fn a_report_names_the_tag() -> Result<()> {
    const SOURCE: &str = r#"(module
        (tag $exported (export "e x") (param i32)) (tag $own (param i32)) (tag (param i32))
        (func (export "exported") (throw $exported (i32.const 1)))
        (func (export "own") (throw $own (i32.const 2)))
        (func (export "nameless") (throw 2 (i32.const 3))))"#;
    let artifact = wasmc_compiler::compile(&wat::parse_str(SOURCE)?, &wasmc_tests::compile_options())?;
    let mut store = Store::new(StoreOptions::default())?;
    let instance = Linker::new().instantiate(&mut store, &Image::from_bytes(artifact.bytes())?)?;
    for (function, expected) in [("exported", "e x (i32 1)"), ("own", "own (i32 2)"), ("nameless", "tag 2 (i32 3)")] {
        let outcome = instance.function(&store, function).context("exported")?.call(&mut store, &[])?;
        let Outcome::Threw(Uncaught { report, .. }) = &outcome else { bail!("{outcome:?}") };
        ensure!(report.to_string().starts_with(&format!("wasm trap: uncaught exception: {expected}\n")), "{report}");
    }
    Ok(())
}

/// What a host function is given stays until it returns, also if the host itself called it.
#[test]
fn a_host_function_keeps_what_it_is_given() -> Result<()> {
    const SOURCE: &str = r#"(module
        (tag $number (export "number") (param i64))
        (func (export "throw") (param i64) (throw $number (local.get 0)))
        (func (export "nothing")))"#;
    let artifact = wasmc_compiler::compile(&wat::parse_str(SOURCE)?, &wasmc_tests::compile_options())?;
    let mut store = Store::new(StoreOptions::default())?;
    let instance = Linker::new().instantiate(&mut store, &Image::from_bytes(artifact.bytes())?)?;
    let throw = instance.function(&store, "throw").context("throw")?;
    let nothing = instance.function(&store, "nothing").context("nothing")?;
    let Outcome::Threw(uncaught) = throw.call(&mut store, &[Value::I64(5)])? else { bail!("it must throw") };
    let exception = Value::Exception(Some(uncaught.exception));
    let function_type = FunctionType::new([exception.value_type()], []);
    let host = Function::new(&mut store, function_type, move |caller, arguments, _| {
        let Value::Exception(Some(given)) = arguments[0] else { return Err("an exception".into()) };
        nothing.call(caller.store(), &[]).map_err(|error| error.to_string())?;
        match given.fields(caller.store()) {
            Ok(fields) if fields == [Value::I64(5)] => Err(HostError::Exception(given)),
            other => Err(format!("{other:?}").into()),
        }
    });
    let outcome = host.call(&mut store, &[exception])?;
    ensure!(matches!(outcome, Outcome::Threw(_)), "{outcome:?}");
    Ok(())
}
