//! Calls an exported function of a compiled module: `call FILE.o NAME [i32 ARGUMENTS…]`. With `WASMC_GDB` or `WASMC_PERF` set,
//! the code's symbols are there for gdb or perf.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use wasmc_loader::{DebugOptions, Image, Linker, Outcome, Store, StoreOptions, Uncaught, Value};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, name, values @ ..] = &arguments[..] else { return Err("usage: call FILE.o NAME [ARGUMENTS…]".into()) };
    let image = Image::open(Path::new(file))?;
    let is_set = |name| std::env::var_os(name).is_some();
    let debug = DebugOptions { gdb: is_set("WASMC_GDB"), perf: is_set("WASMC_PERF") };
    image.register_for_debugging(debug)?;
    let mut store = Store::new(StoreOptions::default())?;
    let instance = Linker::new().trap_unknown_imports(true).instantiate(&mut store, &image)?;
    let function = instance.function(&store, name).ok_or("there is no such function")?;
    let values = values.iter().map(|value| value.parse().map(Value::I32)).collect::<Result<Vec<_>, _>>()?;
    match function.call(&mut store, &values)? {
        Outcome::Returned(values) => println!("{values:?}"),
        Outcome::Exited(status) => println!("exited with {status}"),
        Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => {
            eprintln!("{report}");
            return Ok(ExitCode::from(134));
        }
    }
    Ok(ExitCode::SUCCESS)
}
