//! Vectors. On the operand stack a vector has whatever type it was made with; operators bitcast to the type they need.
//!
//! Relaxed operators do what the strict ones do; `relaxed_madd` and `relaxed_nmadd` are fused where the target has an
//! instruction for it, and else round twice. Where results must not differ between machines (canonical NaNs), they
//! always round twice.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{ConstantData, InstBuilder, Type, Value, types};
use wasmparser::Operator;

use super::function::FunctionTranslator;
use super::numeric::Rounding;
use super::signature::VECTOR;

const B: Type = types::I8X16;
const H: Type = types::I16X8;
const W: Type = types::I32X4;
const D: Type = types::I64X2;
const S: Type = types::F32X4;
const F: Type = types::F64X2;

/// Which half of a vector is widened, and how.
#[derive(Clone, Copy)]
enum Widen {
    SignedLow,
    SignedHigh,
    UnsignedLow,
    UnsignedHigh,
}

impl FunctionTranslator<'_, '_> {
    /// Translates operators on vectors (but for loads and stores); `false` for any other.
    pub(super) fn simd(&mut self, operator: &Operator<'_>) -> bool {
        self.simd_lanes(operator)
            || self.simd_comparison(operator)
            || self.simd_integer(operator)
            || self.simd_float(operator)
            || self.simd_relaxed(operator)
    }

