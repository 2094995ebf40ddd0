//! The types of values and of what modules import and export.

use std::fmt;

mod reader;
pub(crate) mod registry;

pub use reader::TypeReader;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum ValueType {
    I32,
    I64,
    F32,
    F64,
    V128,
    Reference(ReferenceType),
}

/// The type of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReferenceType {
    /// Whether it may be null.
    pub nullable: bool,
    /// What it refers to.
    pub heap: HeapType,
}

/// What a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Any host value.
    Extern,
    /// Any exception.
    Exn,
    /// No function.
    NoFunc,
    /// No host value.
    NoExtern,
    /// No exception.
    NoExn,
    /// A function of the type with this identity, which is the same for equal types in the whole process.
    Concrete(u32),
}

impl ValueType {
    /// `funcref`: a nullable reference to any function.
    pub const FUNCREF: Self = Self::Reference(ReferenceType { nullable: true, heap: HeapType::Func });
    /// `externref`: a nullable reference to any host value.
    pub const EXTERNREF: Self = Self::Reference(ReferenceType { nullable: true, heap: HeapType::Extern });
    /// `exnref`: a nullable reference to any exception.
    pub const EXNREF: Self = Self::Reference(ReferenceType { nullable: true, heap: HeapType::Exn });

    /// Whether a value of this type is one of type `other`.
    pub fn matches(self, other: Self) -> bool {
        match (self, other) {
            (Self::Reference(this), Self::Reference(other)) => this.matches(other),
            _ => self == other,
        }
    }
}

impl ReferenceType {
    /// Whether a reference of this type is one of type `other`.
    pub fn matches(self, other: Self) -> bool {
        (!self.nullable || other.nullable) && self.heap.matches(other.heap)
    }
}

impl HeapType {
    /// Whether everything of this type is of type `other`.
    pub fn matches(self, other: Self) -> bool {
        match (self, other) {
            (Self::Concrete(identity), Self::Concrete(of)) => registry::is_subtype(identity, of),
            (Self::Concrete(_) | Self::NoFunc, Self::Func)
            | (Self::NoFunc, Self::Concrete(_))
            | (Self::NoExtern, Self::Extern)
            | (Self::NoExn, Self::Exn) => true,
            _ => self == other,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::Reference(reference) => return reference.fmt(formatter),
        })
    }
}

impl fmt::Display for ReferenceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.heap {
            HeapType::Func => "func",
            HeapType::Extern => "extern",
            HeapType::Exn => "exn",
            HeapType::NoFunc => "nofunc",
            HeapType::NoExtern => "noextern",
            HeapType::NoExn => "noexn",
            HeapType::Concrete(identity) => {
                let null = if self.nullable { "null " } else { "" };
                return write!(formatter, "(ref {null}type[{identity}])");
            }
        };
        match (self.nullable, self.heap) {
            (true, HeapType::Func | HeapType::Extern | HeapType::Exn) => write!(formatter, "{name}ref"),
            (true, _) => write!(formatter, "(ref null {name})"),
            (false, _) => write!(formatter, "(ref {name})"),
        }
    }
}

/// The type of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FunctionType {
    /// The parameters' types.
    pub parameters: Vec<ValueType>,
    /// The results' types.
    pub results: Vec<ValueType>,
}

impl FunctionType {
    /// A type of these parameters and results.
    pub fn new(parameters: impl Into<Vec<ValueType>>, results: impl Into<Vec<ValueType>>) -> Self {
        Self { parameters: parameters.into(), results: results.into() }
    }
}

impl fmt::Display for FunctionType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("func (")?;
        list(formatter, &self.parameters)?;
        formatter.write_str(") -> (")?;
        list(formatter, &self.results)?;
        formatter.write_str(")")
    }
}

fn list(formatter: &mut fmt::Formatter<'_>, types: &[ValueType]) -> fmt::Result {
    for (index, value_type) in types.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(formatter, "{comma}{value_type}")?;
    }
    Ok(())
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableType {
    /// Its elements' type.
    pub element: ReferenceType,
    /// Elements at the start.
    pub minimum: u64,
    /// Most elements.
    pub maximum: Option<u64>,
    /// Whether indices are 64 bits wide.
    pub is_64: bool,
}

/// The type of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// Pages at the start.
    pub minimum_pages: u64,
    /// Most pages.
    pub maximum_pages: Option<u64>,
    /// Whether addresses are 64 bits wide.
    pub is_64: bool,
    /// Whether threads share it.
    pub is_shared: bool,
}

impl MemoryType {
    /// The most pages that it allows, and the specification.
    pub(crate) fn pages_max(&self) -> u64 {
        let limit = if self.is_64 { 1 << 48 } else { 1 << 16 };
        self.maximum_pages.unwrap_or(limit).min(limit)
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// Its value's type.
    pub value: ValueType,
    /// Whether it can be set.
    pub is_mutable: bool,
}

/// The type of a tag: what its exceptions carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagType {
    /// Its parameters are what an exception carries; it has no results.
    pub function: FunctionType,
}

/// The type of something that is imported or exported.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ExternType {
    Function(FunctionType),
    Table(TableType),
    Memory(MemoryType),
    Global(GlobalType),
    Tag(TagType),
}

impl fmt::Display for TableType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("table ")?;
        limits(formatter, self.is_64, self.minimum, self.maximum)?;
        write!(formatter, " {}", self.element)
    }
}

impl fmt::Display for MemoryType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("memory ")?;
        limits(formatter, self.is_64, self.minimum_pages, self.maximum_pages)?;
        formatter.write_str(if self.is_shared { " shared" } else { "" })
    }
}

fn limits(formatter: &mut fmt::Formatter<'_>, is_64: bool, minimum: u64, maximum: Option<u64>) -> fmt::Result {
    write!(formatter, "{}{minimum}", if is_64 { "i64 " } else { "" })?;
    maximum.map_or(Ok(()), |maximum| write!(formatter, " {maximum}"))
}

impl fmt::Display for GlobalType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_mutable {
            write!(formatter, "global (mut {})", self.value)
        } else {
            write!(formatter, "global {}", self.value)
        }
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(function) => function.fmt(formatter),
            Self::Table(table) => table.fmt(formatter),
            Self::Memory(memory) => memory.fmt(formatter),
            Self::Global(global) => global.fmt(formatter),
            Self::Tag(tag) => {
                formatter.write_str("tag (")?;
                list(formatter, &tag.function.parameters)?;
                formatter.write_str(")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_match_upwards_only() {
        let null_func = ReferenceType { nullable: true, heap: HeapType::NoFunc };
        let func = ReferenceType { nullable: false, heap: HeapType::Func };
        let ValueType::Reference(funcref) = ValueType::FUNCREF else { unreachable!() };
        assert!(null_func.matches(funcref));
        assert!(func.matches(funcref));
        assert!(!funcref.matches(func));
        assert!(!funcref.matches(null_func));
        assert!(!ValueType::EXTERNREF.matches(ValueType::FUNCREF));
    }

    #[test]
    fn types_are_written_as_in_the_text_format() {
        let function = FunctionType::new([ValueType::I32, ValueType::FUNCREF], [ValueType::V128]);
        assert_eq!(function.to_string(), "func (i32, funcref) -> (v128)");
        let memory = MemoryType { minimum_pages: 1, maximum_pages: Some(2), is_64: true, is_shared: false };
        assert_eq!(memory.to_string(), "memory i64 1 2");
    }
}
