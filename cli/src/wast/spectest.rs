//! The host module `spectest`, which the suite's scripts import.

use wasmc_loader::{
    DefineError, EntityError, FunctionType, Global, GlobalType, HeapType, Linker, Memory, MemoryType, ReferenceType,
    SharedMemory, Store, Table, TableType, Value, ValueType,
};

const NAME: &str = "spectest";

/// Defines the module's functions, globals, memory and tables.
pub(super) fn define(store: &mut Store, linker: &mut Linker) -> Result<(), String> {
    let undefined = |error: DefineError| error.to_string();
    let refused = |error: EntityError| error.to_string();
    define_functions(linker).map_err(undefined)?;
    let globals = [
        ("global_i32", Value::I32(666)),
        ("global_i64", Value::I64(666)),
        ("global_f32", Value::F32(666.6_f32.to_bits())),
        ("global_f64", Value::F64(666.6_f64.to_bits())),
    ];
    for (name, value) in globals {
        let global_type = GlobalType { value: value.value_type(), is_mutable: false };
        let global = Global::new(store, global_type, value).map_err(refused)?;
        linker.define(NAME, name, global).map_err(undefined)?;
    }
    for (name, is_64) in [("table", false), ("table64", true)] {
        let element = ReferenceType { nullable: true, heap: HeapType::Func };
        let table_type = TableType { element, minimum: 10, maximum: Some(20), is_64 };
        let table = Table::new(store, table_type, Value::Function(None)).map_err(refused)?;
        linker.define(NAME, name, table).map_err(undefined)?;
    }
    let memory_type = MemoryType { minimum_pages: 1, maximum_pages: Some(2), is_64: false, is_shared: false };
    let memory = Memory::new(store, memory_type).map_err(refused)?;
    linker.define(NAME, "memory", memory).map_err(undefined)?;
    let shared = SharedMemory::new(memory_type).map_err(refused)?;
    linker.shared_memory(NAME, "shared_memory", &shared).map_err(undefined)?;
    Ok(())
}

fn define_functions(linker: &mut Linker) -> Result<(), DefineError> {
    use ValueType::{F32, F64, I32, I64};
    let functions: [(&str, &[ValueType]); 7] = [
        ("print", &[]),
        ("print_i32", &[I32]),
        ("print_i64", &[I64]),
        ("print_f32", &[F32]),
        ("print_f64", &[F64]),
        ("print_i32_f32", &[I32, F32]),
        ("print_f64_f64", &[F64, F64]),
    ];
    for (name, parameters) in functions {
        // What scripts print is not part of what they assert.
        linker.array_function(NAME, name, FunctionType::new(parameters, []), |_, _, _| Ok(()))?;
    }
    Ok(())
}
