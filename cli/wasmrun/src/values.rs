//! Values as text: arguments of `--invoke`, and the results that it prints.

use std::fmt;

use wasmc_loader::{ExternReference, HeapType, Value, ValueType};

/// Reads an argument of type `value_type`.
pub(crate) fn parse(text: &str, value_type: ValueType) -> Option<Value> {
    Some(match value_type {
        // Signed and unsigned numbers stand for the same bits.
        ValueType::I32 => Value::I32(parse_integer(text, 32)? as i32),
        ValueType::I64 => Value::I64(parse_integer(text, 64)? as i64),
        ValueType::F32 => {
            let payload = parse_nan(text, 23).map(|(sign, payload)| (sign as u32) << 31 | 0xff << 23 | payload as u32);
            Value::F32(payload.or_else(|| Some(text.parse::<f32>().ok()?.to_bits()))?)
        }
        ValueType::F64 => {
            let payload = parse_nan(text, 52).map(|(sign, payload)| sign << 63 | 0x7ff << 52 | payload);
            Value::F64(payload.or_else(|| Some(text.parse::<f64>().ok()?.to_bits()))?)
        }
        ValueType::V128 => {
            let lanes = text.split([',', ' ']).map(|lane| parse_integer(lane, 32)).collect::<Option<Vec<_>>>()?;
            let lanes: [i128; 4] = lanes.try_into().ok()?;
            Value::V128(lanes.iter().rev().fold(0, |bits, lane| bits << 32 | u128::from(*lane as u32)))
        }
        ValueType::Reference(reference) if text == "null" => {
            Some(Value::default_of(ValueType::Reference(reference))).filter(|_| reference.nullable)?
        }
        ValueType::Reference(reference) => match reference.heap {
            HeapType::Extern => Value::Extern(Some(ExternReference::new(text.parse().ok()?))),
            _ => return None,
        },
    })
}

/// The sign's bit and the payload of `nan:0xPAYLOAD`, which is as [`Printed`] writes NaNs that are not canonical.
fn parse_nan(text: &str, payload_bits: u32) -> Option<(u64, u64)> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (1, rest.strip_prefix("nan:0x")?),
        None => (0, text.strip_prefix("nan:0x")?),
    };
    let payload = u64::from_str_radix(digits, 16).ok()?;
    (1..1 << payload_bits).contains(&payload).then_some((sign, payload))
}

/// A number between -2^(bits-1) and 2^bits - 1.
fn parse_integer(text: &str, bits: u32) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['-', '+']) {
        return None;
    }
    let magnitude = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => i128::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let value = if negative { -magnitude } else { magnitude };
    (-(1 << (bits - 1))..1 << bits).contains(&value).then_some(value)
}

/// A result as `--invoke` prints it.
pub(crate) struct Printed<'a>(pub(crate) &'a Value);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::I32(value) => value.fmt(formatter),
            Value::I64(value) => value.fmt(formatter),
            Value::F32(bits) => {
                let value = f32::from_bits(*bits);
                let payload = u64::from(bits & 0x7f_ffff);
                float(formatter, f64::from(value), value.is_sign_negative(), payload, 0x40_0000, || value.to_text())
            }
            Value::F64(bits) => {
                let value = f64::from_bits(*bits);
                let payload = bits & 0xf_ffff_ffff_ffff;
                float(formatter, value, value.is_sign_negative(), payload, 0x8_0000_0000_0000, || value.to_text())
            }
            Value::V128(bits) => {
                let lane = |index: u32| (bits >> (32 * index)) as u32;
                write!(formatter, "{:#010x} {:#010x} {:#010x} {:#010x}", lane(0), lane(1), lane(2), lane(3))
            }
            Value::Function(None) | Value::Extern(None) | Value::Exception(None) => formatter.write_str("null"),
            Value::Function(Some(_)) => formatter.write_str("<function>"),
            Value::Extern(Some(reference)) => write!(formatter, "<extern {}>", reference.number()),
            Value::Exception(Some(_)) => formatter.write_str("<exception>"),
        }
    }
}

/// The shortest text that reads back as the same number.
trait Shortest: Copy + fmt::Display + fmt::LowerExp + Into<f64> {
    fn to_text(self) -> String {
        let magnitude = self.into().abs();
        if magnitude == 0.0 || (1e-5..1e16).contains(&magnitude) { format!("{self}") } else { format!("{self:e}") }
    }
}

impl Shortest for f32 {}
impl Shortest for f64 {}

fn float(
    formatter: &mut fmt::Formatter<'_>,
    value: f64,
    negative: bool,
    payload: u64,
    canonical: u64,
    text: impl FnOnce() -> String,
) -> fmt::Result {
    let sign = if negative { "-" } else { "" };
    if value.is_nan() && payload == canonical {
        write!(formatter, "{sign}nan")
    } else if value.is_nan() {
        write!(formatter, "{sign}nan:{payload:#x}")
    } else if value.is_infinite() {
        write!(formatter, "{sign}inf")
    } else {
        formatter.write_str(&text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        for (text, value_type) in [
            ("-1", ValueType::I32),
            ("2147483647", ValueType::I32),
            ("-9223372036854775808", ValueType::I64),
            ("0.1", ValueType::F32),
            ("-0", ValueType::F64),
            ("1", ValueType::F64),
            ("1.5e300", ValueType::F64),
            ("nan", ValueType::F64),
            ("nan:0x200000", ValueType::F32),
            ("-nan:0x1", ValueType::F64),
            ("-inf", ValueType::F32),
            ("0x00000001 0x00000002 0xffffffff 0x80000000", ValueType::V128),
            ("null", ValueType::EXTERNREF),
        ] {
            let value = parse(text, value_type).expect(text);
            assert_eq!(Printed(&value).to_string(), text);
        }
    }

    #[test]
    fn integers_stay_in_their_range() {
        assert_eq!(parse("0xffffffff", ValueType::I32), Some(Value::I32(-1)));
        assert_eq!(parse("4294967295", ValueType::I32), Some(Value::I32(-1)));
        for text in ["4294967296", "-2147483649", "1.0", "", "--1", "0x"] {
            assert_eq!(parse(text, ValueType::I32), None, "{text}");
        }
    }
}
