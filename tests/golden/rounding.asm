;; ceil
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x10, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq 0x10(%rdi), %rsi
  movq 0x98(%rsi), %rsi
  call    *%rsi
  movq %rbp, %rsp
  popq %rbp
  retq

;; nearest
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x10, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq 0x10(%rdi), %rsi
  movq 0x90(%rsi), %rsi
  call    *%rsi
  movq %rbp, %rsp
  popq %rbp
  retq