    /// Constants, lanes, permutations and bitwise operators.
    fn simd_lanes(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::V128Const { value } => {
                let value = self.vector_constant(*value.bytes());
                self.stack.push(value);
            }
            Operator::I8x16Shuffle { lanes } => {
                let (left, right) = self.pop_vectors(B);
                let value = self.shuffle(left, right, *lanes);
                self.stack.push(value);
            }
            Operator::I8x16Swizzle | Operator::I8x16RelaxedSwizzle => {
                let (vector, indices) = self.pop_vectors(B);
                let value = self.swizzle(vector, indices);
                self.stack.push(value);
            }
            Operator::I8x16Splat => self.splat(B),
            Operator::I16x8Splat => self.splat(H),
            Operator::I32x4Splat => self.splat(W),
            Operator::I64x2Splat => self.splat(D),
            Operator::F32x4Splat => self.splat(S),
            Operator::F64x2Splat => self.splat(F),
            Operator::I8x16ExtractLaneS { lane } => self.extract_lane(B, *lane, true),
            Operator::I8x16ExtractLaneU { lane } => self.extract_lane(B, *lane, false),
            Operator::I16x8ExtractLaneS { lane } => self.extract_lane(H, *lane, true),
            Operator::I16x8ExtractLaneU { lane } => self.extract_lane(H, *lane, false),
            Operator::I32x4ExtractLane { lane } => self.extract_lane(W, *lane, false),
            Operator::I64x2ExtractLane { lane } => self.extract_lane(D, *lane, false),
            Operator::F32x4ExtractLane { lane } => self.extract_lane(S, *lane, false),
            Operator::F64x2ExtractLane { lane } => self.extract_lane(F, *lane, false),
            Operator::I8x16ReplaceLane { lane } => self.replace_lane(B, *lane),
            Operator::I16x8ReplaceLane { lane } => self.replace_lane(H, *lane),
            Operator::I32x4ReplaceLane { lane } => self.replace_lane(W, *lane),
            Operator::I64x2ReplaceLane { lane } => self.replace_lane(D, *lane),
            Operator::F32x4ReplaceLane { lane } => self.replace_lane(S, *lane),
            Operator::F64x2ReplaceLane { lane } => self.replace_lane(F, *lane),
            Operator::V128Not => {
                let value = self.pop_canonical();
                let value = self.builder.ins().bnot(value);
                self.stack.push(value);
            }
            Operator::V128And => self.vector_binary(B, |this, left, right| this.builder.ins().band(left, right)),
            Operator::V128AndNot => self.vector_binary(B, |this, left, right| this.builder.ins().band_not(left, right)),
            Operator::V128Or => self.vector_binary(B, |this, left, right| this.builder.ins().bor(left, right)),
            Operator::V128Xor => self.vector_binary(B, |this, left, right| this.builder.ins().bxor(left, right)),
            Operator::V128Bitselect
            | Operator::I8x16RelaxedLaneselect
            | Operator::I16x8RelaxedLaneselect
            | Operator::I32x4RelaxedLaneselect
            | Operator::I64x2RelaxedLaneselect => {
                let mask = self.pop_canonical();
                let (first, second) = self.pop_vectors(B);
                let value = self.builder.ins().bitselect(mask, first, second);
                self.stack.push(value);
            }
            Operator::V128AnyTrue => {
                let value = self.pop_canonical();
                let flag = self.builder.ins().vany_true(value);
                self.push_flag(flag);
            }
            _ => return false,
        }
        true
    }

    fn simd_comparison(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::I8x16Eq => self.compare_vectors(B, IntCC::Equal),
            O::I8x16Ne => self.compare_vectors(B, IntCC::NotEqual),
            O::I8x16LtS => self.compare_vectors(B, IntCC::SignedLessThan),
            O::I8x16LtU => self.compare_vectors(B, IntCC::UnsignedLessThan),
            O::I8x16GtS => self.compare_vectors(B, IntCC::SignedGreaterThan),
            O::I8x16GtU => self.compare_vectors(B, IntCC::UnsignedGreaterThan),
            O::I8x16LeS => self.compare_vectors(B, IntCC::SignedLessThanOrEqual),
            O::I8x16LeU => self.compare_vectors(B, IntCC::UnsignedLessThanOrEqual),
            O::I8x16GeS => self.compare_vectors(B, IntCC::SignedGreaterThanOrEqual),
            O::I8x16GeU => self.compare_vectors(B, IntCC::UnsignedGreaterThanOrEqual),
            O::I16x8Eq => self.compare_vectors(H, IntCC::Equal),
            O::I16x8Ne => self.compare_vectors(H, IntCC::NotEqual),
            O::I16x8LtS => self.compare_vectors(H, IntCC::SignedLessThan),
            O::I16x8LtU => self.compare_vectors(H, IntCC::UnsignedLessThan),
            O::I16x8GtS => self.compare_vectors(H, IntCC::SignedGreaterThan),
            O::I16x8GtU => self.compare_vectors(H, IntCC::UnsignedGreaterThan),
            O::I16x8LeS => self.compare_vectors(H, IntCC::SignedLessThanOrEqual),
            O::I16x8LeU => self.compare_vectors(H, IntCC::UnsignedLessThanOrEqual),
            O::I16x8GeS => self.compare_vectors(H, IntCC::SignedGreaterThanOrEqual),
            O::I16x8GeU => self.compare_vectors(H, IntCC::UnsignedGreaterThanOrEqual),
            O::I32x4Eq => self.compare_vectors(W, IntCC::Equal),
            O::I32x4Ne => self.compare_vectors(W, IntCC::NotEqual),
            O::I32x4LtS => self.compare_vectors(W, IntCC::SignedLessThan),
            O::I32x4LtU => self.compare_vectors(W, IntCC::UnsignedLessThan),
            O::I32x4GtS => self.compare_vectors(W, IntCC::SignedGreaterThan),
            O::I32x4GtU => self.compare_vectors(W, IntCC::UnsignedGreaterThan),
            O::I32x4LeS => self.compare_vectors(W, IntCC::SignedLessThanOrEqual),
            O::I32x4LeU => self.compare_vectors(W, IntCC::UnsignedLessThanOrEqual),
            O::I32x4GeS => self.compare_vectors(W, IntCC::SignedGreaterThanOrEqual),
            O::I32x4GeU => self.compare_vectors(W, IntCC::UnsignedGreaterThanOrEqual),
            O::I64x2Eq => self.compare_vectors(D, IntCC::Equal),
            O::I64x2Ne => self.compare_vectors(D, IntCC::NotEqual),
            O::I64x2LtS => self.compare_vectors(D, IntCC::SignedLessThan),
            O::I64x2GtS => self.compare_vectors(D, IntCC::SignedGreaterThan),
            O::I64x2LeS => self.compare_vectors(D, IntCC::SignedLessThanOrEqual),
            O::I64x2GeS => self.compare_vectors(D, IntCC::SignedGreaterThanOrEqual),
            O::F32x4Eq => self.compare_float_vectors(S, FloatCC::Equal),
            O::F32x4Ne => self.compare_float_vectors(S, FloatCC::NotEqual),
            O::F32x4Lt => self.compare_float_vectors(S, FloatCC::LessThan),
            O::F32x4Gt => self.compare_float_vectors(S, FloatCC::GreaterThan),
            O::F32x4Le => self.compare_float_vectors(S, FloatCC::LessThanOrEqual),
            O::F32x4Ge => self.compare_float_vectors(S, FloatCC::GreaterThanOrEqual),
            O::F64x2Eq => self.compare_float_vectors(F, FloatCC::Equal),
            O::F64x2Ne => self.compare_float_vectors(F, FloatCC::NotEqual),
            O::F64x2Lt => self.compare_float_vectors(F, FloatCC::LessThan),
            O::F64x2Gt => self.compare_float_vectors(F, FloatCC::GreaterThan),
            O::F64x2Le => self.compare_float_vectors(F, FloatCC::LessThanOrEqual),
            O::F64x2Ge => self.compare_float_vectors(F, FloatCC::GreaterThanOrEqual),
            _ => return false,
        }
        true
    }

    #[expect(clippy::too_many_lines, reason = "a table: one arm per operator")]
    fn simd_integer(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        macro_rules! unary {
            ($vector:ident, $instruction:ident) => {{
                let value = self.pop_vector($vector);
                let value = self.builder.ins().$instruction(value);
                self.stack.push(value);
            }};
        }
        macro_rules! binary {
            ($vector:ident, $instruction:ident) => {{
                let (left, right) = self.pop_vectors($vector);
                let value = self.builder.ins().$instruction(left, right);
                self.stack.push(value);
            }};
        }
        macro_rules! shift {
            ($vector:ident, $instruction:ident) => {{
                let amount = self.pop();
                let value = self.pop_vector($vector);
                let value = self.builder.ins().$instruction(value, amount);
                self.stack.push(value);
            }};
        }
        match operator {
            O::I8x16Abs => unary!(B, iabs),
            O::I16x8Abs => unary!(H, iabs),
            O::I32x4Abs => unary!(W, iabs),
            O::I64x2Abs => unary!(D, iabs),
            O::I8x16Neg => unary!(B, ineg),
            O::I16x8Neg => unary!(H, ineg),
            O::I32x4Neg => unary!(W, ineg),
            O::I64x2Neg => unary!(D, ineg),
            O::I8x16Popcnt => unary!(B, popcnt),
            O::I8x16AllTrue => self.all_true(B),
            O::I16x8AllTrue => self.all_true(H),
            O::I32x4AllTrue => self.all_true(W),
            O::I64x2AllTrue => self.all_true(D),
            O::I8x16Bitmask => self.bitmask(B),
            O::I16x8Bitmask => self.bitmask(H),
            O::I32x4Bitmask => self.bitmask(W),
            O::I64x2Bitmask => self.bitmask(D),
            O::I8x16NarrowI16x8S => binary!(H, snarrow),
            O::I8x16NarrowI16x8U => binary!(H, unarrow),
            O::I16x8NarrowI32x4S => binary!(W, snarrow),
            O::I16x8NarrowI32x4U => binary!(W, unarrow),
            O::I8x16Shl => shift!(B, ishl),
            O::I8x16ShrS => shift!(B, sshr),
            O::I8x16ShrU => shift!(B, ushr),
            O::I16x8Shl => shift!(H, ishl),
            O::I16x8ShrS => shift!(H, sshr),
            O::I16x8ShrU => shift!(H, ushr),
            O::I32x4Shl => shift!(W, ishl),
            O::I32x4ShrS => shift!(W, sshr),
            O::I32x4ShrU => shift!(W, ushr),
            O::I64x2Shl => shift!(D, ishl),
            O::I64x2ShrS => shift!(D, sshr),
            O::I64x2ShrU => shift!(D, ushr),
            O::I8x16Add => binary!(B, iadd),
            O::I16x8Add => binary!(H, iadd),
            O::I32x4Add => binary!(W, iadd),
            O::I64x2Add => binary!(D, iadd),
            O::I8x16AddSatS => binary!(B, sadd_sat),
            O::I8x16AddSatU => binary!(B, uadd_sat),
            O::I16x8AddSatS => binary!(H, sadd_sat),
            O::I16x8AddSatU => binary!(H, uadd_sat),
            O::I8x16Sub => binary!(B, isub),
            O::I16x8Sub => binary!(H, isub),
            O::I32x4Sub => binary!(W, isub),
            O::I64x2Sub => binary!(D, isub),
            O::I8x16SubSatS => binary!(B, ssub_sat),
            O::I8x16SubSatU => binary!(B, usub_sat),
            O::I16x8SubSatS => binary!(H, ssub_sat),
            O::I16x8SubSatU => binary!(H, usub_sat),
            O::I16x8Mul => binary!(H, imul),
            O::I32x4Mul => binary!(W, imul),
            O::I64x2Mul => binary!(D, imul),
            O::I8x16MinS => binary!(B, smin),
            O::I8x16MinU => binary!(B, umin),
            O::I8x16MaxS => binary!(B, smax),
            O::I8x16MaxU => binary!(B, umax),
            O::I16x8MinS => binary!(H, smin),
            O::I16x8MinU => binary!(H, umin),
            O::I16x8MaxS => binary!(H, smax),
            O::I16x8MaxU => binary!(H, umax),
            O::I32x4MinS => binary!(W, smin),
            O::I32x4MinU => binary!(W, umin),
            O::I32x4MaxS => binary!(W, smax),
            O::I32x4MaxU => binary!(W, umax),
            O::I8x16AvgrU => binary!(B, avg_round),
            O::I16x8AvgrU => binary!(H, avg_round),
            O::I16x8Q15MulrSatS | O::I16x8RelaxedQ15mulrS => binary!(H, sqmul_round_sat),
            O::I16x8ExtendLowI8x16S => unary!(B, swiden_low),
            O::I16x8ExtendHighI8x16S => unary!(B, swiden_high),
            O::I16x8ExtendLowI8x16U => unary!(B, uwiden_low),
            O::I16x8ExtendHighI8x16U => unary!(B, uwiden_high),
            O::I32x4ExtendLowI16x8S => unary!(H, swiden_low),
            O::I32x4ExtendHighI16x8S => unary!(H, swiden_high),
            O::I32x4ExtendLowI16x8U => unary!(H, uwiden_low),
            O::I32x4ExtendHighI16x8U => unary!(H, uwiden_high),
            O::I64x2ExtendLowI32x4S => unary!(W, swiden_low),
            O::I64x2ExtendHighI32x4S => unary!(W, swiden_high),
            O::I64x2ExtendLowI32x4U => unary!(W, uwiden_low),
            O::I64x2ExtendHighI32x4U => unary!(W, uwiden_high),
            O::I16x8ExtMulLowI8x16S => self.extended_multiply(B, Widen::SignedLow),
            O::I16x8ExtMulHighI8x16S => self.extended_multiply(B, Widen::SignedHigh),
            O::I16x8ExtMulLowI8x16U => self.extended_multiply(B, Widen::UnsignedLow),
            O::I16x8ExtMulHighI8x16U => self.extended_multiply(B, Widen::UnsignedHigh),
            O::I32x4ExtMulLowI16x8S => self.extended_multiply(H, Widen::SignedLow),
            O::I32x4ExtMulHighI16x8S => self.extended_multiply(H, Widen::SignedHigh),
            O::I32x4ExtMulLowI16x8U => self.extended_multiply(H, Widen::UnsignedLow),
            O::I32x4ExtMulHighI16x8U => self.extended_multiply(H, Widen::UnsignedHigh),
            O::I64x2ExtMulLowI32x4S => self.extended_multiply(W, Widen::SignedLow),
            O::I64x2ExtMulHighI32x4S => self.extended_multiply(W, Widen::SignedHigh),
            O::I64x2ExtMulLowI32x4U => self.extended_multiply(W, Widen::UnsignedLow),
            O::I64x2ExtMulHighI32x4U => self.extended_multiply(W, Widen::UnsignedHigh),
            O::I16x8ExtAddPairwiseI8x16S => self.extended_pairwise_add(B, true),
            O::I16x8ExtAddPairwiseI8x16U => self.extended_pairwise_add(B, false),
            O::I32x4ExtAddPairwiseI16x8S => self.extended_pairwise_add(H, true),
            O::I32x4ExtAddPairwiseI16x8U => self.extended_pairwise_add(H, false),
            O::I32x4DotI16x8S => {
                let (left, right) = self.pop_vectors(H);
                let value = self.dot_product(left, right);
                self.stack.push(value);
            }
            _ => return false,
        }
        true
    }

    #[expect(clippy::too_many_lines, reason = "a table: one arm per operator")]
    fn simd_float(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        macro_rules! unary {
            ($vector:ident, $instruction:ident) => {{
                let value = self.pop_vector($vector);
                let value = self.builder.ins().$instruction(value);
                self.stack.push(value);
            }};
            ($vector:ident, $instruction:ident, $to:ident) => {{
                let value = self.pop_vector($vector);
                let value = self.builder.ins().$instruction($to, value);
                self.stack.push(value);
            }};
        }
        macro_rules! binary {
            ($vector:ident, $instruction:ident) => {{
                let (left, right) = self.pop_vectors($vector);
                let value = self.builder.ins().$instruction(left, right);
                self.stack.push(value);
            }};
        }
        match operator {
            O::F32x4Ceil => self.round_vector(S, Rounding::Ceil),
            O::F32x4Floor => self.round_vector(S, Rounding::Floor),
            O::F32x4Trunc => self.round_vector(S, Rounding::Trunc),
            O::F32x4Nearest => self.round_vector(S, Rounding::Nearest),
            O::F64x2Ceil => self.round_vector(F, Rounding::Ceil),
            O::F64x2Floor => self.round_vector(F, Rounding::Floor),
            O::F64x2Trunc => self.round_vector(F, Rounding::Trunc),
            O::F64x2Nearest => self.round_vector(F, Rounding::Nearest),
            O::F32x4Abs => unary!(S, fabs),
            O::F64x2Abs => unary!(F, fabs),
            O::F32x4Neg => unary!(S, fneg),
            O::F64x2Neg => unary!(F, fneg),
            O::F32x4Sqrt => unary!(S, sqrt),
            O::F64x2Sqrt => unary!(F, sqrt),
            O::F32x4Add => binary!(S, fadd),
            O::F64x2Add => binary!(F, fadd),
            O::F32x4Sub => binary!(S, fsub),
            O::F64x2Sub => binary!(F, fsub),
            O::F32x4Mul => binary!(S, fmul),
            O::F64x2Mul => binary!(F, fmul),
            O::F32x4Div => binary!(S, fdiv),
            O::F64x2Div => binary!(F, fdiv),
            O::F32x4Min | O::F32x4RelaxedMin => binary!(S, fmin),
            O::F64x2Min | O::F64x2RelaxedMin => binary!(F, fmin),
            O::F32x4Max | O::F32x4RelaxedMax => binary!(S, fmax),
            O::F64x2Max | O::F64x2RelaxedMax => binary!(F, fmax),
            O::F32x4PMin => self.pseudo_minimum(S, W, false),
            O::F64x2PMin => self.pseudo_minimum(F, D, false),
            O::F32x4PMax => self.pseudo_minimum(S, W, true),
            O::F64x2PMax => self.pseudo_minimum(F, D, true),
            O::I32x4TruncSatF32x4S | O::I32x4RelaxedTruncF32x4S => unary!(S, fcvt_to_sint_sat, W),
            O::I32x4TruncSatF32x4U | O::I32x4RelaxedTruncF32x4U => unary!(S, fcvt_to_uint_sat, W),
            O::F32x4ConvertI32x4S => unary!(W, fcvt_from_sint, S),
            O::F32x4ConvertI32x4U => unary!(W, fcvt_from_uint, S),
            O::I32x4TruncSatF64x2SZero | O::I32x4RelaxedTruncF64x2SZero => {
                unary!(F, fcvt_to_sint_sat, D);
                let (low, zero) = self.with_zeros(D);
                let value = self.builder.ins().snarrow(low, zero);
                self.stack.push(value);
            }
            O::I32x4TruncSatF64x2UZero | O::I32x4RelaxedTruncF64x2UZero if !self.environment.has_round => {
                self.truncate_lanes_unsigned();
            }
            O::I32x4TruncSatF64x2UZero | O::I32x4RelaxedTruncF64x2UZero => {
                unary!(F, fcvt_to_uint_sat, D);
                let (low, zero) = self.with_zeros(D);
                let value = self.builder.ins().uunarrow(low, zero);
                self.stack.push(value);
            }
            O::F64x2ConvertLowI32x4S => {
                unary!(W, swiden_low);
                unary!(D, fcvt_from_sint, F);
            }
            O::F64x2ConvertLowI32x4U => {
                unary!(W, uwiden_low);
                unary!(D, fcvt_from_uint, F);
            }
            O::F32x4DemoteF64x2Zero => unary!(F, fvdemote),
            O::F64x2PromoteLowF32x4 => unary!(S, fvpromote_low),
            _ => return false,
        }
        true
    }

    /// The relaxed operators that are not spelled like a strict one.
    fn simd_relaxed(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::F32x4RelaxedMadd => self.multiply_add(S, false),
            Operator::F64x2RelaxedMadd => self.multiply_add(F, false),
            Operator::F32x4RelaxedNmadd => self.multiply_add(S, true),
            Operator::F64x2RelaxedNmadd => self.multiply_add(F, true),
            Operator::I16x8RelaxedDotI8x16I7x16S => {
                let (left, right) = self.pop_vectors(B);
                let value = self.dot_product(left, right);
                self.stack.push(value);
            }
            Operator::I32x4RelaxedDotI8x16I7x16AddS => {
                let addend = self.pop_vector(W);
                let (left, right) = self.pop_vectors(B);
                let products = self.dot_product(left, right);
                let low = self.builder.ins().swiden_low(products);
                let high = self.builder.ins().swiden_high(products);
                let sums = self.builder.ins().iadd_pairwise(low, high);
                let value = self.builder.ins().iadd(sums, addend);
                self.stack.push(value);
            }
            _ => return false,
        }
        true
    }

    /// Pops a vector as one of this type.
    pub(super) fn pop_vector(&mut self, vector: Type) -> Value {
        let value = self.pop();
        if self.builder.func.dfg.value_type(value) == vector { value } else { self.bitcast_vector(vector, value) }
    }

    /// Pops two vectors of this type: the lower one first.
    fn pop_vectors(&mut self, vector: Type) -> (Value, Value) {
        let right = self.pop_vector(vector);
        let left = self.pop_vector(vector);
        (left, right)
    }

    /// A constant, as a [`VECTOR`].
    pub(super) fn vector_constant(&mut self, bytes: [u8; 16]) -> Value {
        let constant = self.builder.func.dfg.constants.insert(ConstantData::from(&bytes[..]));
        self.builder.ins().vconst(VECTOR, constant)
    }

    fn vector_binary(&mut self, vector: Type, operation: impl FnOnce(&mut Self, Value, Value) -> Value) {
        let (left, right) = self.pop_vectors(vector);
        let value = operation(self, left, right);
        self.stack.push(value);
    }

    fn splat(&mut self, vector: Type) {
        let mut value = self.pop();
        if vector == B || vector == H {
            value = self.builder.ins().ireduce(vector.lane_type(), value);
        }
        let value = self.builder.ins().splat(vector, value);
        self.stack.push(value);
    }

    fn extract_lane(&mut self, vector: Type, lane: u8, is_signed: bool) {
        let value = self.pop_vector(vector);
        let mut value = self.builder.ins().extractlane(value, lane);
        if vector == B || vector == H {
            value = match is_signed {
                true => self.builder.ins().sextend(types::I32, value),
                false => self.builder.ins().uextend(types::I32, value),
            };
        }
        self.stack.push(value);
    }

    fn replace_lane(&mut self, vector: Type, lane: u8) {
        let mut value = self.pop();
        if vector == B || vector == H {
            value = self.builder.ins().ireduce(vector.lane_type(), value);
        }
        let into = self.pop_vector(vector);
        let value = self.builder.ins().insertlane(into, value, lane);
        self.stack.push(value);
    }

    fn compare_vectors(&mut self, vector: Type, condition: IntCC) {
        let (left, right) = self.pop_vectors(vector);
        let value = self.builder.ins().icmp(condition, left, right);
        self.stack.push(value);
    }

    fn compare_float_vectors(&mut self, vector: Type, condition: FloatCC) {
        let (left, right) = self.pop_vectors(vector);
        let value = self.builder.ins().fcmp(condition, left, right);
        self.stack.push(value);
    }

    fn all_true(&mut self, vector: Type) {
        let value = self.pop_vector(vector);
        let flag = self.builder.ins().vall_true(value);
        self.push_flag(flag);
    }

    fn bitmask(&mut self, vector: Type) {
        let value = self.pop_vector(vector);
        let mask = self.builder.ins().vhigh_bits(types::I32, value);
        self.stack.push(mask);
    }

    fn round_vector(&mut self, vector: Type, rounding: Rounding) {
        let value = self.pop_vector(vector);
        let value = self.rounded(rounding, value);
        self.stack.push(value);
    }

    /// `i32x4.trunc_sat_f64x2_u_zero` lane by lane: for vectors the code generator needs a rounding instruction.
    fn truncate_lanes_unsigned(&mut self) {
        let value = self.pop_vector(types::F64X2);
        let zero = self.builder.func.dfg.constants.insert(ConstantData::from(&[0; 16][..]));
        let mut result = self.builder.ins().vconst(types::I32X4, zero);
        for lane in 0..2 {
            let element = self.builder.ins().extractlane(value, lane);
            let element = self.builder.ins().fcvt_to_uint_sat(types::I32, element);
            result = self.builder.ins().insertlane(result, element, lane);
        }
        self.stack.push(result);
    }

    /// Pops a vector, and makes one of zeros to go with it.
    fn with_zeros(&mut self, vector: Type) -> (Value, Value) {
        let value = self.pop_vector(vector);
        // Of this very type, without a cast: the code generator recognizes the pair of conversion and zero.
        let zero = self.builder.func.dfg.constants.insert(ConstantData::from(&[0; 16][..]));
        (value, self.builder.ins().vconst(vector, zero))
    }

    fn widened(&mut self, widen: Widen, value: Value) -> Value {
        match widen {
            Widen::SignedLow => self.builder.ins().swiden_low(value),
            Widen::SignedHigh => self.builder.ins().swiden_high(value),
            Widen::UnsignedLow => self.builder.ins().uwiden_low(value),
            Widen::UnsignedHigh => self.builder.ins().uwiden_high(value),
        }
    }

    fn extended_multiply(&mut self, vector: Type, widen: Widen) {
        let (left, right) = self.pop_vectors(vector);
        let left = self.widened(widen, left);
        let right = self.widened(widen, right);
        let value = self.builder.ins().imul(left, right);
        self.stack.push(value);
    }

    fn extended_pairwise_add(&mut self, vector: Type, is_signed: bool) {
        let value = self.pop_vector(vector);
        let (low, high) = match is_signed {
            true => (Widen::SignedLow, Widen::SignedHigh),
            false => (Widen::UnsignedLow, Widen::UnsignedHigh),
        };
        let low = self.widened(low, value);
        let high = self.widened(high, value);
        let value = self.builder.ins().iadd_pairwise(low, high);
        self.stack.push(value);
    }

    /// The sums of neighbouring lanes' products, in lanes twice as wide.
    fn dot_product(&mut self, left: Value, right: Value) -> Value {
        let left_low = self.builder.ins().swiden_low(left);
        let right_low = self.builder.ins().swiden_low(right);
        let low = self.builder.ins().imul(left_low, right_low);
        let left_high = self.builder.ins().swiden_high(left);
        let right_high = self.builder.ins().swiden_high(right);
        let high = self.builder.ins().imul(left_high, right_high);
        self.builder.ins().iadd_pairwise(low, high)
    }

    /// `pmin`: the second where it is less, else the first; `pmax`: the second where the first is less.
    fn pseudo_minimum(&mut self, vector: Type, mask: Type, is_maximum: bool) {
        let (first, second) = self.pop_vectors(vector);
        let (less, more) = if is_maximum { (first, second) } else { (second, first) };
        let chosen = self.builder.ins().fcmp(FloatCC::LessThan, less, more);
        let first = self.bitcast_vector(mask, first);
        let second = self.bitcast_vector(mask, second);
        let value = self.builder.ins().bitselect(chosen, second, first);
        self.stack.push(value);
    }

    fn multiply_add(&mut self, vector: Type, is_negated: bool) {
        let addend = self.pop_vector(vector);
        let (mut left, right) = self.pop_vectors(vector);
        if is_negated {
            left = self.builder.ins().fneg(left);
        }
        let value = if self.environment.fuses {
            self.builder.ins().fma(left, right, addend)
        } else {
            let product = self.builder.ins().fmul(left, right);
            self.builder.ins().fadd(product, addend)
        };
        self.stack.push(value);
    }
}
