//! Names of functions as their language writes them: a symbol's name in, a text for people out.

use std::borrow::Cow;

/// The name as its language writes it, if it is Rust's or C++'s.
pub(crate) fn demangle(name: &str) -> Cow<'_, str> {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        return format!("{rust:#}").into();
    }
    if name.starts_with("_Z")
        && let Ok(symbol) = cpp_demangle::Symbol::new(name)
        && let Ok(cpp) = symbol.demangle()
    {
        return cpp.into();
    }
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_source() {
        assert_eq!(demangle("_ZN4core9panicking5panic17h0123456789abcdefE"), "core::panicking::panic");
        assert_eq!(demangle("_ZNK3foo3barEi"), "foo::bar(int) const");
        assert_eq!(demangle("__wasm_call_ctors"), "__wasm_call_ctors");
        assert_eq!(demangle("_Z"), "_Z");
    }
}
