;; load
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq %rsi, %r8
  addq $0x14, %r8
  jb #trap=user2
  cmpq 0x38(%rdi), %r8
  jnbe #trap=user2
  movq 0x30(%rdi), %r8
  movl 0x10(%r8, %rsi), %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; far
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq %rsi, %r8
  addq (%rip), %r8
  jb #trap=user2
  cmpq 0x38(%rdi), %r8
  jnbe #trap=user2
  addq 0x30(%rdi), %rsi
  movabsq $0x1000000000, %r9
  movq (%rsi, %r9), %rax
  movq %rbp, %rsp
  popq %rbp
  retq

