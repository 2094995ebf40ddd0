//! What Linux tells of an x86-64 CPU.

/// Whether the system told this process that programs may use the instructions for the FS and GS bases. No CPU has had
/// these without all of x86-64-v2 (Intel's since Ivy Bridge and Goldmont, AMD's since Steamroller); so what most
/// artifacts need is found without asking the CPU.
pub(super) fn has_base_instructions() -> bool {
    const HWCAP2_FSGSBASE: u64 = 1 << 1;
    // SAFETY: the call has no precondition.
    unsafe { libc::getauxval(libc::AT_HWCAP2) & HWCAP2_FSGSBASE != 0 }
}

/// The registers of AVX-512, among those that the system says it saves.
pub(super) const AVX512_STATE: u64 = 0b1110_0000;
