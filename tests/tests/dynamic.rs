//! Modules that are linked while they run: a main module of ours, side modules as text, and what is to come of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, bail, ensure};
use wasmc_emscripten::{Emscripten, ModuleError, Thread};
use wasmc_loader::{Image, Instance, Linker, MemoryBudget, Outcome, Store, StoreOptions, Value};
use wasmc_tests::binary;
use wasmc_wasi::WasiBuilder;

/// What `dlopen` is given.
const NOW: u32 = 2;
const GLOBAL: u32 = 256;

/// A main module that its host can make do all that programs do with others. Records of libraries are at 4096 and on.
const MAIN: &str = r#"
    (import "env" "memory" (memory 16))
    (import "env" "__indirect_function_table" (table 0 funcref))
    (import "env" "__stack_pointer" (global $stack (mut i32)))
    (import "env" "__memory_base" (global $memory_base i32))
    (import "env" "__table_base" (global $table_base i32))
    (import "GOT.mem" "__heap_base" (global $heap (mut i32)))
    (import "env" "_dlopen_js" (func $open (param i32) (result i32)))
    (import "env" "_dlsym_js" (func $symbol (param i32 i32) (result i32)))
    (import "env" "side_later" (func $later (param i32) (result i32)))
    (type $plain (func (result i32)))
    (global (export "main_data") i32 (i32.const 8))
    (global $top (mut i32) (i32.const 0))
    (global $error (mut i32) (i32.const 0))
    (global $log (mut i32) (i32.const 0))
    (elem (offset (global.get $table_base)) func $seven)
    (data (offset (global.get $memory_base)) "\00\00\00\00\00\00\00\00\2a\00\00\00")
    (export "memory" (memory 0))
    (func $seven (export "main_seven") (type $plain) (i32.const 7))
    (func (export "overridden") (type $plain) (i32.const 100))
    ;; Notes a digit behind those before.
    (func (export "main_note") (param i32)
        (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
    (func (export "__wasm_call_ctors")
        (global.set $top (global.get $heap))
        (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (i32.const 1))))
    (func (export "malloc") (param i32) (result i32) (local i32)
        (local.set 1 (global.get $top))
        (if (i32.gt_u (local.get 0) (i32.const 0x40000)) (then (return (i32.const 0))))
        (global.set $top (i32.add (global.get $top) (local.get 0)))
        ;; Not zero, as memory that was used before is not.
        (memory.fill (local.get 1) (i32.const 0xff) (local.get 0))
        (local.get 1))
    (func (export "stackSave") (result i32) (global.get $stack))
    (func (export "stackRestore") (param i32) (global.set $stack (local.get 0)))
    (func (export "stackAlloc") (param i32) (result i32)
        (global.set $stack (i32.and (i32.sub (global.get $stack) (local.get 0)) (i32.const -16)))
        (global.get $stack))
    (func (export "__dl_seterr") (param i32 i32) (global.set $error (local.get 0)))
    (func (export "error") (result i32) (global.get $error))
    (func (export "log") (result i32) (global.get $log))
    (func (export "heap") (result i32) (global.get $heap))
    (func (export "stack") (result i32) (global.get $stack))
    (func (export "open") (param i32) (result i32) (call $open (local.get 0)))
    (func (export "symbol") (param i32 i32) (result i32) (call $symbol (local.get 0) (local.get 1)))
    (func (export "call") (param i32) (result i32) (call_indirect (type $plain) (local.get 0)))
    (func (export "call_long") (param i32) (result i64) (call_indirect (result i64) (local.get 0)))
    (func (export "call_float") (param i32) (result f64) (call_indirect (result f64) (local.get 0)))
    (func (export "later") (param i32) (result i32) (call $later (local.get 0)))
"#;

/// What all side modules here import.
const SIDE: &str = r#"
    (import "env" "memory" (memory 1))
    (import "env" "__indirect_function_table" (table 0 funcref))
    (import "env" "__memory_base" (global $memory_base i32))
    (import "env" "__table_base" (global $table_base i32))
    (import "env" "main_note" (func $note (param i32)))
    (type $plain (func (result i32)))
"#;

/// The section that says how a module is linked.
#[derive(Clone, Copy, Default)]
struct Dylink<'a> {
    memory: u32,
    /// To base 2.
    alignment: u8,
    table: u32,
    needed: &'a [&'a str],
    /// Names of `GOT.mem` that may stay undefined.
    weak: &'a [&'a str],
}

