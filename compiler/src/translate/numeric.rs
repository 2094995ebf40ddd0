//! Numbers: constants, arithmetic, comparisons and conversions of scalars.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use wasmc_contract::builtin::Builtin;
use wasmparser::Operator;

use super::function::FunctionTranslator;

/// How a float becomes one without a fraction.
#[derive(Clone, Copy)]
pub(super) enum Rounding {
    Ceil,
    Floor,
    Trunc,
    Nearest,
}

impl FunctionTranslator<'_, '_> {
    /// Translates operators on numbers; `false` for any other.
    #[expect(clippy::too_many_lines, reason = "a table: one arm per operator")]
    pub(super) fn numeric(&mut self, operator: &Operator<'_>) -> bool {
        macro_rules! unary {
            ($instruction:ident) => {{
                let value = self.pop();
                let value = self.builder.ins().$instruction(value);
                self.stack.push(value);
            }};
            ($instruction:ident, $type:ident) => {{
                let value = self.pop();
                let value = self.builder.ins().$instruction(types::$type, value);
                self.stack.push(value);
            }};
        }
        macro_rules! binary {
            ($instruction:ident) => {{
                let (left, right) = self.pop_two();
                let value = self.builder.ins().$instruction(left, right);
                self.stack.push(value);
            }};
        }
        match operator {
            Operator::I32Const { value } => {
                let value = self.builder.ins().iconst(types::I32, i64::from(*value as u32));
                self.stack.push(value);
            }
            Operator::I64Const { value } => {
                let value = self.builder.ins().iconst(types::I64, *value);
                self.stack.push(value);
            }
            Operator::F32Const { value } => {
                let value = self.builder.ins().f32const(Ieee32::with_bits(value.bits()));
                self.stack.push(value);
            }
            Operator::F64Const { value } => {
                let value = self.builder.ins().f64const(Ieee64::with_bits(value.bits()));
                self.stack.push(value);
            }
            Operator::I32Eqz | Operator::I64Eqz => {
                let value = self.pop();
                let is_zero = self.builder.ins().icmp_imm_u(IntCC::Equal, value, 0);
                self.push_flag(is_zero);
            }
            Operator::I32Eq | Operator::I64Eq => self.compare(IntCC::Equal),
            Operator::I32Ne | Operator::I64Ne => self.compare(IntCC::NotEqual),
            Operator::I32LtS | Operator::I64LtS => self.compare(IntCC::SignedLessThan),
            Operator::I32LtU | Operator::I64LtU => self.compare(IntCC::UnsignedLessThan),
            Operator::I32GtS | Operator::I64GtS => self.compare(IntCC::SignedGreaterThan),
            Operator::I32GtU | Operator::I64GtU => self.compare(IntCC::UnsignedGreaterThan),
            Operator::I32LeS | Operator::I64LeS => self.compare(IntCC::SignedLessThanOrEqual),
            Operator::I32LeU | Operator::I64LeU => self.compare(IntCC::UnsignedLessThanOrEqual),
            Operator::I32GeS | Operator::I64GeS => self.compare(IntCC::SignedGreaterThanOrEqual),
            Operator::I32GeU | Operator::I64GeU => self.compare(IntCC::UnsignedGreaterThanOrEqual),
            Operator::F32Eq | Operator::F64Eq => self.compare_floats(FloatCC::Equal),
            Operator::F32Ne | Operator::F64Ne => self.compare_floats(FloatCC::NotEqual),
            Operator::F32Lt | Operator::F64Lt => self.compare_floats(FloatCC::LessThan),
            Operator::F32Gt | Operator::F64Gt => self.compare_floats(FloatCC::GreaterThan),
            Operator::F32Le | Operator::F64Le => self.compare_floats(FloatCC::LessThanOrEqual),
            Operator::F32Ge | Operator::F64Ge => self.compare_floats(FloatCC::GreaterThanOrEqual),
            Operator::I32Clz | Operator::I64Clz => unary!(clz),
            Operator::I32Ctz | Operator::I64Ctz => unary!(ctz),
            Operator::I32Popcnt | Operator::I64Popcnt => unary!(popcnt),
            Operator::I32Add | Operator::I64Add => binary!(iadd),
            Operator::I32Sub | Operator::I64Sub => binary!(isub),
            Operator::I32Mul | Operator::I64Mul => binary!(imul),
            Operator::I32DivS | Operator::I64DivS => binary!(sdiv),
            Operator::I32DivU | Operator::I64DivU => binary!(udiv),
            Operator::I32RemS | Operator::I64RemS => binary!(srem),
            Operator::I32RemU | Operator::I64RemU => binary!(urem),
            Operator::I32And | Operator::I64And => binary!(band),
            Operator::I32Or | Operator::I64Or => binary!(bor),
            Operator::I32Xor | Operator::I64Xor => binary!(bxor),
            Operator::I32Shl | Operator::I64Shl => binary!(ishl),
            Operator::I32ShrS | Operator::I64ShrS => binary!(sshr),
            Operator::I32ShrU | Operator::I64ShrU => binary!(ushr),
            Operator::I32Rotl | Operator::I64Rotl => binary!(rotl),
            Operator::I32Rotr | Operator::I64Rotr => binary!(rotr),
            Operator::F32Abs | Operator::F64Abs => unary!(fabs),
            Operator::F32Neg | Operator::F64Neg => unary!(fneg),
            Operator::F32Ceil | Operator::F64Ceil => self.round(Rounding::Ceil),
            Operator::F32Floor | Operator::F64Floor => self.round(Rounding::Floor),
            Operator::F32Trunc | Operator::F64Trunc => self.round(Rounding::Trunc),
            Operator::F32Nearest | Operator::F64Nearest => self.round(Rounding::Nearest),
            Operator::F32Sqrt | Operator::F64Sqrt => unary!(sqrt),
            Operator::F32Add | Operator::F64Add => binary!(fadd),
            Operator::F32Sub | Operator::F64Sub => binary!(fsub),
            Operator::F32Mul | Operator::F64Mul => binary!(fmul),
            Operator::F32Div | Operator::F64Div => binary!(fdiv),
            Operator::F32Min | Operator::F64Min => binary!(fmin),
            Operator::F32Max | Operator::F64Max => binary!(fmax),
            Operator::F32Copysign | Operator::F64Copysign => binary!(fcopysign),
            Operator::I32WrapI64 => unary!(ireduce, I32),
            Operator::I64ExtendI32S => unary!(sextend, I64),
            Operator::I64ExtendI32U => unary!(uextend, I64),
            Operator::I32TruncF32S | Operator::I32TruncF64S => unary!(fcvt_to_sint, I32),
            Operator::I32TruncF32U | Operator::I32TruncF64U => unary!(fcvt_to_uint, I32),
            Operator::I64TruncF32S | Operator::I64TruncF64S => unary!(fcvt_to_sint, I64),
            Operator::I64TruncF32U | Operator::I64TruncF64U => unary!(fcvt_to_uint, I64),
            Operator::I32TruncSatF32S | Operator::I32TruncSatF64S => unary!(fcvt_to_sint_sat, I32),
            Operator::I32TruncSatF32U | Operator::I32TruncSatF64U => unary!(fcvt_to_uint_sat, I32),
            Operator::I64TruncSatF32S | Operator::I64TruncSatF64S => unary!(fcvt_to_sint_sat, I64),
            Operator::I64TruncSatF32U | Operator::I64TruncSatF64U => unary!(fcvt_to_uint_sat, I64),
            Operator::F32ConvertI32S | Operator::F32ConvertI64S => unary!(fcvt_from_sint, F32),
            Operator::F32ConvertI32U | Operator::F32ConvertI64U => unary!(fcvt_from_uint, F32),
            Operator::F64ConvertI32S | Operator::F64ConvertI64S => unary!(fcvt_from_sint, F64),
            Operator::F64ConvertI32U | Operator::F64ConvertI64U => unary!(fcvt_from_uint, F64),
            Operator::F32DemoteF64 => unary!(fdemote, F32),
            Operator::F64PromoteF32 => unary!(fpromote, F64),
            Operator::I32ReinterpretF32 => self.reinterpret(types::I32),
            Operator::I64ReinterpretF64 => self.reinterpret(types::I64),
            Operator::F32ReinterpretI32 => self.reinterpret(types::F32),
            Operator::F64ReinterpretI64 => self.reinterpret(types::F64),
            Operator::I32Extend8S => self.extend_low(types::I8, types::I32),
            Operator::I32Extend16S => self.extend_low(types::I16, types::I32),
            Operator::I64Extend8S => self.extend_low(types::I8, types::I64),
            Operator::I64Extend16S => self.extend_low(types::I16, types::I64),
            Operator::I64Extend32S => self.extend_low(types::I32, types::I64),
            _ => return false,
        }
        true
    }

    /// Pushes a comparison's result as an `i32`.
    pub(super) fn push_flag(&mut self, flag: Value) {
        let flag = self.builder.ins().uextend(types::I32, flag);
        self.stack.push(flag);
    }

    fn compare(&mut self, condition: IntCC) {
        let (left, right) = self.pop_two();
        let flag = self.builder.ins().icmp(condition, left, right);
        self.push_flag(flag);
    }

    fn compare_floats(&mut self, condition: FloatCC) {
        let (left, right) = self.pop_two();
        let flag = self.builder.ins().fcmp(condition, left, right);
        self.push_flag(flag);
    }

    fn reinterpret(&mut self, to: Type) {
        let value = self.pop();
        let value = self.builder.ins().bitcast(to, MemFlagsData::new(), value);
        self.stack.push(value);
    }

    /// Extends the low bits, as many as `low` has, with their sign.
    fn extend_low(&mut self, low: Type, to: Type) {
        let value = self.pop();
        let value = self.builder.ins().ireduce(low, value);
        let value = self.builder.ins().sextend(to, value);
        self.stack.push(value);
    }

    fn round(&mut self, rounding: Rounding) {
        let value = self.pop();
        let value = self.rounded(rounding, value);
        self.stack.push(value);
    }

    /// The float, or each float of the vector, rounded: by an instruction, or by a builtin where there is none.
    pub(super) fn rounded(&mut self, rounding: Rounding, value: Value) -> Value {
        if self.environment.has_round {
            return match rounding {
                Rounding::Ceil => self.builder.ins().ceil(value),
                Rounding::Floor => self.builder.ins().floor(value),
                Rounding::Trunc => self.builder.ins().trunc(value),
                Rounding::Nearest => self.builder.ins().nearest(value),
            };
        }
        let value_type = self.builder.func.dfg.value_type(value);
        let builtin = match (rounding, value_type.lane_type() == types::F32) {
            (Rounding::Ceil, true) => Builtin::CeilF32,
            (Rounding::Floor, true) => Builtin::FloorF32,
            (Rounding::Trunc, true) => Builtin::TruncF32,
            (Rounding::Nearest, true) => Builtin::NearestF32,
            (Rounding::Ceil, false) => Builtin::CeilF64,
            (Rounding::Floor, false) => Builtin::FloorF64,
            (Rounding::Trunc, false) => Builtin::TruncF64,
            (Rounding::Nearest, false) => Builtin::NearestF64,
        };
        if !value_type.is_vector() {
            return self.call_builtin(builtin, &[value]);
        }
        let mut result = value;
        for lane in 0..value_type.lane_count() as u8 {
            let element = self.builder.ins().extractlane(value, lane);
            let element = self.call_builtin(builtin, &[element]);
            result = self.builder.ins().insertlane(result, element, lane);
        }
        result
    }
}
