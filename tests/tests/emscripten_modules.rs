//! Modules of the npm registry that Emscripten linked for a browser: a program is run, libraries are called through the
//! loader's API as a Rust program would.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use wasmc_compiler::options::Optimization;
use wasmc_emscripten::Emscripten;
use wasmc_loader::{Caller, Image, Instance, Linker, Outcome, Store, StoreOptions, Value};
use wasmc_tests::{binary, compile_options, tool};
use wasmc_wasi::{Access, WasiBuilder};

/// What takes long enough to compile without optimising it.
const LARGE_BYTES: usize = 16 << 20;

/// `7z-wasm`: the whole program.
#[test]
fn seven_zip_makes_and_lists_archives() -> Result<()> {
    let Some(module) = tool::npm_file("7z-wasm", "1.2.0", "7zz.wasm") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let text: String = (0..5000).map(|line| format!("{line} is followed by {}\n", line + 1)).collect();
    std::fs::write(folder.path().join("numbers.txt"), &text)?;
    std::fs::create_dir(folder.path().join("empty"))?;
    let run = |arguments: &[&str]| -> Result<String> {
        let mut command = binary::wasmc()?;
        command.args(["run", "--dir", "."]).arg(&module).args(arguments).current_dir(folder.path());
        Ok(String::from_utf8_lossy(&tool::run(&mut command)?.stdout).into_owned())
    };
    run(&["a", "x.7z", "numbers.txt", "empty"])?;
    let archive = std::fs::metadata(folder.path().join("x.7z"))?;
    ensure!(archive.len() < text.len() as u64 / 4, "{} bytes of {}", archive.len(), text.len());
    let listed = run(&["l", "x.7z"])?;
    ensure!(listed.contains("numbers.txt") && listed.contains(&text.len().to_string()), "{listed}");
    ensure!(run(&["t", "x.7z"])?.contains("Everything is Ok"));
    run(&["x", "-oout", "x.7z"])?;
    ensure!(std::fs::read_to_string(folder.path().join("out/numbers.txt"))? == text);
    ensure!(folder.path().join("out/empty").is_dir());
    // Other tools can read it.
    if let Some(zip) = tool::find("7z").or_else(|| tool::find("7zr")) {
        tool::run(Command::new(zip).arg("t").arg(folder.path().join("x.7z")))?;
    }
    Ok(())
}