impl Dylink<'_> {
    /// The section's bytes.
    fn bytes(self) -> Vec<u8> {
        let mut bytes =
            subsection(1, &[number(self.memory), vec![self.alignment], number(self.table), vec![0]].concat());
        if !self.needed.is_empty() {
            let names: Vec<u8> = self.needed.iter().flat_map(|needed| name(needed)).collect();
            bytes.extend(subsection(2, &[number(self.needed.len() as u32), names].concat()));
        }
        if !self.weak.is_empty() {
            let symbol = |weak: &&str| [name("GOT.mem"), name(weak), number(1)].concat();
            let symbols: Vec<u8> = self.weak.iter().flat_map(symbol).collect();
            bytes.extend(subsection(4, &[number(self.weak.len() as u32), symbols].concat()));
        }
        bytes
    }
}

fn number(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let more = value >> 7 != 0;
        bytes.push((value & 0x7f) as u8 | if more { 0x80 } else { 0 });
        value >>= 7;
        if !more {
            return bytes;
        }
    }
}

fn name(text: &str) -> Vec<u8> {
    [number(text.len() as u32), text.as_bytes().to_vec()].concat()
}

fn subsection(kind: u8, contents: &[u8]) -> Vec<u8> {
    [vec![kind], number(contents.len() as u32), contents.to_vec()].concat()
}

/// A module's bytes, with the section first.
fn module(section: &str, contents: &[u8], text: &str) -> Result<Vec<u8>> {
    let escaped: String = contents.iter().map(|byte| format!("\\{byte:02x}")).collect();
    Ok(wat::parse_str(format!("(module (@custom \"{section}\" (before first) \"{escaped}\") {text})"))?)
}

fn image(bytes: &[u8]) -> Result<Image> {
    let artifact = wasmc_compiler::compile(bytes, &wasmc_tests::compile_options())?;
    Ok(Image::from_bytes(artifact.bytes())?)
}

fn main_bytes(needed: &[&str]) -> Result<Vec<u8>> {
    module("dylink.0", &Dylink { memory: 12, alignment: 4, table: 1, needed, ..Dylink::default() }.bytes(), MAIN)
}

fn side_bytes(dylink: Dylink<'_>, text: &str) -> Result<Vec<u8>> {
    module("dylink.0", &dylink.bytes(), &format!("{SIDE}{text}"))
}

fn side(dylink: Dylink<'_>, text: &str) -> Result<Image> {
    image(&side_bytes(dylink, text)?)
}

/// A program that runs.
struct Program {
    store: Store,
    instance: Instance,
    thread: Thread,
    next: u32,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Program {
    fn new(needed: &[&str], sides: Vec<(&str, Image)>) -> Result<Self> {
        let sides: BTreeMap<String, Image> = sides.into_iter().map(|(name, side)| (name.to_owned(), side)).collect();
        let emscripten = Emscripten::new(WasiBuilder::new())?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let all_asked = Arc::clone(&asked);
        emscripten.provide_modules(move |request| {
            all_asked.lock().unwrap().push(request.name.to_owned());
            sides.get(request.name).cloned().ok_or(ModuleError::NotFound)
        });
        let mut options = StoreOptions::default();
        options.memory = MemoryBudget::new(1 << 30);
        let mut store = Store::new(options)?;
        let thread = emscripten.thread();
        let main = image(&main_bytes(needed)?)?;
        ensure!(Emscripten::is_wanted_by(&main), "it is not recognised");
        let instance = thread.instantiate(&Linker::new(), &mut store, &main)?;
        Ok(Self { store, instance, thread, next: 4096, asked })
    }

    /// One that has started.
    fn started(sides: Vec<(&str, Image)>) -> Result<Self> {
        let mut program = Self::new(&[], sides)?;
        program.start()?;
        Ok(program)
    }

    fn start(&mut self) -> Result<()> {
        let outcome = self.thread.initialize(&mut self.store, self.instance)?;
        ensure!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
        Ok(())
    }

    fn outcome(&mut self, function: &str, arguments: &[u32]) -> Result<Outcome> {
        let arguments: Vec<Value> = arguments.iter().map(|value| Value::I32(value.cast_signed())).collect();
        let function = self.instance.function(&self.store, function).with_context(|| function.to_owned())?;
        Ok(function.call(&mut self.store, &arguments)?)
    }

    fn call(&mut self, function: &str, arguments: &[u32]) -> Result<u32> {
        match self.outcome(function, arguments)? {
            Outcome::Returned(values) => match values.first() {
                Some(Value::I32(value)) => Ok(value.cast_unsigned()),
                other => bail!("{function} gives {other:?}"),
            },
            other => bail!("{function}: {other:?}"),
        }
    }

    fn write(&mut self, address: u32, bytes: &[u8]) -> Result<()> {
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        Ok(memory.write(&mut self.store, address.into(), bytes)?)
    }

    fn read(&self, address: u32) -> Result<u32> {
        let mut bytes = [0; 4];
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        memory.read(&self.store, address.into(), &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// As `dlopen`: a handle, or what `dlerror` says.
    fn open(&mut self, name: &str, flags: u32) -> Result<Result<u32, String>> {
        let handle = self.next;
        self.next += 128;
        self.write(handle + 20, &flags.to_le_bytes())?;
        self.write(handle + 44, &[name.as_bytes(), b"\0"].concat())?;
        Ok(match self.call("open", &[handle])? {
            0 => Err(self.error()?),
            _ => Ok(handle),
        })
    }

    fn opened(&mut self, name: &str, flags: u32) -> Result<u32> {
        self.open(name, flags)?.map_err(|error| anyhow::anyhow!("{name}: {error}"))
    }

    fn error(&mut self) -> Result<String> {
        let address = self.call("error", &[])?;
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        let contents = memory.contents(&self.store)?;
        let bytes = (0..).map_while(|at| contents.read_u8(u64::from(address) + at).filter(|byte| *byte != 0));
        Ok(String::from_utf8(bytes.collect())?)
    }

    /// As `dlsym`: 0 for nothing.
    fn symbol(&mut self, handle: u32, name: &str) -> Result<u32> {
        self.write(2048, &[name.as_bytes(), b"\0"].concat())?;
        self.call("symbol", &[handle, 2048])
    }

    /// What the function `name` of a library gives.
    fn value(&mut self, handle: u32, name: &str) -> Result<u32> {
        let number = self.symbol(handle, name)?;
        ensure!(number != 0, "no {name}");
        self.call("call", &[number])
    }
}

#[test]
fn a_side_module_has_its_place_and_sees_the_main_one() -> Result<()> {
    let dylink = Dylink { memory: 64, alignment: 6, table: 2, ..Dylink::default() };
    let text = r#"
        (import "GOT.mem" "main_data" (global $main_data (mut i32)))
        (import "GOT.mem" "own_data" (global $own_data (mut i32)))
        (import "GOT.func" "main_seven" (global $main_seven (mut i32)))
        (import "GOT.func" "own_function" (global $own_function (mut i32)))
        (import "env" "main_seven" (func $seven (type $plain)))
        (global (export "own_data") i32 (i32.const 4))
        (global (export "__dso_handle") i32 (i32.const 0))
        (elem (offset (global.get $table_base)) func $own_function $other)
        (data (offset (global.get $memory_base)) "\01\02\03\04\05\00\00\00")
        (func $own_function (export "own_function") (type $plain) (i32.load (global.get $own_data)))
        (func $other (export "other") (type $plain) (i32.const 3))
        (func (export "not_in_an_element") (type $plain)
            (i32.add (call $seven) (i32.load (global.get $main_data))))
        (func (export "base") (type $plain) (global.get $memory_base))
        (func (export "zeros") (type $plain) (i32.load offset=60 (global.get $memory_base)))
        (func (export "seven_by_number") (type $plain) (call_indirect (type $plain) (global.get $main_seven)))
        (func (export "numbers") (type $plain)
            (i32.add (i32.mul (global.get $own_function) (i32.const 1000)) (global.get $table_base)))
        (func (export "__wasm_apply_data_relocs") (call $note (i32.const 4)))
        (func (export "__wasm_call_ctors") (call $note (i32.const 5)))
    "#;
    let mut program = Program::started(vec![("side.wasm", side(dylink, text)?)])?;
    let handle = program.opened("./x/../side.wasm", NOW)?;
    ensure!(program.call("log", &[])? == 145, "constructors run in another order");
    let base = program.value(handle, "base")?;
    ensure!(base != 0 && base.is_multiple_of(64), "its data is at {base:#x}");
    ensure!(program.read(base)? == 0x0403_0201 && program.value(handle, "zeros")? == 0);
    let data = program.symbol(handle, "own_data")?;
    ensure!(data == base + 4 && program.value(handle, "own_function")? == 5);
    // 42 is the main module's data.
    ensure!(program.value(handle, "not_in_an_element")? == 7 + 42 && program.value(handle, "seven_by_number")? == 7);
    // A function has one number, wherever it is asked for.
    let number = program.symbol(handle, "own_function")?;
    ensure!(program.value(handle, "numbers")? == number * 1001, "another number than that of its element");
    ensure!(program.symbol(handle, "not_in_an_element")? == program.symbol(handle, "not_in_an_element")?);
    let seven = program.symbol(0, "main_seven")?;
    ensure!(seven == 1, "the main module's first function has the number {seven}");
    // What is for the loader is no symbol, and a library opened again is the same one.
    ensure!(program.symbol(handle, "__dso_handle")? == 0 && program.symbol(handle, "__wasm_call_ctors")? == 0);
    let again = program.opened("side.wasm", NOW)?;
    ensure!(program.symbol(again, "own_function")? == number && program.call("log", &[])? == 145);
    ensure!(*program.asked.lock().unwrap() == ["side.wasm"]);
    Ok(())
}

#[test]
fn others_see_what_they_are_to_see() -> Result<()> {
    let define = |value: u32| {
        format!(
            r#"(import "GOT.mem" "datum" (global $datum (mut i32)))
            (global (export "datum") i32 (i32.const 0))
            (data (offset (global.get $memory_base)) "\{value:02x}\00\00\00")
            (func (export "get") (type $plain) (i32.load (global.get $datum)))"#
        )
    };
    let dylink = Dylink { memory: 4, ..Dylink::default() };
    let user = r#"
        (import "GOT.mem" "datum" (global $datum (mut i32)))
        (import "env" "get" (func $get (type $plain)))
        (func (export "sum") (type $plain) (i32.add (i32.load (global.get $datum)) (call $get)))"#;
    let needs_second = Dylink { needed: &["second.wasm"], ..Dylink::default() };
    let mut program = Program::started(vec![
        ("first.wasm", side(dylink, &define(10))?),
        ("second.wasm", side(dylink, &define(20))?),
        ("user.wasm", side(Dylink::default(), user)?),
        ("needs.wasm", side(needs_second, user)?),
    ])?;
    let first = program.opened("first.wasm", NOW)?;
    let second = program.opened("second.wasm", NOW)?;
    // Each has its own.
    ensure!(program.value(first, "get")? == 10 && program.value(second, "get")? == 20);
    ensure!(program.symbol(0, "get")? == 0, "what is local is seen by all");
    ensure!(program.error()? == "Tried to lookup unknown symbol \"get\" in dynamic lib: RTLD_DEFAULT");
    // What a module needs it sees.
    let needs = program.opened("needs.wasm", NOW)?;
    ensure!(program.value(needs, "sum")? == 40 && program.value(needs, "get")? == 20);
    // From now on all see the first.
    program.opened("first.wasm", NOW | GLOBAL)?;
    ensure!(program.value(0, "get")? == 10);
    let user = program.opened("user.wasm", NOW)?;
    ensure!(program.value(user, "sum")? == 20 && program.value(second, "get")? == 20);
    Ok(())
}

#[test]
fn what_is_not_there_yet_is_looked_for_at_each_call() -> Result<()> {
    let first = r#"
        (import "env" "second" (func $second (type $plain)))
        (import "env" "own" (func $own (type $plain)))
        (import "env" "overridden" (func $overridden (type $plain)))
        (func (export "calls_second") (type $plain) (call $second))
        (func (export "calls_own") (type $plain) (call $own))
        (func (export "own") (type $plain) (i32.const 9))
        (func (export "calls_overridden") (type $plain) (call $overridden))
        (func (export "overridden") (type $plain) (i32.const 1))"#;
    let second = r#"(func (export "second") (type $plain) (i32.const 2))
        (func (export "side_later") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))"#;
    let mut program = Program::started(vec![
        ("first.wasm", side(Dylink::default(), first)?),
        ("second.wasm", side(Dylink::default(), second)?),
    ])?;
    let handle = program.opened("first.wasm", NOW)?;
    // What a module defines itself it uses, unless the main module has it.
    ensure!(program.value(handle, "calls_own")? == 9 && program.value(handle, "calls_overridden")? == 100);
    let number = program.symbol(handle, "calls_second")?;
    for (function, argument, missing) in [("call", number, "second"), ("later", 5, "side_later")] {
        match program.outcome(function, &[argument])? {
            Outcome::Trapped(report) => {
                let message = report.message.unwrap_or_default();
                let expected = format!("the program called `{missing}`, which no module that is loaded defines");
                ensure!(message == expected, "{message}");
            }
            other => bail!("{other:?}"),
        }
    }
    program.opened("second.wasm", NOW | GLOBAL)?;
    ensure!(program.call("call", &[number])? == 2 && program.call("later", &[5])? == 15);
    Ok(())
}

#[test]
fn a_module_that_cannot_be_loaded_is_told_and_leaves_nothing() -> Result<()> {
    let weak = r#"(import "GOT.mem" "nowhere" (global $nowhere (mut i32)))
        (func (export "get") (type $plain) (global.get $nowhere))"#;
    let trap = r#"(func (export "__wasm_call_ctors") unreachable)"#;
    let large = Dylink { memory: u32::MAX, alignment: 31, ..Dylink::default() };
    let many = Dylink { table: u32::MAX, ..Dylink::default() };
    let needs =
        |needed| side(Dylink { needed, ..Dylink::default() }, "(func (export \"it\") (type $plain) (i32.const 1))");
    let mut sides = vec![
        ("strong.wasm", side(Dylink::default(), weak)?),
        ("weak.wasm", side(Dylink { weak: &["nowhere"], ..Dylink::default() }, weak)?),
        ("trap.wasm", side(Dylink::default(), trap)?),
        ("large.wasm", side(large, "")?),
        ("many.wasm", side(many, "")?),
        ("plain.wasm", image(&wat::parse_str("(module)")?)?),
        ("needs.wasm", needs(&["missing.wasm"])?),
        ("one.wasm", needs(&["two.wasm"])?),
        ("two.wasm", needs(&["one.wasm"])?),
        ("other.wasm", side(Dylink::default(), r#"(import "env" "no_global" (global i64))"#)?),
    ];
    let links: Vec<String> = (0..100).map(|link| format!("link{link}.wasm")).collect();
    for pair in links.windows(2) {
        let needed = [pair[1].as_str()];
        sides.push((pair[0].as_str(), side(Dylink { needed: &needed, ..Dylink::default() }, "")?));
    }
    let mut program = Program::started(sides)?;
    let absent = |name| format!("Error: ENOENT: no such file or directory, open '{name}'");
    for (name, expected) in [
        ("missing.wasm", absent("missing.wasm")),
        ("100%.wasm", absent("100%.wasm").replace('%', "%%")),
        ("needs.wasm", absent("missing.wasm")),
        ("strong.wasm", "Error: bad export type for `nowhere`: undefined".to_owned()),
        ("plain.wasm", "Error: need dylink section".to_owned()),
        ("large.wasm", "Error: there is no memory left for its data".to_owned()),
        ("many.wasm", "Error: the table of functions has no room".to_owned()),
        ("link0.wasm", "Error: modules need each other in too long a row".to_owned()),
        (
            "other.wasm",
            "LinkError: unknown import: an import is not defined:\n  \"env\" \"no_global\": global i64".to_owned(),
        ),
    ] {
        for _ in 0..2 {
            let error = program.open(name, NOW | GLOBAL)?.err().with_context(|| format!("{name} is loaded"))?;
            let name = name.replace('%', "%%");
            ensure!(error == format!("Could not load dynamic lib: {name}\n{expected}"), "{error}");
        }
    }
    let handle = program.opened("weak.wasm", NOW)?;
    ensure!(program.value(handle, "get")? == 0, "what is weak and nowhere is not 0");
    let handle = program.opened("one.wasm", NOW)?;
    ensure!(program.value(handle, "it")? == 1, "modules that need each other");
    // What a constructor does wrong ends the program.
    program.write(4096 + 44, b"trap.wasm\0")?;
    ensure!(matches!(program.outcome("open", &[4096])?, Outcome::Trapped(_)));
    Ok(())
}

#[test]
fn what_the_main_module_needs_is_there_when_it_starts() -> Result<()> {
    let note = |digit: u32, data: u32| {
        format!(
            r#"(func (export "__wasm_call_ctors") (call $note (i32.const {digit})))
            (func (export "base{digit}") (type $plain) (global.get $memory_base))
            (global (export "data{digit}") i32 (i32.const {data}))"#
        )
    };
    let first = Dylink { memory: 1000, alignment: 3, needed: &["second.wasm"], ..Dylink::default() };
    let second = Dylink { memory: 100_000, alignment: 12, ..Dylink::default() };
    let later = "(func (export \"side_later\") (param i32) (result i32) (local.get 0))";
    let mut program = Program::new(
        &["first.wasm"],
        vec![
            ("first.wasm", side(first, &format!("{}{later}", note(2, 8)))?),
            ("second.wasm", side(second, &note(3, 0))?),
        ],
    )?;
    program.start()?;
    // The main module's constructors first, then those of what is needed before what needs it.
    ensure!(program.call("log", &[])? == 132, "{}", program.call("log", &[])?);
    let (lower, upper) = (program.value(0, "base3")?, program.value(0, "base2")?);
    let heap = program.call("heap", &[])?;
    ensure!(lower >= program.call("stack", &[])? && lower.is_multiple_of(4096));
    ensure!(upper >= lower + 100_000 && heap >= upper + 1000 && heap.is_multiple_of(16));
    ensure!(program.symbol(0, "data2")? == upper + 8);
    ensure!(program.call("later", &[6])? == 6);
    // One that is missing is an error.
    let mut program = Program::new(&["missing.wasm"], Vec::new())?;
    let error = program.start().err().context("it starts")?.to_string();
    ensure!(error == "cannot link `missing.wasm`: ENOENT: no such file or directory, open 'missing.wasm'", "{error}");
    Ok(())
}

#[test]
fn functions_of_all_kinds_have_numbers() -> Result<()> {
    let text = r#"
        (import "GOT.func" "emscripten_get_now_res" (global $resolution (mut i32)))
        (import "GOT.func" "glClear" (global $clear (mut i32)))
        (import "GOT.func" "wide" (global $wide (mut i32)))
        (func (export "resolution") (type $plain) (global.get $resolution))
        (func (export "clear") (type $plain) (global.get $clear))
        (func (export "number") (type $plain) (global.get $wide))
        ;; As modules have it that were linked for JavaScript without 64-bit integers.
        (func (export "wide") (type $plain) (i32.const 1))
        (func (export "orig$wide") (result i64) (i64.const 0x100000001))"#;
    let mut program = Program::started(vec![("side.wasm", side(Dylink::default(), text)?)])?;
    let handle = program.opened("side.wasm", NOW)?;
    let resolution = program.value(handle, "resolution")?;
    match program.outcome("call_float", &[resolution])? {
        Outcome::Returned(values) => {
            let is_positive = matches!(values[..], [Value::F64(bits)] if f64::from_bits(bits) > 0.0);
            ensure!(is_positive, "{values:?}");
        }
        other => bail!("{other:?}"),
    }
    ensure!(program.symbol(0, "emscripten_get_now_res")? == resolution, "another number");
    let wide = program.symbol(handle, "wide")?;
    ensure!(program.value(handle, "number")? == wide);
    match program.outcome("call_long", &[wide])? {
        Outcome::Returned(values) => ensure!(values == [Value::I64(0x1_0000_0001)], "{values:?}"),
        other => bail!("{other:?}"),
    }
    // What only a browser has can be pointed to, and not called.
    let clear = program.value(handle, "clear")?;
    ensure!(clear != 0 && matches!(program.outcome("call", &[clear])?, Outcome::Trapped(_)));
    Ok(())
}

#[test]
fn the_section_is_read_in_both_forms() -> Result<()> {
    let older = [number(300), vec![5], number(7), vec![0], number(1), name("needed.wasm")].concat();
    for (section, contents) in [
        ("dylink", older.clone()),
        (
            "dylink.0",
            Dylink { memory: 300, alignment: 5, table: 7, needed: &["needed.wasm"], weak: &["symbol"] }.bytes(),
        ),
    ] {
        let image = image(&module(section, &contents, "")?)?;
        let dynamic = image.dynamic_linking().context("it says nothing")?;
        ensure!((dynamic.memory_bytes(), dynamic.memory_alignment()) == (300, 32), "{dynamic:?}");
        ensure!((dynamic.table_elements(), dynamic.table_alignment()) == (7, 1), "{dynamic:?}");
        ensure!(dynamic.needed().eq(["needed.wasm"]) && dynamic.exports().count() == 0);
        let imports: Vec<_> = dynamic.imports().map(|symbol| (symbol.module, symbol.name, symbol.is_weak)).collect();
        let expected = if section == "dylink" { vec![] } else { vec![("GOT.mem", "symbol", true)] };
        ensure!(imports == expected, "{imports:?}");
    }
    // What cannot be read is as if it were not there, and so is an alignment of no address.
    for contents in [&older[..3], &[0xff; 9], &[1, 4, 0, 32, 0, 0]] {
        for section in ["dylink", "dylink.0"] {
            ensure!(image(&module(section, contents, "")?)?.dynamic_linking().is_none(), "{contents:?}");
        }
    }
    ensure!(image(&wat::parse_str("(module)")?)?.dynamic_linking().is_none());
    Ok(())
}

#[test]
fn a_program_is_bounded_in_what_it_tries_to_load() -> Result<()> {
    let strong = r#"(import "GOT.mem" "nowhere" (global (mut i32)))"#;
    let mut program = Program::started(vec![("side.wasm", side(Dylink::default(), strong)?)])?;
    let mut last = String::new();
    for _ in 0..5000 {
        program.next = 4096;
        last = program.open("side.wasm", NOW)?.err().context("it is loaded")?;
    }
    ensure!(last.ends_with("Error: too many modules were loaded"), "{last}");
    // One that is not linked to load anything is told so.
    let text = r#"(module (import "env" "_dlopen_js" (func $open (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "open") (result i32) (call $open (i32.const 0))))"#;
    let thread = Emscripten::new(WasiBuilder::new())?.thread();
    let mut store = Store::new(StoreOptions::default())?;
    let instance = thread.instantiate(&Linker::new(), &mut store, &image(&wat::parse_str(text)?)?)?;
    match instance.function(&store, "open").context("open")?.call(&mut store, &[])? {
        Outcome::Trapped(report) => {
            ensure!(report.message.as_deref().is_some_and(|message| message.contains("-sMAIN_MODULE")), "{report:?}");
        }
        other => bail!("{other:?}"),
    }
    Ok(())
}

/// A program whose exit status is what its side module gives: its first argument is the module's name. Says why there is
/// none.
const COMMAND: &str = r#"
    (import "env" "memory" (memory 16))
    (import "env" "__indirect_function_table" (table 0 funcref))
    (import "env" "__memory_base" (global $memory_base i32))
    (import "env" "__table_base" (global $table_base i32))
    (import "env" "_dlopen_js" (func $open (param i32) (result i32)))
    (import "env" "_dlsym_js" (func $symbol (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (global $top (mut i32) (i32.const 8192))
    (data (offset (global.get $memory_base)) "number\00")
    (func (export "__wasm_call_ctors"))
    (func (export "stackSave") (result i32) (global.get $top))
    (func (export "stackRestore") (param i32) (global.set $top (local.get 0)))
    ;; Each to a place of its own.
    (func (export "stackAlloc") (param i32) (result i32)
        (global.set $top (i32.add (global.get $top) (i32.const 1024)))
        (global.get $top))
    (func (export "__dl_seterr") (param $text i32) (param i32)
        (i32.store (i32.const 7000) (local.get $text))
        (loop $next
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $next (i32.load8_u (i32.add (local.get $text) (local.get 1)))))
        (i32.store (i32.const 7004) (local.get 1))
        (drop (call $write (i32.const 2) (i32.const 7000) (i32.const 1) (i32.const 7008))))
    (func (export "main") (param i32 i32) (result i32)
        (memory.copy (i32.const 4140) (i32.load offset=4 (local.get 1)) (i32.const 100))
        (if (i32.eqz (call $open (i32.const 4096))) (then (return (i32.const 77))))
        (call_indirect (result i32) (call $symbol (i32.const 4096) (global.get $memory_base))))"#;

/// A folder with the program, side modules and what they are compiled to.
struct Folder(tempfile::TempDir);

impl Folder {
    /// One with `main.wasm`, and `side.so`, whose number is 42.
    fn new() -> Result<Self> {
        let folder = Self(tempfile::tempdir()?);
        let dylink = Dylink { memory: 8, ..Dylink::default() };
        fs::write(folder.file("main.wasm"), module("dylink.0", &dylink.bytes(), COMMAND)?)?;
        folder.put("side.so", 42)?;
        Ok(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a side module there whose number is this.
    fn put(&self, name: &str, number: u32) -> Result<()> {
        let text = format!("(func (export \"number\") (result i32) (i32.const {number}))");
        fs::create_dir_all(self.file(name).parent().context("a folder")?)?;
        Ok(fs::write(self.file(name), module("dylink.0", &Dylink::default().bytes(), &text)?)?)
    }

    fn compile(&self, from: &str, to: &str) -> Result<()> {
        let (code, said) = status(binary::wasmc()?.arg("compile").arg(self.file(from)).arg("-o").arg(self.file(to)))?;
        ensure!(code == Some(0), "{said}");
        Ok(())
    }

    /// Grants the folder `files` as `guest`.
    fn grant(&self, guest: &str) -> String {
        format!("{}::{guest}", self.file("files").display())
    }

    /// Runs `program` with these options, and lets it load `side`.
    fn run(&self, mut command: Command, options: &[&str], program: &str, side: &str) -> Result<(Option<i32>, String)> {
        status(command.args(options).arg(self.file(program)).arg(side))
    }
}

fn status(command: &mut Command) -> Result<(Option<i32>, String)> {
    let output = command.output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// `wasmc run --stats`.
fn run_command() -> Result<Command> {
    let mut command = binary::wasmc()?;
    command.args(["run", "--stats"]);
    Ok(command)
}

#[test]
fn the_commands_find_side_modules_beside_the_program() -> Result<()> {
    let folder = Folder::new()?;
    folder.put("below/side.so", 42)?;
    let run = |name: &str| folder.run(run_command()?, &[], "main.wasm", name);
    ensure!(run("side.so")?.0 == Some(42), "{:?}", run("side.so")?);
    // Kept like any other.
    let (_, said) = run("side.so")?;
    ensure!(said.matches("compiled: 0").count() == 2 && said.contains("side.so"), "{said}");
    // Nothing leads elsewhere, and nothing is run that is no module.
    for name in ["missing.so", "below/side.so", "../below/side.so", "/etc/passwd"] {
        ensure!(run(name)?.0 == Some(77), "{name}: {:?}", run(name)?);
    }
    folder.compile("main.wasm", "main.o")?;
    folder.compile("side.so", "side.o")?;
    ensure!(run("side.o")?.0 == Some(77), "an object that a program names is run");
    // What is compiled finds what is compiled, unless the program could have written it.
    for command in [binary::wasmrun()?, run_command()?] {
        let (code, said) = folder.run(command, &[], "main.o", "side.so")?;
        ensure!(code == Some(42), "{said}");
    }
    for (grant, expected) in [(folder.0.path(), 77), (&folder.file("below"), 42)] {
        let mut command = binary::wasmrun()?;
        command.arg("--dir").arg(grant);
        let (code, said) = folder.run(command, &[], "main.o", "side.so")?;
        ensure!(code == Some(expected), "{}: {said}", grant.display());
    }
    Ok(())
}

#[test]
fn executables_find_side_modules_beside_themselves() -> Result<()> {
    let folder = Folder::new()?;
    let program = folder.file("bin/program");
    fs::create_dir_all(folder.file("bin"))?;
    let mut build = binary::wasmc()?;
    let (code, said) = status(build.arg("build").arg(folder.file("main.wasm")).arg("-o").arg(&program))?;
    ensure!(code == Some(0), "{said}");
    let run = |program: &Path, directory: &Path| status(Command::new(program).arg("side.so").current_dir(directory));
    // The folder that it is started from does not matter, nor does that which the program was built in.
    folder.compile("side.so", "side.o")?;
    ensure!(run(&program, folder.0.path())?.0 == Some(77), "it looks elsewhere than beside itself");
    folder.compile("side.so", "bin/side.o")?;
    let (code, said) = run(&program, Path::new("/"))?;
    ensure!(code == Some(42), "{said}");
    // By its name alone, along `PATH`.
    let mut by_name = Command::new("/bin/sh");
    by_name.args(["-c", "program side.so"]).env("PATH", folder.file("bin")).current_dir(folder.0.path());
    let (code, said) = status(&mut by_name)?;
    ensure!(code == Some(42), "{said}");
    // Modules are not compiled there.
    fs::remove_file(folder.file("bin/side.o"))?;
    folder.put("bin/side.so", 42)?;
    ensure!(run(&program, folder.0.path())?.0 == Some(77), "a module is run");
    Ok(())
}

#[test]
fn the_programs_own_files_come_first() -> Result<()> {
    let folder = Folder::new()?;
    folder.put("files/side.so", 43)?;
    folder.put("files/below/other.so", 44)?;
    let (data, root) = (folder.grant("/data"), folder.grant("/"));
    for (options, name, expected) in [
        (&["--dir", &data][..], "/data/side.so", 43),
        (&["--dir", &data], "data/below/../side.so", 43),
        (&["--dir-ro", &data], "/data/below/other.so", 44),
        // What is not among them is looked for beside the program.
        (&["--dir", &data], "side.so", 42),
        (&["--dir", &root], "side.so", 43),
        (&["--dir", &root], "./side.so", 43),
        (&[], "/data/side.so", 77),
        (&["--dir", &data], "/data/below", 77),
        (&["--dir", &data], "/data/missing.so", 77),
        // Further places.
        (&["--dir", &data, "--env", "LD_LIBRARY_PATH=/none:/data/below"], "other.so", 44),
        (&["--dir", &data, "--env", "LD_LIBRARY_PATH=/data:/data/below"], "other.so", 44),
        (&["--dir", &data, "--env", "LD_LIBRARY_PATH=/data"], "below/other.so", 44),
        (&["--dir", &data, "--env", "LD_LIBRARY_PATH=/data"], "other.so", 77),
    ] {
        let (code, said) = folder.run(run_command()?, options, "main.wasm", name)?;
        ensure!(code == Some(expected), "{options:?} {name}: {code:?} {said}");
    }
    // Kept by what is in it.
    let (_, said) = folder.run(run_command()?, &["--dir", &data], "main.wasm", "/data/side.so")?;
    ensure!(said.matches("compiled: 0").count() == 2 && said.contains("side.so"), "{said}");
    Ok(())
}

#[test]
fn the_programs_own_files_are_compiled_and_never_run_as_they_are() -> Result<()> {
    let folder = Folder::new()?;
    folder.put("files/side.so", 43)?;
    folder.compile("main.wasm", "main.o")?;
    folder.compile("files/side.so", "files/side.o")?;
    let data = folder.grant("/data");
    // An object that the program could have written, by whatever name.
    fs::copy(folder.file("files/side.o"), folder.file("files/renamed.so"))?;
    for name in ["/data/side.o", "/data/renamed.so"] {
        for (command, program) in [(run_command()?, "main.wasm"), (binary::wasmrun()?, "main.o")] {
            let (code, said) = folder.run(command, &["--dir", &data], program, name)?;
            ensure!(code == Some(77) && said.contains("need to see wasm magic number"), "{name}: {said}");
        }
    }
    // Where nothing compiles, that is said; and what lies beside the program is taken for it.
    let run = |name: &str| folder.run(binary::wasmrun()?, &["--dir", &data], "main.o", name);
    let (code, said) = run("/data/side.so")?;
    ensure!(code == Some(77) && said.contains("there is no compiler here"), "{said}");
    folder.compile("side.so", "side.o")?;
    let (code, said) = run("/data/side.so")?;
    ensure!(code == Some(42), "{said}");
    // A program that is compiled already can load what is not, where there is a compiler.
    let (code, said) = folder.run(run_command()?, &["--dir", &data], "main.o", "/data/side.so")?;
    ensure!(code == Some(43), "{said}");
    Ok(())
}
