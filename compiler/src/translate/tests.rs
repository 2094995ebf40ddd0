//! Small modules are parsed, translated, and verified by Cranelift's own verifier.
