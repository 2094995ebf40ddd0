//! What Windows tells of an x86-64 CPU.

/// Nothing that costs less than asking the CPU.
pub(super) fn has_base_instructions() -> bool {
    false
}

/// The registers of AVX-512, among those that the system says it saves.
pub(super) const AVX512_STATE: u64 = 0b1110_0000;
