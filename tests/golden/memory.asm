;; load
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq %rsi, %r8
  movq 0x30(%rdi), %rsi
  movq %r8, %rdi
  movl %edi, %edi
  movl 0x10(%rsi, %rdi), %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; load_narrow
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq %rsi, %r8
  movq 0x30(%rdi), %rsi
  movq %r8, %rdi
  movl %edi, %edi
  movsbq (%rsi, %rdi), %rax
  movq %rbp, %rsp
  popq %rbp
  retq

;; store
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq %rsi, %r8
  movq 0x30(%rdi), %rsi
  movq %r8, %rdi
  movl %edi, %edi
  movsd %xmm0, (%rsi, %rdi)
  movq %rbp, %rsp
  popq %rbp
  retq

;; sum
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq 0x30(%rdi), %r8
  movl %esi, %edi
  movl (%r8, %rdi), %eax
  addl 4(%r8, %rdi), %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; far
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movl %esi, %esi
  movabsq $0x100000003, %r8
  leaq (%rsi, %r8), %r8
  cmpq 0x38(%rdi), %r8
  jnbe #trap=user2
  addq 0x30(%rdi), %rsi
  movl $0xffffffff, %r10d
  movl (%rsi, %r10), %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; size_and_grow
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x20, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 16 }
  subq $0x10, %rsp
  movq %rbx, (%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p3i }
block0:
  movq 0x38(%rdi), %rbx
  movq 0x10(%rdi), %r10
  movq 0x10(%r10), %r10
  uninit  %rsi
  xorl %esi, %esi
  movl $0x1, %edx
  call    *%r10
  shrq $0x10, %rbx
  leal (%rbx, %rax), %eax
  movq (%rsp), %rbx
  addq $0x10, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq

