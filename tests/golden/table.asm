;; get
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movl %esi, %esi
  cmpq $0xa, %rsi
  jnb #trap=user3
  movq 0x30(%rdi), %rdi
  movq (%rdi, %rsi, 8), %rax
  movq %rbp, %rsp
  popq %rbp
  retq

;; set
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movl %esi, %esi
  cmpq $0xa, %rsi
  jnb #trap=user3
  movq 0x30(%rdi), %rdi
  movq %rdx, (%rdi, %rsi, 8)
  movq %rbp, %rsp
  popq %rbp
  retq

;; size
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movl $0xa, %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; fill
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
  movq %r13, 8(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p13i }
block0:
  movq %rsi, %rax
  movq %rdx, %r10
  movq 0x10(%rdi), %r13
  movq 0x50(%r13), %r9
  uninit  %rsi
  xorl %esi, %esi
  movl %eax, %edx
  movl %ecx, %r8d
  movq %r10, %rcx
  movq %rdi, %rbx
  call    *%r9
  testq %rax, %rax
  jnz     label2; j label1
block1:
  movq (%rsp), %rbx
  movq 8(%rsp), %r13
  addq $0x10, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq (%r13), %rax
  movq (%rbx), %rdi
  call    *%rax
  ud2

