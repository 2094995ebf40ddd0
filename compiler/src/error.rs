//! Why a module could not be compiled.

/// Why a module could not be compiled: the cause and, where there is one, the place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The bytes are not a valid module.
    #[error("invalid WebAssembly at offset {offset:#x}: {message}")]
    Invalid {
        /// Offset from the start of the file in bytes.
        offset: u64,
        /// The validator's reason.
        message: String,
    },
    /// The module is valid, but uses what is not supported (yet).
    #[error("unsupported at offset {offset:#x}: {feature}")]
    Unsupported {
        /// Offset from the start of the file in bytes.
        offset: u64,
        /// What it uses, by its proposal's name.
        feature: String,
    },
    /// A limit of this implementation was met.
    #[error("{what} exceeds the limit of {limit}")]
    Limit {
        /// What is too large.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// The options do not fit each other or the target.
    #[error("{0}")]
    Options(String),
    /// The object could not be written: it is too large for its format, or a defect of the compiler.
    #[error("the object cannot be written: {0}")]
    Object(String),
    /// Code generation failed for one function: a defect of the compiler.
    #[error("cannot generate code for function {function}: {message}")]
    Code {
        /// The function's index.
        function: u32,
        /// The code generator's reason.
        message: String,
    },
    /// Code generation failed for one trampoline: a defect of the compiler.
    #[error("cannot generate code for {name}: {message}")]
    Trampoline {
        /// The trampoline's name in the object.
        name: String,
        /// The code generator's reason.
        message: String,
    },
    /// The written artifact did not read back as it should: a defect of the compiler.
    #[error("the artifact does not verify: {0}")]
    Verify(String),
}

impl From<object::write::Error> for CompileError {
    fn from(error: object::write::Error) -> Self {
        Self::Object(error.to_string())
    }
}

impl From<wasmparser::BinaryReaderError> for CompileError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid { offset: error.offset(), message: error.message().to_owned() }
    }
}
