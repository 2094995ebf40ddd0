//! What macOS tells of an x86-64 CPU.

/// Nothing that costs less than asking the CPU.
pub(super) fn has_base_instructions() -> bool {
    false
}

/// The system saves the registers of AVX-512 from their first use in a thread on, and says nothing of them before: that the
/// CPU has the instructions is all that there is to know.
pub(super) const AVX512_STATE: u64 = 0;
