;; load
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movl %esi, %esi
  leaq 0x14(%rsi), %r8
  cmpq 0x38(%rdi), %r8
  jnbe #trap=user2
  movq 0x30(%rdi), %r8
  movl 0x10(%r8, %rsi), %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; store
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movl %esi, %esi
  leaq 8(%rsi), %r8
  cmpq 0x38(%rdi), %r8
  jnbe #trap=user2
  movq 0x30(%rdi), %r8
  movsd %xmm0, (%r8, %rsi)
  movq %rbp, %rsp
  popq %rbp
  retq

