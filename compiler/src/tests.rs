//! The whole compiler: text format in, objects out.

use wasmc_contract::metadata::{Metadata, Names, limit_flag, segment_mode};
use wasmc_contract::section::Section;
use wasmc_contract::target::{CpuFeatures, Target};

use crate::options::{BoundsChecks, Optimization};
use crate::{Artifact, CompileError, CompileOptions, compile, emit_assembly, emit_clif};

const SAMPLE: &str = r#"
(module $sample
  (type $binary (func (param i32 i32) (result i32)))
  (import "env" "log" (func $log (param i32 f64) (result i64 i32)))
  (import "env" "one" (func $one (type $binary)))
  (import "env" "vector" (func $vector (param v128) (result v128)))
  (memory (export "memory") 2 4)
  (data (i32.const 1000) "hello, world")
  (data $passive "passive")
  (table 4 funcref)
  (elem (i32.const 1) $add $one)
  (global $counter (mut i32) (i32.const 7))
  (global (export "constant") i64 (i64.const -5))
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $go (export "go") (param i32) (result i32)
    (call_indirect (type $binary) (local.get 0) (i32.const 2) (local.get 0))
    (i32.add (i32.load offset=12 (local.get 0)))
    (i32.div_u (local.get 0)))
  (func (export "a-b") (export "again") (param i32) (result i32 i32)
    (call $log (local.get 0) (f64.const 1)) drop drop (local.get 0) (i32.const 1))
  (func (export "vector") (param v128) (result v128) (call $vector (local.get 0)))
  (func (export "initialize") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 7))))
"#;

fn options() -> CompileOptions {
    CompileOptions { verify: true, ..CompileOptions::new(Target::ALL[0]) }
}

fn compile_text(text: &str) -> Result<Artifact, CompileError> {
    compile(&wat::parse_str(text).unwrap(), &options())
}

/// A section of an object.
fn section(artifact: &Artifact, section: Section) -> &[u8] {
    let elf = goblin::elf::Elf::parse(artifact.bytes()).unwrap();
    let named =
        |header: &&goblin::elf::SectionHeader| elf.shdr_strtab.get_at(header.sh_name) == Some(section.elf_name());
    let header = elf.section_headers.iter().find(named).unwrap();
    &artifact.bytes()[header.file_range().unwrap()]
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let wasm = wat::parse_str(SAMPLE).unwrap();
    let with_threads = |count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| compile(&wasm, &options()).unwrap())
    };
    assert_eq!(with_threads(1), with_threads(4));
}

#[test]
fn every_way_to_compile_verifies() {
    let wasm = wat::parse_str(SAMPLE).unwrap();
    for optimization in [Optimization::None, Optimization::Speed, Optimization::Full, Optimization::Size] {
        for bounds_checks in [BoundsChecks::GuardPages, BoundsChecks::Explicit] {
            for level in ["x86-64", "x86-64-v3"] {
                let cpu_features = CpuFeatures::x86_64_level(level).unwrap();
                let chosen = CompileOptions { optimization, bounds_checks, cpu_features, ..options() };
                compile(&wasm, &CompileOptions { interruptible: true, canonical_nans: true, ..chosen }).unwrap();
            }
        }
    }
}

