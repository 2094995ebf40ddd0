//! What of leaving compiled code is bound to x86-64.

use std::arch::{is_x86_feature_detected, naked_asm};
use std::mem::offset_of;

use wasmc_contract::context::{HostFunction, StoreContext};
use wasmc_contract::target::CpuFeature;
use wasmc_contract::trap::TrapCode;

use crate::store::StoreInner;

/// [`wasmc_contract::builtin::Builtin::Raise`]: notes the frames, then goes on at the newest entry's handler.
///
/// # Safety
///
/// Called by compiled code only, with its store's context.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn raise(store: u64) -> ! {
    naked_asm!(
        // The return address is compiled code's, and so is the frame pointer.
        "mov rsi, [rsp]",
        "mov rdx, rbp",
        "push rdi",
        "call {record}",
        "pop rdi",
        "mov rsp, [rdi + {stack_pointer}]",
        "mov rbp, [rdi + {frame_pointer}]",
        "jmp [rdi + {handler}]",
        record = sym record_raise,
        stack_pointer = const offset_of!(StoreContext, entry_stack_pointer),
        frame_pointer = const offset_of!(StoreContext, entry_frame_pointer),
        handler = const offset_of!(StoreContext, entry_handler),
    )
}

/// What compiled code calls for a host function of a type that no image of the store has a trampoline for: it traps.
/// It has compiled code's convention, which has the context in the same register.
///
/// # Safety
///
/// Called by compiled code only, with a [`HostFunction`].
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn unresolved(host_function: u64) -> ! {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "and rsp, -16",
        "mov rdi, [rdi + {store}]",
        "push rdi",
        "sub rsp, 8",
        "call {record}",
        "add rsp, 8",
        "pop rdi",
        "call {raise}",
        "ud2",
        store = const offset_of!(HostFunction, store),
        record = sym record_unresolved,
        raise = sym raise,
    )
}

/// # Safety
///
/// `store` must be that of the code that called `raise`, from `return_address`, with `frame_pointer`.
unsafe extern "C" fn record_raise(store: *mut StoreContext, return_address: u64, frame_pointer: u64) {
    // SAFETY: the caller's promise; the context and its store live while their code runs.
    unsafe {
        let inner = (*store).host as *mut StoreInner;
        (*store).pending = 0;
        (*inner).backtrace.record(return_address - 1, frame_pointer, &*store, (*inner).activation);
    }
}

/// # Safety
///
/// `store` must be that of running code.
unsafe extern "C" fn record_unresolved(store: *mut StoreContext) {
    // SAFETY: the caller's promise.
    let inner = unsafe { &mut *((*store).host as *mut StoreInner) };
    let message = "no module of the store has code to call a host function of this type".to_owned();
    inner.raised = crate::call::Raised::Trap(TrapCode::Host, Some(message));
}

pub(super) fn has_feature(feature: CpuFeature) -> bool {
    match feature {
        CpuFeature::Cmpxchg16b => is_x86_feature_detected!("cmpxchg16b"),
        CpuFeature::Sse3 => is_x86_feature_detected!("sse3"),
        CpuFeature::Ssse3 => is_x86_feature_detected!("ssse3"),
        CpuFeature::Sse41 => is_x86_feature_detected!("sse4.1"),
        CpuFeature::Sse42 => is_x86_feature_detected!("sse4.2"),
        CpuFeature::Popcnt => is_x86_feature_detected!("popcnt"),
        CpuFeature::Avx => is_x86_feature_detected!("avx"),
        CpuFeature::Avx2 => is_x86_feature_detected!("avx2"),
        CpuFeature::Fma => is_x86_feature_detected!("fma"),
        CpuFeature::Bmi1 => is_x86_feature_detected!("bmi1"),
        CpuFeature::Bmi2 => is_x86_feature_detected!("bmi2"),
        CpuFeature::Lzcnt => is_x86_feature_detected!("lzcnt"),
        CpuFeature::Avx512f => is_x86_feature_detected!("avx512f"),
        CpuFeature::Avx512vl => is_x86_feature_detected!("avx512vl"),
        CpuFeature::Avx512dq => is_x86_feature_detected!("avx512dq"),
        CpuFeature::Avx512bitalg => is_x86_feature_detected!("avx512bitalg"),
        CpuFeature::Avx512vbmi => is_x86_feature_detected!("avx512vbmi"),
        _ => false,
    }
}
