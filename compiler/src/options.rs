//! What a caller can choose.

use wasmc_contract::target::{CpuFeatures, Target};

/// How much work goes into the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Optimization {
    /// Quickest to compile: single-pass register allocation.
    None,
    /// Cranelift's `speed`.
    Speed,
    /// That, and our own optimisations.
    #[default]
    Full,
    /// Smallest code.
    Size,
}

/// How accesses to 32-bit memories are kept inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BoundsChecks {
    /// By 8 GiB of reserved address space for each memory: no instruction is spent.
    #[default]
    GuardPages,
    /// By a comparison at each access, for hosts with little address space.
    Explicit,
}

/// WebAssembly proposals that can be switched off, all on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the proposals' own")]
pub struct Features {
    pub simd: bool,
    pub relaxed_simd: bool,
    pub tail_call: bool,
    pub extended_const: bool,
    pub multi_memory: bool,
    pub memory64: bool,
    pub function_references: bool,
    pub reference_types: bool,
    pub bulk_memory: bool,
    pub multi_value: bool,
    pub saturating_float_to_int: bool,
    pub sign_extension: bool,
    pub mutable_global: bool,
    pub exceptions: bool,
    pub legacy_exceptions: bool,
    pub threads: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            simd: true,
            relaxed_simd: true,
            tail_call: true,
            extended_const: true,
            multi_memory: true,
            memory64: true,
            function_references: true,
            reference_types: true,
            bulk_memory: true,
            multi_value: true,
            saturating_float_to_int: true,
            sign_extension: true,
            mutable_global: true,
            exceptions: true,
            legacy_exceptions: true,
            threads: true,
        }
    }
}

/// Everything that a compilation depends on, besides the module's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CompileOptions {
    /// What to compile for.
    pub target: Target,
    /// The CPU features that code may use beyond the target's baseline.
    pub cpu_features: CpuFeatures,
    /// How much work goes into the code.
    pub optimization: Optimization,
    /// How accesses to 32-bit memories are kept inside.
    pub bounds_checks: BoundsChecks,
    /// Whether loops and entries check for an interruption. They always do in a module with a shared memory, where what
    /// one thread does may end the others.
    pub interruptible: bool,
    /// Whether arithmetic gives the same on every machine: canonical NaNs only, and relaxed SIMD as the specification's
    /// deterministic profile has it.
    pub canonical_nans: bool,
    /// The prefix of global symbols ([`wasmc_contract::symbol`]).
    pub symbol_prefix: String,
    /// The proposals that a module may use.
    pub features: Features,
    /// Whether the artifact is read back and checked by the verifier. Not part of what the bytes depend on.
    pub verify: bool,
}

impl CompileOptions {
    /// The defaults for `target`, with its baseline CPU.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            cpu_features: CpuFeatures::BASELINE,
            optimization: Optimization::default(),
            bounds_checks: BoundsChecks::default(),
            interruptible: false,
            canonical_nans: false,
            symbol_prefix: wasmc_contract::symbol::DEFAULT_PREFIX.to_owned(),
            features: Features::default(),
            verify: cfg!(debug_assertions),
        }
    }
}
