//! Small modules are parsed, translated, and verified by Cranelift's own verifier.

use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, FinalizedRelocTarget, ir};
use wasmc_contract::context::ContextLayout;
use wasmc_contract::target::{Architecture, System, Target};

use super::*;
use crate::module;

const TARGET: Target = Target { architecture: Architecture::X86_64, system: System::Linux };

fn isa_with(features: &[&str]) -> OwnedTargetIsa {
    let mut flags = settings::builder();
    for (name, value) in [
        ("preserve_frame_pointers", "true"),
        ("enable_multi_ret_implicit_sret", "true"),
        ("is_pic", "false"),
        ("opt_level", "speed"),
        ("enable_verifier", "false"),
    ] {
        flags.set(name, value).unwrap();
    }
    let mut isa = cranelift_codegen::isa::lookup_by_name("x86_64-unknown-linux-gnu").unwrap();
    for feature in features {
        isa.enable(feature).unwrap();
    }
    isa.finish(settings::Flags::new(flags)).unwrap()
}

/// Compiles all functions of the module, and returns their IR.
fn check(wasm: &[u8], options: &CompileOptions, isa: &OwnedTargetIsa) -> Result<Vec<String>, CompileError> {
    let module = module::parse(wasm, &options.features)?;
    let layout = ContextLayout::new(&module.context_counts()).unwrap();
    let mut translator = Translator::new(&module, &**isa, options, &layout);
    let mut context = Context::new();
    let mut texts = Vec::new();
    for defined_index in 0..module.bodies.len() as u32 {
        context.clear();
        translator.translate(defined_index, &mut context.func)?;
        assert_eq!(context.func.signature.call_conv, CallConv::Tail);
        let text = context.func.display().to_string();
        if let Err(errors) = cranelift_codegen::verify_function(&context.func, &**isa) {
            panic!("{errors}\n{text}");
        }
        match context.compile(&**isa, &mut Default::default()) {
            Ok(code) => {
                for relocation in code.buffer.relocs() {
                    let target = &relocation.target;
                    let FinalizedRelocTarget::ExternalName(name) = target else { continue };
                    assert!(matches!(name, ir::ExternalName::User(_)), "{target:?}\n{text}");
                }
            }
            Err(error) => panic!("{:?}\n{text}", error.inner),
        }
        texts.push(text);
    }
    Ok(texts)
}

fn check_text(text: &str) -> Vec<String> {
    let wasm = wat::parse_str(text).unwrap();
    let options = CompileOptions::new(TARGET);
    check(&wasm, &options, &isa_with(&[])).unwrap()
}

#[test]
fn blocks_without_branches_are_no_blocks() {
    let ir = check_text("(module (func (param i32) (result i32) (block (result i32) local.get 0)))");
    assert!(!ir[0].contains("block1"), "{}", ir[0]);
}

#[test]
fn a_ready_table_is_called_without_its_definition() {
    let ir = check_text(
        "(module (type $t (func)) (func $f) (table 2 funcref) (elem (i32.const 0) $f)
           (func (param i32) (call_indirect (type $t) (local.get 0))))",
    );
    assert!(ir[1].contains("func_addr"), "{}", ir[1]);
}

/// Modules with a lot of one thing are compiled in time that grows with their size.
#[test]
fn sizes_are_no_danger() {
    let nested = format!("(module (func {} {}))", "block ".repeat(5_000), "end ".repeat(5_000));
    check_text(&nested);
    let loops = format!("(module (func {} {}))", "loop i32.const 0 br_if 0 ".repeat(1_000), "end ".repeat(1_000));
    check_text(&loops);
    let table = format!("(module (func (param i32) (block (br_table {} (local.get 0)))))", "0 1 ".repeat(50_000));
    check_text(&table);
    let straight =
        format!("(module (func (param i32) (result i32) local.get 0 {}))", "i32.const 3 i32.mul ".repeat(50_000));
    check_text(&straight);
    let locals = format!("(module (func (local {}) local.get 49999 drop))", "i64 ".repeat(50_000));
    check_text(&locals);
    let locals_and_loops =
        format!("(module (func (local {}) {} {}))", "i64 ".repeat(40_000), "loop ".repeat(1_000), "end ".repeat(1_000));
    check_text(&locals_and_loops);
}

#[test]
fn few_bytes_cannot_ask_for_an_endless_ir() {
    let results = "i32 ".repeat(1_000);
    let branches = "i32.const 0 br_if 0 ".repeat(100_000);
    let values = "i32.const 0 ".repeat(1_000);
    let text = format!("(module (func (result {results}) {values} {branches}))");
    let wasm = wat::parse_str(text).unwrap();
    let error = check(&wasm, &CompileOptions::new(TARGET), &isa_with(&[])).unwrap_err();
    assert!(matches!(error, CompileError::Limit { .. }), "{error}");
}

#[test]
fn what_is_not_supported_is_named() {
    for text in ["(module (type (struct)))", "(module (func (param i31ref)))"] {
        let wasm = wat::parse_str(text).unwrap();
        let error = check(&wasm, &CompileOptions::new(TARGET), &isa_with(&[])).unwrap_err();
        let CompileError::Unsupported { feature: named, .. } = error else { panic!("{text}: {error}") };
        assert_eq!(named, "GC", "{text}");
    }
}

/// Each proposal that can be switched off is refused when it is.
#[test]
fn proposals_can_be_switched_off() {
    type Switch = fn(&mut crate::options::Features) -> &mut bool;
    let cases: [(Switch, &str); 16] = [
        (|it| &mut it.simd, "(func (param v128))"),
        (|it| &mut it.relaxed_simd, "(func (param v128) local.get 0 local.get 0 i8x16.relaxed_swizzle drop)"),
        (|it| &mut it.tail_call, "(func return_call 0)"),
        (|it| &mut it.extended_const, "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
        (|it| &mut it.multi_memory, "(memory 1) (memory 1)"),
        (|it| &mut it.memory64, "(memory i64 1)"),
        (|it| &mut it.function_references, "(type $t (func)) (func (param (ref $t)) local.get 0 call_ref $t)"),
        (|it| &mut it.reference_types, "(func (param externref))"),
        (|it| &mut it.bulk_memory, "(memory 1) (data \"\") (func data.drop 0)"),
        (|it| &mut it.multi_value, "(func (result i32 i32) i32.const 0 i32.const 0)"),
        (|it| &mut it.saturating_float_to_int, "(func (param f32) local.get 0 i32.trunc_sat_f32_s drop)"),
        (|it| &mut it.sign_extension, "(func (param i32) local.get 0 i32.extend8_s drop)"),
        (|it| &mut it.legacy_exceptions, "(func try catch_all end)"),
        (|it| &mut it.threads, "(memory 1 1 shared)"),
        (|it| &mut it.threads, "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))"),
        (|it| &mut it.mutable_global, "(global (export \"g\") (mut i32) (i32.const 0))"),
    ];
    for (switch, fields) in cases {
        let wasm = wat::parse_str(format!("(module {fields})")).unwrap();
        let mut options = CompileOptions::new(TARGET);
        check(&wasm, &options, &isa_with(&[])).unwrap();
        *switch(&mut options.features) = false;
        let error = check(&wasm, &options, &isa_with(&[])).unwrap_err();
        assert!(matches!(error, CompileError::Invalid { .. }), "{fields}: {error}");
    }
}