/// `jq-web`: the whole program.
#[test]
fn jq_filters_json() -> Result<()> {
    let Some(module) = tool::npm_file("jq-web", "0.6.2", "jq.wasm") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("in.json"), r#"{"a": [1, 2, {"b": "x"}], "t": "2015-03-05T23:51:47Z"}"#)?;
    std::fs::write(folder.path().join("cut.json"), r#"{"a": [1"#)?;
    let run = |filter: &str, file: &str| -> Result<(Option<i32>, String, String)> {
        let mut command = binary::wasmc()?;
        command.args(["run", "--dir-ro", "."]).arg(&module).args(["-M", "-c", filter, file]);
        let output = command.current_dir(folder.path()).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
    };
    let filter = r#"(.a | length), .a[2], (.t | fromdate), ("aXb" | gsub("X"; "-")), (try error("no") catch .)"#;
    let (status, stdout, stderr) = run(filter, "in.json")?;
    let expected = "3\n{\"b\":\"x\"}\n1425599507\n\"a-b\"\n\"no\"\n";
    ensure!(status == Some(0) && stdout == expected, "{status:?} {stdout} {stderr}");
    let (status, _, stderr) = run(".", "cut.json")?;
    ensure!(status == Some(5) && stderr.contains("Unfinished JSON term"), "{status:?} {stderr}");
    let (status, _, stderr) = run(".", "missing.json")?;
    ensure!(status == Some(2) && stderr.contains("missing.json: No such file or directory"), "{status:?} {stderr}");
    Ok(())
}

/// QuickJS, built with a sanitizer by a release of later years.
#[test]
fn quickjs_runs_a_script() -> Result<()> {
    const PACKAGE: &str = "@jitl/quickjs-wasmfile-debug-sync";
    let Some(module) = tool::npm_file(PACKAGE, "0.32.0", "dist/emscripten-module.wasm") else { return Ok(()) };
    let mut library = Library::open(&module)?;
    let runtime = library.call("QTS_NewRuntime", &[])?;
    let context = library.call("QTS_NewContext", &[runtime, 0])?;
    let name = library.text("script.js")?;
    let mut run = |script: &str| -> Result<(u32, String)> {
        let text = library.text(script)?;
        let value = library.call("QTS_Eval", &[context, text, script.len() as u32, name, 0, 0])?;
        let exception = library.call("QTS_ResolveException", &[context, value])?;
        let shown = if exception == 0 { value } else { exception };
        let result = library.call("QTS_Dump", &[context, shown])?;
        Ok((exception, library.read(result)?))
    };
    let (exception, result) =
        run("let f = n => n < 2 ? n : f(n - 1) + f(n - 2); [f(15), new Date(0).getTime(), 'x'.repeat(3)].join()")?;
    ensure!(exception == 0 && result == "\"610,0,xxx\"", "{exception} {result}");
    let (exception, result) = run("null.field")?;
    ensure!(exception != 0 && result.contains("TypeError"), "{exception} {result}");
    Ok(())
}

/// `sql.js`, built with its checks on: SQLite as a library.
#[test]
fn sql_js_runs_statements() -> Result<()> {
    let Some(module) = tool::npm_file("sql.js", "1.16.0", "dist/sql-wasm-debug.wasm") else { return Ok(()) };
    run_sql(Library::open(&module)?)
}

/// SQLite's own module, which imports its memory.
#[test]
fn sqlites_own_module_runs_statements() -> Result<()> {
    const FILE: &str = "sqlite-wasm/jswasm/sqlite3.wasm";
    let Some(module) = tool::npm_file("@sqlite.org/sqlite-wasm", "3.41.2", FILE) else { return Ok(()) };
    run_sql(Library::open(&module)?)
}

fn run_sql(mut library: Library) -> Result<()> {
    const ROW: u32 = 100;
    const DONE: u32 = 101;
    let name = library.text("/tmp/test.db")?;
    let place = library.call("malloc", &[8])?;
    ensure!(library.call("sqlite3_open", &[name, place])? == 0);
    let database = library.word(place)?;
    let setup = library.text(
        "CREATE TABLE numbers (n INTEGER PRIMARY KEY, name TEXT); INSERT INTO numbers VALUES (1, 'one'), (2, 'two'), (3, \
         'three')",
    )?;
    ensure!(library.call("sqlite3_exec", &[database, setup, 0, 0, 0])? == 0);
    let query = library.text("SELECT name, length(name) FROM numbers WHERE n > 1 ORDER BY n")?;
    ensure!(library.call("sqlite3_prepare_v2", &[database, query, u32::MAX, place, 0])? == 0);
    let statement = library.word(place)?;
    let mut rows = Vec::new();
    loop {
        match library.call("sqlite3_step", &[statement])? {
            ROW => {
                let name = library.call("sqlite3_column_text", &[statement, 0])?;
                let length = library.call("sqlite3_column_text", &[statement, 1])?;
                rows.push((library.read(name)?, library.read(length)?));
            }
            DONE => break,
            other => bail!("sqlite3_step gave {other}"),
        }
    }
    let expected = [("two".to_owned(), "3".to_owned()), ("three".to_owned(), "5".to_owned())];
    ensure!(rows == expected, "{rows:?}");
    ensure!(library.call("sqlite3_finalize", &[statement])? == 0);
    let wrong = library.text("SELECT * FROM missing")?;
    ensure!(library.call("sqlite3_exec", &[database, wrong, 0, 0, 0])? == 1);
    let message = library.call("sqlite3_errmsg", &[database])?;
    let message = library.read(message)?;
    ensure!(message == "no such table: missing", "{message}");
    ensure!(library.call("sqlite3_close_v2", &[database])? == 0);
    Ok(())
}

/// `wasmoon`: Lua as a library, whose errors are long jumps.
#[test]
fn wasmoon_runs_a_script_that_catches_an_error() -> Result<()> {
    let Some(module) = tool::npm_file("wasmoon", "1.16.0", "dist/glue.wasm") else { return Ok(()) };
    let mut library = Library::open(&module)?;
    let state = library.call("luaL_newstate", &[])?;
    library.call("luaL_openlibs", &[state])?;
    let run = |library: &mut Library, script: &str| -> Result<(u32, String)> {
        let script = library.text(script)?;
        ensure!(library.call("luaL_loadstring", &[state, script])? == 0);
        let status = library.call("lua_pcallk", &[state, 0, 1, 0, 0, 0])?;
        let result = library.call("lua_tolstring", &[state, u32::MAX, 0])?;
        let result = library.read(result)?;
        library.call("lua_settop", &[state, 0])?;
        Ok((status, result))
    };
    let script = "local ok, message = pcall(function() local t = nil; return t.field end)\n\
                  local sum = 0; for i = 1, 100 do sum = sum + i end\n\
                  return tostring(ok) .. ' ' .. message .. ' ' .. string.format('%d %.3f', sum, math.pi)";
    let (status, result) = run(&mut library, script)?;
    ensure!(status == 0, "{status} {result}");
    ensure!(result.starts_with("false ") && result.ends_with("5050 3.142"), "{result}");
    ensure!(result.contains("attempt to index a nil value (local 't')"), "{result}");
    // One that the script does not catch.
    let (status, result) = run(&mut library, "error('to the host')")?;
    ensure!(status == 2 && result.ends_with("to the host"), "{status} {result}");
    // And many.
    let script = "local n = 0; for i = 1, 20000 do if not pcall(error, i) then n = n + 1 end end return tostring(n)";
    ensure!(run(&mut library, script)? == (0, "20000".to_owned()));
    library.call("lua_close", &[state])?;
    Ok(())
}

/// PostgreSQL's `initdb`: a program that its page starts is a library until then.
#[test]
fn a_program_is_instantiated_before_it_is_started() -> Result<()> {
    let Some(module) = tool::npm_file("@electric-sql/pglite", "0.5.16", "dist/initdb.wasm") else { return Ok(()) };
    let mut library = Library::open(&module)?;
    let place = library.call("malloc", &[100])?;
    ensure!(place != 0);
    let message = library.call("strerror", &[44])?;
    ensure!(library.read(message)? == "No such file or directory");
    Ok(())
}

/// Z3, built with threads: constraints are solved on the caller's.
#[test]
fn z3_solves_constraints() -> Result<()> {
    let Some(module) = tool::npm_file("z3-solver", "5.2.0", "build/z3-built.wasm") else { return Ok(()) };
    let mut library = Library::open(&module)?;
    let config = library.call("Z3_mk_config", &[])?;
    let context = library.call("Z3_mk_context", &[config])?;
    let mut solve = |script: &str| -> Result<String> {
        let script = library.text(script)?;
        let answer = library.call("Z3_eval_smtlib2_string", &[context, script])?;
        library.read(answer)
    };
    let declared =
        "(declare-const x Int) (declare-const y Int) (assert (= (+ (* x x) (* y y)) 625)) (assert (< 7 x y))";
    ensure!(solve(&format!("{declared} (check-sat) (get-value (x y))"))? == "sat\n((x 15)\n (y 20))\n");
    ensure!(solve("(push) (assert (> x 15)) (check-sat) (pop) (check-sat)")? == "unsat\nsat\n");
    Ok(())
}

/// PHP, built for Node with functions of its package's own JavaScript: those that it cannot do without are defined here, as a host
/// would define its own.
#[test]
fn php_runs_a_script_with_functions_of_its_packages_own() -> Result<()> {
    const FILE: &str = "asyncify/8_4_25/php_8_4.wasm";
    let Some(module) = tool::npm_file("@php-wasm/node-8-4", "3.1.54", FILE) else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    // Where its own page would have devices.
    for name in ["stdout", "stderr", "headers"] {
        std::fs::write(folder.path().join(name), "")?;
    }
    let builder = WasiBuilder::new().directory(folder.path(), "/request", Access::ReadWrite);
    let mut library = Library::with(&module, builder, |linker| {
        // It differs for processes that the package starts.
        ensure!(linker.alias(("wasi_snapshot_preview1", "fd_read"), ("env", "js_fd_read"))?);
        linker
            .function("env", "js_getpid", |_: &mut Caller<'_>| 42)?
            .function("env", "js_flock", |_: &mut Caller<'_>, _: i32, _: i32| 0)?
            .function("env", "js_release_file_locks", |_: &mut Caller<'_>| {})?
            .function("env", "js_wasm_trace", |_: &mut Caller<'_>, _: i32| {})?
            .function("env", "js_popen_get_pid_for_fd", |_: &mut Caller<'_>, _: i32| -1)?
            .function("env", "js_popen_clear_pid_for_fd", |_: &mut Caller<'_>, _: i32| {})?;
        Ok(())
    })?;
    let script = "function f($n) { return $n < 2 ? $n : f($n - 1) + f($n - 2); }
        echo PHP_VERSION, ' ', f(15), ' ', md5('abc'), PHP_EOL;
        try { intdiv(1, 0); } catch (DivisionByZeroError $e) { echo get_class($e), PHP_EOL; }
        file_put_contents('/tmp/x', json_encode(['a' => [1, 2.5, null]])); echo file_get_contents('/tmp/x'), PHP_EOL;
        echo preg_replace('/(\\w+) (\\w+)/', '$2 $1', 'hello world'), PHP_EOL;
        $db = new SQLite3(':memory:'); echo $db->querySingle(\"SELECT sum(value) FROM json_each('[1,2,3]')\"), PHP_EOL;
        exit(3);";
    for argument in ["php", "-r", script] {
        let argument = library.text(argument)?;
        library.call("wasm_add_cli_arg", &[argument])?;
    }
    let run = library.instance.function(&library.store, "run_cli").context("the command line")?;
    let outcome = run.call(&mut library.store, &[])?;
    let [printed, errors] = ["stdout", "stderr"].map(|name| std::fs::read_to_string(folder.path().join(name)));
    let (printed, errors) = (printed?, errors?);
    let expected =
        "8.4.25 610 900150983cd24fb0d6963f7d28e17f72\nDivisionByZeroError\n{\"a\":[1,2.5,null]}\nworld hello\n6\n";
    ensure!(matches!(outcome, Outcome::Exited(3)) && printed == expected, "{outcome:?}\n{printed}\n{errors}");
    Ok(())
}

/// An instance whose functions are called one by one.
struct Library {
    store: Store,
    instance: Instance,
    memory: wasmc_loader::Memory,
}

impl Library {
    fn open(module: &Path) -> Result<Self> {
        Self::with(module, WasiBuilder::new(), |_| Ok(()))
    }

    /// One that finds what `builder` gives it, and what `define` adds to WASI's functions.
    fn with(module: &Path, builder: WasiBuilder, define: impl FnOnce(&mut Linker) -> Result<()>) -> Result<Self> {
        let wasm = std::fs::read(module)?;
        let mut options = compile_options();
        if wasm.len() > LARGE_BYTES {
            options.optimization = Optimization::None;
        }
        let artifact = wasmc_compiler::compile(&wasm, &options)?;
        let image = Image::from_bytes(artifact.bytes())?;
        Emscripten::check_names(&image)?;
        ensure!(Emscripten::is_wanted_by(&image));
        let mut store = Store::new(StoreOptions::default())?;
        let thread = Emscripten::for_image(builder, &image)?.thread();
        let mut linker = Linker::new();
        thread.wasi().add_imported(&mut linker, &image);
        define(&mut linker)?;
        let instance = thread.instantiate(&linker, &mut store, &image)?;
        match thread.initialize(&mut store, instance)? {
            Outcome::Returned(_) => {}
            other => bail!("{other:?}"),
        }
        let memory = thread.memory().context("a memory")?;
        Ok(Self { store, instance, memory })
    }

    fn call(&mut self, name: &str, arguments: &[u32]) -> Result<u32> {
        let function = self.instance.function(&self.store, name).with_context(|| format!("no {name}"))?;
        let arguments: Vec<Value> = arguments.iter().map(|argument| Value::from(*argument)).collect();
        match function.call(&mut self.store, &arguments).with_context(|| name.to_owned())? {
            Outcome::Returned(values) => match values.first() {
                Some(Value::I32(value)) => Ok(value.cast_unsigned()),
                _ => Ok(0),
            },
            other => bail!("{name}: {other:?}"),
        }
    }

    /// The address of a copy of `text` in its memory.
    fn text(&mut self, text: &str) -> Result<u32> {
        let address = self.call("malloc", &[text.len() as u32 + 1])?;
        self.memory.write(&mut self.store, address.into(), &[text.as_bytes(), b"\0"].concat())?;
        Ok(address)
    }

    fn word(&self, address: u32) -> Result<u32> {
        self.memory.contents(&self.store)?.read_u32(address.into()).context("an address")
    }

    /// The text at `address`.
    fn read(&self, address: u32) -> Result<String> {
        let memory = self.memory.contents(&self.store)?;
        let bytes: Vec<u8> =
            (u64::from(address)..).map_while(|at| memory.read_u8(at).filter(|byte| *byte != 0)).collect();
        Ok(String::from_utf8(bytes)?)
    }
}
