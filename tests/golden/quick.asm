;; sum
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x80, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 48 }
  subq $0x80, %rsp
  movq %rbx, 0x50(%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p3i }
  movq %r12, 0x58(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p12i }
  movq %r13, 0x60(%rsp)
  unwind SaveReg { clobber_offset: 16, reg: p13i }
  movq %r14, 0x68(%rsp)
  unwind SaveReg { clobber_offset: 24, reg: p14i }
  movq %r15, 0x70(%rsp)
  unwind SaveReg { clobber_offset: 32, reg: p15i }
block0:
  movq %rdx, <offset:1>+0x38(%rsp)
  movq %rsi, <offset:1>+0x48(%rsp)
  movq %rdi, %rbx
  movq 0x30(%rbx), %rsi
  movq %rsi, <offset:1>+0x30(%rsp)
  uninit  %rdi
  xorl %edi, %edi
  movq %rdi, <offset:1>+0x40(%rsp)
  movq <offset:1>+0x40(%rsp), %rdi
  movq %rdi, <offset:1>+(%rsp)
  movq <offset:1>+0x38(%rsp), %rdi
  movq %rdi, <offset:1>+8(%rsp)
  movq <offset:1>+0x48(%rsp), %rdi
  movq %rdi, <offset:1>+0x20(%rsp)
  jmp     label1
block1:
  movq <offset:1>+8(%rsp), %r8
  movq <offset:1>+8(%rsp), %r9
  testl %r8d, %r9d
  jz      label3; j label2
block2:
  movq <offset:1>+8(%rsp), %r15
  movq <offset:1>+0x20(%rsp), %r13
  movq <offset:1>+0x30(%rsp), %r11
  movl %r13d, %r10d
  movq <offset:1>+(%rsp), %r12
  addl (%r11, %r10), %r12d
  movq %r12, <offset:1>+0x18(%rsp)
  leal 4(%r13), %r14d
  movq %r14, <offset:1>+0x28(%rsp)
  subl $0x1, %r15d
  movq %r15, <offset:1>+0x10(%rsp)
  movq <offset:1>+0x18(%rsp), %r15
  movq %r15, <offset:1>+(%rsp)
  movq <offset:1>+0x10(%rsp), %r15
  movq %r15, <offset:1>+8(%rsp)
  movq <offset:1>+0x28(%rsp), %r15
  movq %r15, <offset:1>+0x20(%rsp)
  jmp     label1
block3:
  movq <offset:1>+(%rsp), %rax
  movq 0x50(%rsp), %rbx
  movq 0x58(%rsp), %r12
  movq 0x60(%rsp), %r13
  movq 0x68(%rsp), %r14
  movq 0x70(%rsp), %r15
  addq $0x80, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq

