//! A main module of ours, side modules as text, and a program that is made of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, bail, ensure};
use wasmc_emscripten::{Emscripten, ModuleError, Thread};
use wasmc_loader::{Image, Instance, Linker, MemoryBudget, Outcome, Store, StoreOptions, Value};
use wasmc_wasi::WasiBuilder;

/// What `dlopen` is given.
pub(crate) const NOW: u32 = 2;
pub(crate) const GLOBAL: u32 = 256;

/// A main module that its host can make do all that programs do with others. Records of libraries are at 4096 and on.
pub(crate) const MAIN: &str = r#"
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
pub(crate) struct Dylink<'a> {
    pub(crate) memory: u32,
    /// To base 2.
    pub(crate) alignment: u8,
    pub(crate) table: u32,
    pub(crate) needed: &'a [&'a str],
    /// Names of `GOT.mem` that may stay undefined.
    pub(crate) weak: &'a [&'a str],
}

/// That of the main module.
pub(crate) const MAIN_DYLINK: Dylink<'static> = Dylink { memory: 12, alignment: 4, table: 1, needed: &[], weak: &[] };

impl Dylink<'_> {
    /// The section's bytes.
    pub(crate) fn bytes(self) -> Vec<u8> {
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

pub(crate) fn number(mut value: u32) -> Vec<u8> {
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

pub(crate) fn name(text: &str) -> Vec<u8> {
    [number(text.len() as u32), text.as_bytes().to_vec()].concat()
}

fn subsection(kind: u8, contents: &[u8]) -> Vec<u8> {
    [vec![kind], number(contents.len() as u32), contents.to_vec()].concat()
}

/// A module's bytes, with the section first.
pub(crate) fn module(section: &str, contents: &[u8], text: &str) -> Result<Vec<u8>> {
    let escaped: String = contents.iter().map(|byte| format!("\\{byte:02x}")).collect();
    Ok(wat::parse_str(format!("(module (@custom \"{section}\" (before first) \"{escaped}\") {text})"))?)
}

pub(crate) fn image(bytes: &[u8]) -> Result<Image> {
    let artifact = wasmc_compiler::compile(bytes, &wasmc_tests::compile_options())?;
    Ok(Image::from_bytes(artifact.bytes())?)
}

pub(crate) fn side(dylink: Dylink<'_>, text: &str) -> Result<Image> {
    image(&module("dylink.0", &dylink.bytes(), &format!("{SIDE}{text}"))?)
}

/// A program that runs.
pub(crate) struct Program {
    pub(crate) store: Store,
    pub(crate) instance: Instance,
    pub(crate) thread: Thread,
    pub(crate) next: u32,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Program {
    pub(crate) fn new(needed: &[&str], sides: Vec<(&str, Image)>) -> Result<Self> {
        let dylink = Dylink { needed, ..MAIN_DYLINK };
        Self::of(&image(&module("dylink.0", &dylink.bytes(), MAIN)?)?, sides, 1 << 30)
    }

    /// One of another main module, with so much memory for it and for what the host keeps.
    pub(crate) fn of(main: &Image, sides: Vec<(&str, Image)>, budget_bytes: u64) -> Result<Self> {
        let sides: BTreeMap<String, Image> = sides.into_iter().map(|(name, side)| (name.to_owned(), side)).collect();
        let emscripten = Emscripten::new(WasiBuilder::new())?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let all_asked = Arc::clone(&asked);
        emscripten.provide_modules(move |request| {
            all_asked.lock().unwrap().push(request.name.to_owned());
            sides.get(request.name).cloned().ok_or(ModuleError::NotFound)
        });
        let mut options = StoreOptions::default();
        options.memory = MemoryBudget::new(budget_bytes);
        let mut store = Store::new(options)?;
        let thread = emscripten.thread();
        ensure!(Emscripten::is_wanted_by(main), "it is not recognised");
        let instance = thread.instantiate(&Linker::new(), &mut store, main)?;
        Ok(Self { store, instance, thread, next: 4096, asked })
    }

    /// One that has started.
    pub(crate) fn started(sides: Vec<(&str, Image)>) -> Result<Self> {
        let mut program = Self::new(&[], sides)?;
        program.start()?;
        Ok(program)
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        let outcome = self.thread.initialize(&mut self.store, self.instance)?;
        ensure!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
        Ok(())
    }

    pub(crate) fn outcome(&mut self, function: &str, arguments: &[u32]) -> Result<Outcome> {
        let arguments: Vec<Value> = arguments.iter().map(|value| Value::I32(value.cast_signed())).collect();
        let function = self.instance.function(&self.store, function).with_context(|| function.to_owned())?;
        Ok(function.call(&mut self.store, &arguments)?)
    }

    pub(crate) fn call(&mut self, function: &str, arguments: &[u32]) -> Result<u32> {
        match self.outcome(function, arguments)? {
            Outcome::Returned(values) => match values.first() {
                Some(Value::I32(value)) => Ok(value.cast_unsigned()),
                other => bail!("{function} gives {other:?}"),
            },
            other => bail!("{function}: {other:?}"),
        }
    }

    pub(crate) fn write(&mut self, address: u32, bytes: &[u8]) -> Result<()> {
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        Ok(memory.write(&mut self.store, address.into(), bytes)?)
    }

    pub(crate) fn read(&self, address: u32) -> Result<u32> {
        let mut bytes = [0; 4];
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        memory.read(&self.store, address.into(), &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// As `dlopen`: a handle, or what `dlerror` says.
    pub(crate) fn open(&mut self, name: &str, flags: u32) -> Result<Result<u32, String>> {
        let handle = self.next;
        self.next += 128;
        self.write(handle + 20, &flags.to_le_bytes())?;
        self.write(handle + 44, &[name.as_bytes(), b"\0"].concat())?;
        Ok(match self.call("open", &[handle])? {
            0 => Err(self.error()?),
            _ => Ok(handle),
        })
    }

    pub(crate) fn opened(&mut self, name: &str, flags: u32) -> Result<u32> {
        self.open(name, flags)?.map_err(|error| anyhow::anyhow!("{name}: {error}"))
    }

    pub(crate) fn error(&mut self) -> Result<String> {
        let address = self.call("error", &[])?;
        let memory = self.instance.memory(&self.store, "memory").context("a memory")?;
        let contents = memory.contents(&self.store)?;
        let bytes = (0..).map_while(|at| contents.read_u8(u64::from(address) + at).filter(|byte| *byte != 0));
        Ok(String::from_utf8(bytes.collect())?)
    }

    /// As `dlsym`: 0 for nothing.
    pub(crate) fn symbol(&mut self, handle: u32, name: &str) -> Result<u32> {
        self.write(2048, &[name.as_bytes(), b"\0"].concat())?;
        self.call("symbol", &[handle, 2048])
    }

    /// What the function `name` of a library gives.
    pub(crate) fn value(&mut self, handle: u32, name: &str) -> Result<u32> {
        let number = self.symbol(handle, name)?;
        ensure!(number != 0, "no {name}");
        self.call("call", &[number])
    }
}
