//! What all translations of a module share: the module, the context's layout, and what the target can do.

use cranelift_codegen::isa::{CallConv, TargetFrontendConfig, TargetIsa};
use wasmc_contract::context::ContextLayout;
use wasmc_contract::target::Architecture;

use crate::module::WasmModule;
use crate::options::{BoundsChecks, CompileOptions, Optimization};

/// The unchanging surroundings of a translation.
pub(super) struct Environment<'m> {
    pub(super) module: &'m WasmModule<'m>,
    pub(super) layout: ContextLayout,
    /// The convention of builtins: the target's C.
    pub(super) host_convention: CallConv,
    pub(super) frontend_config: TargetFrontendConfig,
    /// Whether there are instructions that round floats.
    pub(super) has_round: bool,
    /// Whether a fused multiply-add is an instruction, and may be used: its result is not that of two roundings.
    pub(super) fuses: bool,
    /// Whether bytes can be permuted by an instruction.
    pub(super) has_byte_shuffle: bool,
    /// Whether 32-bit memories are checked by comparisons.
    pub(super) explicit_checks: bool,
    /// The most bytes that one store writes whole or, if it faults, not at all.
    pub(super) whole_store_bytes_max: u32,
    /// Whether functions and loops check for an interruption.
    pub(super) interruptible: bool,
    /// Whether what is known of the whole module is folded into code.
    pub(super) folds: bool,
}

impl<'m> Environment<'m> {
    pub(super) fn new(
        module: &'m WasmModule<'m>,
        isa: &dyn TargetIsa,
        options: &CompileOptions,
        layout: &ContextLayout,
    ) -> Self {
        let is_x86_64 = options.target.architecture == Architecture::X86_64;
        Self {
            module,
            layout: *layout,
            host_convention: isa.default_call_conv(),
            frontend_config: isa.frontend_config(),
            has_round: isa.has_round(),
            fuses: isa.has_native_fma() && !options.canonical_nans,
            has_byte_shuffle: !is_x86_64 || isa.has_x86_pshufb_lowering(),
            explicit_checks: options.bounds_checks == BoundsChecks::Explicit,
            // AArch64 leaves it open what a store has written that faults in its second page. Vectors, which are stored in
            // halves, are checked; numbers, whose check would cost more, are not (docs/limits.md).
            whole_store_bytes_max: if is_x86_64 { u32::MAX } else { 8 },
            interruptible: options.interruptible,
            folds: matches!(options.optimization, Optimization::Full | Optimization::Size),
        }
    }
}
