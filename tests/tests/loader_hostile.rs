//! Damaged artifacts that load are instantiated as well: what a loader follows is checked before it is followed.

use std::time::Duration;

use anyhow::{Result, ensure};
use wasmc_loader::{Image, Linker, MemoryBudget, Store, StoreOptions};
use wasmc_tests::child::run_apart;
use wasmc_tests::compile_options;
use wasmc_tests::random::Random;

/// Imports, tables, segments and globals of all kinds; no start function, since running damaged code is not the point.
const SAMPLE: &str = r#"(module
    (@custom "dylink.0" (before first)
        "\01\04\10\03\01\00" "\02\08\01\06needed" "\03\08\01\04same\80\02" "\04\0f\01\07GOT.mem\04some\01")
    (type $unary (func (param i32) (result i32)))
    (import "h" "one" (func $one (type $unary)))
    (import "h" "two" (func $two (param i64 externref) (result f64 funcref)))
    (memory (export "memory") 2 5)
    (memory $other i64 1)
    (table $table (export "table") 6 10 funcref)
    (table $typed 2 (ref null $unary))
    (global $offset (export "offset") i32 (i32.const 1))
    (global $reference (export "reference") (mut funcref) (ref.func $one))
    (global $vector v128 (v128.const i64x2 1 2))
    (global $sum i64 (i64.add (i64.const 1) (i64.mul (i64.const 2) (i64.const 3))))
    (elem (table $table) (offset (i32.const 1)) func $one $same)
    (elem (table $typed) (i32.const 0) (ref null $unary) (ref.func $same) (ref.null $unary))
    (elem $passive func $same $two)
    (data (memory 0) (offset (i32.const 16)) "active")
    (data (memory $other) (i64.const 8) "sixty-four")
    (data $later "passive")
    (tag $tag (export "tag") (param i32))
    (func $same (export "same") (type $unary) local.get 0)
    (func (export "init")
        (memory.init $later (i32.const 0) (i32.const 0) (i32.const 7))
        (table.init $table $passive (i32.const 0) (i32.const 0) (i32.const 2))
        (global.set $reference (table.get $table (i32.const 0)))
        (drop (global.get $vector))
        (drop (global.get $sum))
        (drop (global.get $offset))))"#;

fn load_and_instantiate(bytes: &[u8]) -> bool {
    let Ok(image) = Image::from_bytes(bytes) else { return false };
    let mut options = StoreOptions::default();
    options.memory = MemoryBudget::new(1 << 30);
    let Ok(mut store) = Store::new(options) else { return false };
    let mut linker = Linker::new();
    linker.trap_unknown_imports(true);
    let Ok(instance) = linker.instantiate(&mut store, &image) else { return false };
    std::hint::black_box(instance.exports(&store));
    if let Some(dynamic) = image.dynamic_linking() {
        let symbols = dynamic.exports().chain(dynamic.imports()).map(|symbol| symbol.name);
        std::hint::black_box(dynamic.needed().chain(dynamic.runtime_paths()).chain(symbols).count());
        std::hint::black_box((dynamic.memory_alignment(), dynamic.table_alignment()));
    }
    true
}

#[test]
fn damaged_descriptions_are_refused_or_instantiated() -> Result<()> {
    run_apart("damaged_descriptions_are_refused_or_instantiated", Duration::from_secs(600), || {
        let artifact = wasmc_compiler::compile(&wat::parse_str(SAMPLE)?, &compile_options())?;
        let original = artifact.bytes();
        ensure!(load_and_instantiate(original), "the artifact itself does not load");
        let object = object::File::parse(original)?;
        // The file's header first.
        let mut ranges: Vec<_> = std::iter::once(0..64_usize).collect();
        for section in object::Object::sections(&object) {
            let name = object::ObjectSection::name(&section)?;
            if name.contains("wasmc")
                && !name.ends_with("image")
                && let Some((start, length)) = object::ObjectSection::file_range(&section)
            {
                ranges.push(start as usize..(start + length) as usize);
            }
        }
        let (mut tried, mut loaded) = (0, 0);
        let mut bytes = original.to_vec();
        for at in ranges.iter().cloned().flatten() {
            for value in [!original[at], original[at] ^ 1, original[at] ^ 0x80, original[at].wrapping_add(8), 0] {
                bytes[at] = value;
                tried += 1;
                loaded += usize::from(load_and_instantiate(&bytes));
            }
            bytes[at] = original[at];
        }
        let seed = 3;
        let mut random = Random::new(seed);
        for _ in 0..5000 {
            let mut bytes = original.to_vec();
            for _ in 0..1 + random.below(3) {
                let range = ranges[random.below(ranges.len())].clone();
                if range.len() >= 4 {
                    let at = range.start + random.below(range.len() / 4) * 4;
                    let values = [0, 1, 2, 7, 0x7fff_ffff, 0x8000_0000, u32::MAX, random.next_u64() as u32];
                    bytes[at..at + 4].copy_from_slice(&values[random.below(values.len())].to_le_bytes());
                }
            }
            tried += 1;
            loaded += usize::from(load_and_instantiate(&bytes));
        }
        wasmc_tests::say(&format!(
            "{tried} damaged artifacts (seed {seed}): {loaded} are instantiated, the others refused"
        ));
        Ok(())
    })
}