#[test]
fn the_description_says_what_the_module_says() {
    let artifact = compile_text(SAMPLE).unwrap();
    let metadata = Metadata::parse(section(&artifact, Section::Metadata)).unwrap();
    assert_eq!(metadata.imports.len(), 3);
    assert_eq!(metadata.string(metadata.imports.at(1).unwrap().field), Some("one"));
    assert_eq!(metadata.functions.len(), 8);
    let exports: Vec<_> = metadata.exports.iter().map(|export| metadata.string(export.name).unwrap()).collect();
    assert_eq!(exports, ["memory", "constant", "go", "a-b", "again", "vector", "initialize"]);
    let memory = metadata.memories.at(0).unwrap();
    assert_eq!((memory.minimum_pages, memory.maximum_pages), (2, 4));
    assert_eq!((memory.image_address, memory.image_length_bytes), (0, 4096));
    assert_eq!(&section(&artifact, Section::Image)[1000..][..12], b"hello, world");
    let modes: Vec<_> = metadata.data_segments.iter().map(|segment| segment.mode).collect();
    assert_eq!(modes, [segment_mode::DONE, segment_mode::PASSIVE]);
    assert_eq!(section(&artifact, Section::Data), b"passive");
    assert_eq!(metadata.tables.at(0).unwrap().flags, limit_flag::READY);
    assert_eq!(section(&artifact, Section::Tables).len(), 4 * 8);
    let names = Names::parse(section(&artifact, Section::Names)).unwrap();
    assert_eq!((names.function(3), names.function(5)), (Some("add"), None));
    assert_eq!(names.string(names.module), Some("sample"));
}

#[test]
fn exports_and_functions_have_symbols() {
    let artifact = compile_text(SAMPLE).unwrap();
    let elf = goblin::elf::Elf::parse(artifact.bytes()).unwrap();
    let symbols = || elf.syms.iter().map(|symbol| (elf.strtab.get_at(symbol.st_name).unwrap(), symbol));
    let global: Vec<_> = symbols().filter(|(_, symbol)| symbol.st_bind() == 1).map(|(name, _)| name).collect();
    let wanted = ["module", "export_go", "export_a_x2db", "export_again", "export_vector", "export_initialize"];
    assert_eq!(global, wanted.map(|name| format!("wasmc_{name}")));
    let named = |wanted| symbols().find(|(name, _)| *name == wanted).unwrap().1;
    assert_eq!(named("wasmc_export_again").st_value, named("wasmc_export_a_x2db").st_value);
    assert!(named("add").is_function() && named("function[5]").is_function());
}

#[test]
fn segments_that_depend_on_the_instance_stay_segments() {
    let artifact = compile_text(
        r#"(module
          (import "env" "base" (global $base i32))
          (memory 1)
          (data (i32.const 8) "first")
          (data (global.get $base) "second"))"#,
    );
    let artifact = artifact.unwrap();
    let metadata = Metadata::parse(section(&artifact, Section::Metadata)).unwrap();
    assert!(metadata.data_segments.iter().all(|segment| segment.mode == segment_mode::ACTIVE));
    assert_eq!(section(&artifact, Section::Data), b"firstsecond");
    assert!(section(&artifact, Section::Image).is_empty());
}

#[test]
fn segments_in_the_image_that_nothing_names_are_forgotten() {
    let artifact = compile_text("(module (memory 1) (data (i32.const 8) \"here\") (func (export \"run\")))").unwrap();
    assert!(Metadata::parse(section(&artifact, Section::Metadata)).unwrap().data_segments.is_empty());
    assert_eq!(&section(&artifact, Section::Image)[8..12], b"here");
}

#[test]
fn empty_modules_and_names_that_symbols_cannot_hold() {
    compile_text("(module)").unwrap();
    let artifact = compile_text("(module (func (@name \"a\\00b\")) (func (@name \"\")))").unwrap();
    let elf = goblin::elf::Elf::parse(artifact.bytes()).unwrap();
    let names: Vec<_> = elf.syms.iter().filter(|symbol| symbol.is_function()).collect();
    let names: Vec<_> = names.iter().map(|symbol| elf.strtab.get_at(symbol.st_name).unwrap()).collect();
    assert_eq!(names, ["a\u{fffd}b", "function[1]"]);
}

