//! The same input gives the same bytes, whatever the number of threads and the machine.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use wasmc_compiler::{CompileOptions, compile};
use wasmc_contract::target::Target;
use wasmc_tests::module::Module;

fn compile_with_threads(bytes: &[u8], target: Target, threads: usize) -> Result<Vec<u8>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let options = CompileOptions { verify: true, ..CompileOptions::new(target) };
    Ok(pool.install(|| compile(bytes, &options))?.bytes().to_vec())
}

#[test]
fn one_thread_and_many_give_the_same_bytes() -> Result<()> {
    let mut large = Module::default();
    large.type_of_number();
    (0..2000).for_each(|_| large.function(0));
    large.export("run", 1999);
    // Bodies of very different lengths, so that threads finish in another order than they started.
    (0..2000_usize).for_each(|index| large.body(&[&[0x41, 1][..], &[0x45].repeat(index * 37 % 501)].concat()));
    let everything = wat::parse_str(include_str!("../samples/everything.wat"))?;
    for bytes in [everything, large.finish()] {
        for target in Target::ALL {
            let one = compile_with_threads(&bytes, target, 1)?;
            for threads in [1, 2, 3, 8] {
                let many = compile_with_threads(&bytes, target, threads)?;
                ensure!(many == one, "{target}: {threads} threads give other bytes than one");
            }
        }
    }
    Ok(())
}

/// The bytes depend on no host: whoever compiles this for a target, on whatever machine, gets these.
#[test]
fn every_host_gives_the_same_bytes() -> Result<()> {
    let wasm = wat::parse_str(include_str!("../samples/linked.wat"))?;
    let mut found = String::new();
    for target in Target::ALL {
        let artifact = compile(&wasm, &CompileOptions::new(target))?;
        writeln!(found, "{target} {}", blake3::hash(artifact.bytes()).to_hex())?;
    }
    wasmc_tests::expected::check("objects.hashes", found.as_bytes())
}
