//! The same input gives the same bytes, whatever the number of threads.

use anyhow::{Result, ensure};
use wasmc_compiler::compile;
use wasmc_tests::compile_options;
use wasmc_tests::module::Module;

fn compile_with_threads(bytes: &[u8], threads: usize) -> Result<Vec<u8>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    Ok(pool.install(|| compile(bytes, &compile_options()))?.bytes().to_vec())
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
        let one = compile_with_threads(&bytes, 1)?;
        for threads in [1, 2, 3, 8] {
            ensure!(compile_with_threads(&bytes, threads)? == one, "{threads} threads give other bytes than one");
        }
    }
    Ok(())
}