#[test]
fn the_first_of_several_errors_is_reported() {
    // Both bodies are invalid; the larger one is compiled first.
    let text = "(module (func (result i32)) (func (result i32) nop nop nop nop nop nop nop nop nop nop nop))";
    let wasm = wat::parse_str(text).unwrap();
    let offset = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        match pool.install(|| compile(&wasm, &options())) {
            Err(CompileError::Invalid { offset, .. }) => offset,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(offset(1), offset(4));
    assert!(offset(1) < wasm.len() as u64 - 13);
}

#[test]
fn cut_and_changed_modules_are_errors_or_modules() {
    let wasm = wat::parse_str(SAMPLE).unwrap();
    for length in 0..wasm.len() {
        let _ = compile(&wasm[..length], &options());
    }
    for position in 8..wasm.len() {
        let mut changed = wasm.clone();
        changed[position] ^= 0x41;
        let _ = compile(&changed, &options());
    }
}

#[test]
fn options_that_do_not_fit_are_named() {
    let wasm = wat::parse_str("(module)").unwrap();
    let cpu_features = CpuFeatures::BASELINE.with(wasmc_contract::target::CpuFeature::Lse);
    let error = compile(&wasm, &CompileOptions { cpu_features, ..options() }).unwrap_err().to_string();
    assert!(error.contains("lse") && error.contains("x86_64-linux"), "{error}");
    let error = compile(&wasm, &CompileOptions { symbol_prefix: "a-b".to_owned(), ..options() }).unwrap_err();
    assert!(error.to_string().contains("a-b"));
}

#[test]
fn listings_are_deterministic_and_name_functions() {
    let wasm = wat::parse_str(SAMPLE).unwrap();
    for target in [Target::ALL[0], Target::ALL[1]] {
        let options = CompileOptions::new(target);
        let (clif, assembly) = (emit_clif(&wasm, &options).unwrap(), emit_assembly(&wasm, &options).unwrap());
        assert!(clif.contains(";; add\n") && assembly.contains(";; array_entry["));
        assert_eq!(clif, emit_clif(&wasm, &options).unwrap());
        assert_eq!(assembly, emit_assembly(&wasm, &options).unwrap());
    }
}

#[test]
fn a_changed_object_does_not_verify() {
    let artifact = compile_text(SAMPLE).unwrap();
    let elf = goblin::elf::Elf::parse(artifact.bytes()).unwrap();
    let start_of = |section: Section| {
        let named =
            |header: &&goblin::elf::SectionHeader| elf.shdr_strtab.get_at(header.sh_name) == Some(section.elf_name());
        elf.section_headers.iter().find(named).unwrap().sh_offset as usize
    };
    for (section, offset) in
        [(Section::Descriptor, 0), (Section::Descriptor, 16), (Section::Traps, 11), (Section::Metadata, 4)]
    {
        let mut bytes = artifact.bytes().to_vec();
        bytes[start_of(section) + offset] ^= 0xff;
        assert!(crate::verify::verify(&bytes).is_err(), "{section:?} at {offset}");
    }
}

#[test]
fn objects_of_all_targets_verify() {
    let everything = wat::parse_str(include_str!("../../tests/samples/everything.wat")).expect("it is well-formed");
    // Arguments of tail calls that do not fit the caller's, and registers that only C keeps.
    let parameters = "(param i64) ".repeat(300);
    let arguments = "(i64.const 1) ".repeat(300);
    let many = wat::parse_str(format!(
        "(module (import \"host\" \"many\" (func $host {parameters}))
           (func $callee {parameters} (result i64) (local.get 299))
           (func (export \"tail\") (result i64) (return_call $callee {arguments}))
           (func (export \"host\") (call $host {arguments})))"
    ));
    let many = many.expect("it is well-formed");
    for target in wasmc_contract::target::Target::ALL {
        for optimization in [crate::options::Optimization::None, crate::options::Optimization::Full] {
            for wasm in [&everything, &many, &wat::parse_str("(module)").expect("it is well-formed")] {
                let options = CompileOptions { verify: true, optimization, ..CompileOptions::new(target) };
                if let Err(error) = compile(wasm, &options) {
                    panic!("{target}: {error}");
                }
            }
        }
    }
}
