//! Modules that are linked while they run: a main module of ours, side modules as text, and what is to come of them.

use anyhow::{Context as _, Result, bail, ensure};
use wasmc_loader::{Outcome, Value};

use program::{Dylink, GLOBAL, MAIN, NOW, Program, image, module, name, number, side};

mod commands;
mod limits;
mod program;

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

/// As current releases link it: what others find in the host's hands, it defines itself and exports.
#[test]
fn a_main_module_that_lies_where_it_was_linked_to_is_linked_to() -> Result<()> {
    let imports = MAIN.lines().filter(|line| {
        !["\"memory\"", "_table\"", "__stack_pointer", "_base\"", "GOT."]
            .iter()
            .any(|name| line.trim_start().starts_with("(import") && line.contains(name))
    });
    let own = r#"
        (memory 16)
        (table (export "__indirect_function_table") 2 funcref)
        (global $stack (export "__stack_pointer") (mut i32) (i32.const 65536))
        (global $memory_base i32 (i32.const 1024))
        (global $table_base i32 (i32.const 1))
        (global $heap (mut i32) (i32.const 65536))
        (type $plain (func (result i32)))"#;
    let text = imports.collect::<Vec<_>>().join("\n").replace("(type $plain (func (result i32)))", own);
    let text = text.replace("\"main_data\") i32 (i32.const 8)", "\"main_data\") i32 (i32.const 1032)");
    // Its heap is there before its constructors have run.
    let text = text.replace("(global $top (mut i32) (i32.const 0))", "(global $top (mut i32) (i32.const 65536))");
    let text = text.replace("(global.set $top (global.get $heap))", "");
    let library = r#"
        (import "env" "__stack_pointer" (global $stack (mut i32)))
        (import "GOT.mem" "main_data" (global $data (mut i32)))
        (import "GOT.func" "main_seven" (global $seven (mut i32)))
        (elem (offset (global.get $table_base)) func $nine)
        (func $nine (type $plain) (i32.const 9))
        (func (export "__wasm_call_ctors") (call $note (i32.const 2)))
        (func (export "base") (type $plain) (global.get $memory_base))
        (func (export "nine") (type $plain) (global.get $table_base))
        (func (export "data") (type $plain) (i32.load (global.get $data)))
        (func (export "seven") (type $plain) (call_indirect (type $plain) (global.get $seven)))
        (func (export "stack") (type $plain) (global.get $stack))"#;
    let dylink = Dylink { memory: 100, alignment: 4, table: 1, ..Dylink::default() };
    for needed in [&[][..], &["side.wasm"]] {
        let main = Dylink { needed, ..Dylink::default() };
        let main = image(&module("dylink.0", &main.bytes(), &text)?)?;
        let mut program = Program::of(&main, vec![("side.wasm", side(dylink, library)?)], 1 << 30)?;
        program.start()?;
        let handle = program.opened("side.wasm", NOW)?;
        ensure!(program.value(handle, "data")? == 42 && program.value(handle, "seven")? == 7);
        ensure!(program.value(handle, "stack")? == program.call("stack", &[])?);
        ensure!(program.value(handle, "base")? >= 65536, "its data lies in the main module's");
        let nine = program.value(handle, "nine")?;
        ensure!(nine >= 2 && program.call("call", &[nine])? == 9, "{nine}");
        let log = program.call("log", &[])?;
        ensure!(log == 12, "{needed:?}: {log}");
    }
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
