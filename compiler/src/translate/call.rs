//! Calls: direct, of imports, through tables and through references; and tail calls of each kind.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, ExtFuncData, ExternalName, FuncRef, InstBuilder, MemFlagsData, SigRef, Signature, Type, UserExternalName,
    Value, types,
};
use cranelift_codegen::isa::CallConv;
use wasmc_contract::NONE;
use wasmc_contract::builtin::Builtin;
use wasmc_contract::context::{ReadyElement, offset};
use wasmc_contract::trap::TrapCode;
use wasmparser::Operator;

use super::exception::CallTarget;
use super::function::FunctionTranslator;
use super::signature::{POINTER, signature_of, value_type};
use super::trap::to_cranelift;
use super::{NAMESPACE_FUNCTIONS, NAMESPACE_TEXT};
use crate::error::CompileError;
use crate::module::{ReadyTable, WasmModule};

/// What is called, and with which context.
enum Callee {
    Direct(FuncRef),
    Indirect { code: Value, context: Value },
}

/// How many types a table may hold for its elements to be compared with each subtype of a call's type in line.
const COMPARED_TYPES_MAX: usize = 8;

impl FunctionTranslator<'_, '_> {
    /// Translates calls; `false` for any other operator.
    pub(super) fn call(&mut self, operator: &Operator<'_>) -> Result<bool, CompileError> {
        match *operator {
            Operator::Call { function_index } => self.call_function(function_index, false)?,
            Operator::ReturnCall { function_index } => self.call_function(function_index, true)?,
            Operator::CallIndirect { type_index, table_index } => {
                let callee = self.indirect_callee(type_index, table_index);
                self.finish_call(type_index, callee, false)?;
            }
            Operator::ReturnCallIndirect { type_index, table_index } => {
                let callee = self.indirect_callee(type_index, table_index);
                self.finish_call(type_index, callee, true)?;
            }
            Operator::CallRef { type_index } => {
                let reference = self.pop();
                let callee = self.referenced_callee(reference, Some(TrapCode::NullReference));
                self.finish_call(type_index, callee, false)?;
            }
            Operator::ReturnCallRef { type_index } => {
                let reference = self.pop();
                let callee = self.referenced_callee(reference, Some(TrapCode::NullReference));
                self.finish_call(type_index, callee, true)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn call_function(&mut self, index: u32, is_tail: bool) -> Result<(), CompileError> {
        let module = self.environment.module;
        let type_index = module.functions[index as usize];
        let callee = if index < module.imported.functions {
            let slot = self.environment.layout.imported_function(index) as i32;
            // Slots are filled before any code runs.
            let flags = MemFlagsData::trusted().with_readonly().with_can_move();
            Callee::Indirect {
                code: self.builder.ins().load(POINTER, flags, self.context, slot + offset::IMPORTED_CODE),
                context: self.builder.ins().load(POINTER, flags, self.context, slot + offset::IMPORTED_CONTEXT),
            }
        } else {
            Callee::Direct(self.function_name(index, type_index))
        };
        self.finish_call(type_index, callee, is_tail)
    }

    /// Calls `callee`, of the type at `type_index`, with the top of the stack.
    fn finish_call(&mut self, type_index: u32, callee: Callee, is_tail: bool) -> Result<(), CompileError> {
        let definition = &self.environment.module.types[type_index as usize];
        let (parameters, results) = (definition.parameters.len(), definition.results.len());
        self.count_arguments(parameters + results)?;
        self.canonicalize_top(parameters);
        let first = self.stack.len() - parameters;
        let context = match callee {
            Callee::Direct(_) => self.context,
            Callee::Indirect { context, .. } => context,
        };
        let mut arguments = Vec::with_capacity(parameters + 1);
        arguments.push(context);
        arguments.extend(self.stack.drain(first..));
        let target = match callee {
            Callee::Direct(function) => CallTarget::Direct(function),
            Callee::Indirect { code, .. } => CallTarget::Indirect(self.signature(type_index), code),
        };
        if !is_tail {
            let results: Vec<Type> = definition.results.iter().map(|result| value_type(*result)).collect();
            return self.call_catching(target, &arguments, &results);
        }
        // The frame goes, and with it whatever surrounds the call.
        match target {
            CallTarget::Direct(function) => self.builder.ins().return_call(function, &arguments),
            CallTarget::Indirect(signature, code) => {
                self.builder.ins().return_call_indirect(signature, code, &arguments)
            }
        };
        self.is_reachable = false;
        Ok(())
    }

    fn signature(&mut self, type_index: u32) -> SigRef {
        let definition = &self.environment.module.types[type_index as usize];
        if let Some(signature) = self.signatures.get(&definition.canonical) {
            return *signature;
        }
        let signature = self.builder.import_signature(signature_of(definition));
        self.signatures.insert(definition.canonical, signature);
        signature
    }

    fn function_name(&mut self, index: u32, type_index: u32) -> FuncRef {
        if let Some(function) = self.functions.get(&index) {
            return *function;
        }
        let signature = self.signature(type_index);
        let function = self.import_name(NAMESPACE_FUNCTIONS, index, signature);
        self.functions.insert(index, function);
        function
    }

    fn import_name(&mut self, namespace: u32, index: u32, signature: SigRef) -> FuncRef {
        let name = self.builder.func.declare_imported_user_function(UserExternalName::new(namespace, index));
        let name = ExternalName::user(name);
        self.builder.import_function(ExtFuncData { name, signature, colocated: true, patchable: false })
    }

    /// Pops an index; the callee is the table's element there, of the type at `type_index` or a subtype.
    fn indirect_callee(&mut self, type_index: u32, table: u32) -> Callee {
        let index = self.pop();
        let module = self.environment.module;
        if let Some(ready) = module.usage.ready_table(table) {
            return self.ready_callee(type_index, ready, index);
        }
        let (address, flags) = self.table_element(table, index, TrapCode::UndefinedElement);
        let reference = self.builder.ins().load(POINTER, flags, address, 0);
        if self.is_known_type(type_index, table) {
            return self.referenced_callee(reference, Some(TrapCode::UninitializedElement));
        }
        // Null faults here: nothing is mapped at its address.
        let flags = reference_flags(Some(TrapCode::UninitializedElement));
        let identity = self.builder.ins().load(types::I32, flags, reference, offset::REFERENCE_TYPE_IDENTITY);
        let expected = self.type_identity(type_index);
        let is_equal = self.builder.ins().icmp(IntCC::Equal, identity, expected);
        if module.types[type_index as usize].is_final {
            self.builder.ins().trapz(is_equal, to_cranelift(TrapCode::IndirectCallTypeMismatch));
        } else {
            self.check_subtype(is_equal, identity, expected);
        }
        self.referenced_callee(reference, None)
    }

    /// Whether the table's own type says that its elements have the type at `type_index`.
    fn is_known_type(&self, type_index: u32, table: u32) -> bool {
        let module = self.environment.module;
        let heap_type = module.tables[table as usize].element_type.heap_type();
        let wasmparser::HeapType::Concrete(wasmparser::UnpackedIndex::Module(element)) = heap_type else {
            return false;
        };
        is_subtype(module, element, type_index)
    }

    /// The code and context that `reference` points to; `code` says why it traps if it is null, `None` that it is not.
    fn referenced_callee(&mut self, reference: Value, code: Option<TrapCode>) -> Callee {
        let flags = reference_flags(code);
        Callee::Indirect {
            code: self.builder.ins().load(POINTER, flags, reference, offset::REFERENCE_CODE),
            context: self.builder.ins().load(POINTER, reference_flags(None), reference, offset::REFERENCE_CONTEXT),
        }
    }

    /// The process-wide identity of the type at `type_index`.
    fn type_identity(&mut self, type_index: u32) -> Value {
        let canonical = self.environment.module.types[type_index as usize].canonical;
        let identities = self.constant_pointer(offset::INSTANCE_TYPE_IDENTITIES as u32);
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.builder.ins().load(types::I32, flags, identities, canonical as i32 * 4)
    }

    /// Traps unless `is_equal`, or `identity` is that of a subtype of the type with the identity `expected`.
    fn check_subtype(&mut self, is_equal: Value, identity: Value, expected: Value) {
        let compare = self.builder.create_block();
        let next = self.builder.create_block();
        self.builder.ins().brif(is_equal, next, &[], compare, &[]);
        self.builder.seal_block(compare);
        self.builder.switch_to_block(compare);
        let is_subtype = self.call_builtin(Builtin::IsSubtype, &[self.context, identity, expected]);
        self.builder.ins().trapz(is_subtype, to_cranelift(TrapCode::IndirectCallTypeMismatch));
        self.builder.ins().jump(next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    /// The callee is an element of a ready table.
    fn ready_callee(&mut self, type_index: u32, ready: &ReadyTable, index: Value) -> Callee {
        let length = ready.elements.len() as i64;
        let index = self.widen(index);
        let is_outside = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.trap_if(is_outside, TrapCode::UndefinedElement);
        let tables = self.constant_pointer(offset::INSTANCE_READY_TABLES as u32);
        let distance = self.builder.ins().imul_imm_u(index, size_of::<ReadyElement>() as i64);
        let element = self.builder.ins().iadd(tables, distance);
        let start = ready.offset_bytes as i32;
        let flags = MemFlagsData::trusted().with_readonly();
        self.check_ready_type(type_index, ready, element);
        let distance = self.builder.ins().uload32(flags, element, start + offset::READY_TEXT_OFFSET);
        let text = self.text_start();
        Callee::Indirect { code: self.builder.ins().iadd(text, distance), context: self.context }
    }

    /// Traps unless the ready element's type is the one at `type_index` or a subtype.
    fn check_ready_type(&mut self, type_index: u32, ready: &ReadyTable, element: Value) {
        let fitting = fitting_types(self.environment.module, ready, type_index);
        let all_fit = fitting.as_ref().is_some_and(|fitting| fitting.len() == ready.types.len());
        if all_fit && !ready.has_null {
            return;
        }
        let flags = MemFlagsData::trusted().with_readonly();
        let offset = ready.offset_bytes as i32 + offset::READY_TYPE_INDEX;
        let found = self.builder.ins().load(types::I32, flags, element, offset);
        if all_fit {
            let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, found, i64::from(NONE));
            self.trap_if(is_null, TrapCode::UninitializedElement);
            return;
        }
        let next = self.builder.create_block();
        let mismatch = self.builder.create_block();
        self.builder.set_cold_block(mismatch);
        match fitting {
            Some(fitting) => self.branch_if_among(found, &fitting, next, mismatch),
            None => self.branch_if_subtype(type_index, found, next, mismatch),
        }
        self.builder.seal_block(mismatch);
        self.builder.switch_to_block(mismatch);
        if ready.has_null {
            let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, found, i64::from(NONE));
            self.trap_if(is_null, TrapCode::UninitializedElement);
        }
        self.builder.ins().trap(to_cranelift(TrapCode::IndirectCallTypeMismatch));
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    /// Branches to `next` if `found` is among the canonical types `fitting`, else to `mismatch`.
    fn branch_if_among(&mut self, found: Value, fitting: &[u32], next: Block, mismatch: Block) {
        let mut any = None;
        for canonical in fitting {
            let is_equal = self.builder.ins().icmp_imm_u(IntCC::Equal, found, i64::from(*canonical));
            any = Some(match any {
                Some(any) => self.builder.ins().bor(any, is_equal),
                None => is_equal,
            });
        }
        let any = match any {
            Some(any) => any,
            None => self.builder.ins().iconst(types::I8, 0),
        };
        self.builder.ins().brif(any, next, &[], mismatch, &[]);
    }

    /// Branches to `next` if `found`, a canonical type or [`NONE`], is a subtype of the type at `type_index`, else to
    /// `mismatch`.
    fn branch_if_subtype(&mut self, type_index: u32, found: Value, next: Block, mismatch: Block) {
        let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, found, i64::from(NONE));
        let ask = self.builder.create_block();
        self.builder.ins().brif(is_null, mismatch, &[], ask, &[]);
        self.builder.seal_block(ask);
        self.builder.switch_to_block(ask);
        let identities = self.constant_pointer(offset::INSTANCE_TYPE_IDENTITIES as u32);
        let found = self.builder.ins().uextend(types::I64, found);
        let distance = self.builder.ins().ishl_imm_u(found, 2);
        let address = self.builder.ins().iadd(identities, distance);
        let flags = MemFlagsData::trusted().with_readonly();
        let identity = self.builder.ins().load(types::I32, flags, address, 0);
        let expected = self.type_identity(type_index);
        let is_subtype = self.call_builtin(Builtin::IsSubtype, &[self.context, identity, expected]);
        self.builder.ins().brif(is_subtype, next, &[], mismatch, &[]);
    }

    /// The address of the text's first byte.
    fn text_start(&mut self) -> Value {
        let name = match self.text_start {
            Some(name) => name,
            None => {
                let signature = self.builder.import_signature(Signature::new(CallConv::Tail));
                let name = self.import_name(NAMESPACE_TEXT, 0, signature);
                *self.text_start.insert(name)
            }
        };
        self.builder.ins().func_addr(POINTER, name)
    }
}

/// The flags of a load from a function reference, which never changes.
fn reference_flags(null: Option<TrapCode>) -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_trap_code(null.map(to_cranelift))
}

/// The canonical types among those of the table that are the one at `type_index` or a subtype; `None` if there are too
/// many to ask each.
fn fitting_types(module: &WasmModule<'_>, ready: &ReadyTable, type_index: u32) -> Option<Vec<u32>> {
    let expected = &module.types[type_index as usize];
    if expected.is_final {
        let has_it = ready.types.binary_search(&expected.canonical).is_ok();
        return Some(if has_it { vec![expected.canonical] } else { Vec::new() });
    }
    if ready.types.len() > COMPARED_TYPES_MAX {
        return None;
    }
    Some(ready.types.iter().filter(|found| is_subtype(module, **found, type_index)).copied().collect())
}

/// Whether the type at `found` is the one at `expected` or declared a subtype of it.
fn is_subtype(module: &WasmModule<'_>, found: u32, expected: u32) -> bool {
    let expected = module.types[expected as usize].canonical;
    let mut next = Some(found);
    while let Some(index) = next {
        let definition = &module.types[index as usize];
        if definition.canonical == expected {
            return true;
        }
        next = definition.supertype;
    }
    false
}
