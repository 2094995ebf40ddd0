//! The type of a function as a library writes it: text in, a type of numbers out.
//!
//! ```text
//! type  = types "->" types
//! types = [ name ("," name)* ]
//! name  = "i32" | "i64" | "f32" | "f64"
//! ```

use wasmc_loader::{FunctionType, ValueType};

/// Reads a type; `None` if it is none.
pub(crate) fn parse(text: &str) -> Option<FunctionType> {
    let (parameters, results) = text.split_once("->")?;
    Some(FunctionType::new(types(parameters)?, types(results)?))
}

fn types(text: &str) -> Option<Vec<ValueType>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    text.split(',')
        .map(|name| match name.trim() {
            "i32" => Some(ValueType::I32),
            "i64" => Some(ValueType::I64),
            "f32" => Some(ValueType::F32),
            "f64" => Some(ValueType::F64),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ValueType::{F32, F64, I32, I64};

    use super::*;

    #[test]
    fn either_side_may_be_empty() {
        assert_eq!(parse("i32,i64 ->f64"), Some(FunctionType::new([I32, I64], [F64])));
        assert_eq!(parse(" -> "), Some(FunctionType::new([], [])));
        assert_eq!(parse("->f32, i32"), Some(FunctionType::new([], [F32, I32])));
        for text in ["", "i32", "i32 -> v128", "i32, -> i32", "i32 i32 ->", "-> ->", "int ->"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
