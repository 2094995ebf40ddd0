;; load
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x30, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 32 }
  subq $0x20, %rsp
  movq %rbx, (%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p3i }
  movq %r12, 8(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p12i }
  movq %r13, 0x10(%rsp)
  unwind SaveReg { clobber_offset: 16, reg: p13i }
  movq %r15, 0x18(%rsp)
  unwind SaveReg { clobber_offset: 24, reg: p15i }
block0:
  movq %rsi, %r12
  movq (%rdi), %rax
  movl 0x28(%rax), %ecx
  movq %rax, %r13
  testl %ecx, %ecx
  jnz     label2; j label1
block1:
  movq %rdi, %rbx
  movq %r12, %rsi
  jmp     label4
block3:
  movq %r12, %rsi
  jmp     label4
block4:
  movl %esi, %ecx
  testq $0x3, %rcx
  jnz #trap=user14
  movq 0x40(%rbx), %rax
  movq (%rax), %rax
  movl 0x10(%rax, %rcx), %eax
  movq (%rsp), %rbx
  movq 8(%rsp), %r12
  movq 0x10(%rsp), %r13
  movq 0x18(%rsp), %r15
  addq $0x20, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq 0x10(%rdi), %r15
  movq %rdi, %rbx
  movq 8(%r15), %rcx
  call    *%rcx
  testq %rax, %rax
  jnz     label5; j label3
block5:
  movq (%r15), %rax
  movq %r13, %rdi
  call    *%rax
  ud2

;; add
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x40, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 48 }
  subq $0x30, %rsp
  movq %rbx, (%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p3i }
  movq %r12, 8(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p12i }
  movq %r13, 0x10(%rsp)
  unwind SaveReg { clobber_offset: 16, reg: p13i }
  movq %r14, 0x18(%rsp)
  unwind SaveReg { clobber_offset: 24, reg: p14i }
  movq %r15, 0x20(%rsp)
  unwind SaveReg { clobber_offset: 32, reg: p15i }
block0:
  movq %rsi, %r13
  movq %rdx, %r15
  movq (%rdi), %rax
  movl 0x28(%rax), %ecx
  movq %rax, %r14
  testl %ecx, %ecx
  jnz     label2; j label1
block1:
  movq %r13, %rsi
  movq %rdi, %r12
  jmp     label4
block3:
  movq %r13, %rsi
  jmp     label4
block4:
  movl %esi, %ecx
  testq $0x1, %rcx
  jnz #trap=user14
  movq 0x40(%r12), %rax
  movq (%rax), %rax
  movq %r15, %rdx
  lock xaddw %dx, 2(%rax, %rcx)
  movzwq %dx, %rax
  movq (%rsp), %rbx
  movq 8(%rsp), %r12
  movq 0x10(%rsp), %r13
  movq 0x18(%rsp), %r14
  movq 0x20(%rsp), %r15
  addq $0x30, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq 0x10(%rdi), %rbx
  movq %rdi, %r12
  movq 8(%rbx), %rcx
  call    *%rcx
  testq %rax, %rax
  jnz     label5; j label3
block5:
  movq (%rbx), %rax
  movq %r14, %rdi
  call    *%rax
  ud2

;; exchange
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x50, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 48 }
  subq $0x40, %rsp
  movq %rbx, 0x10(%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p3i }
  movq %r12, 0x18(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p12i }
  movq %r13, 0x20(%rsp)
  unwind SaveReg { clobber_offset: 16, reg: p13i }
  movq %r14, 0x28(%rsp)
  unwind SaveReg { clobber_offset: 24, reg: p14i }
  movq %r15, 0x30(%rsp)
  unwind SaveReg { clobber_offset: 32, reg: p15i }
block0:
  movq %rdx, %r13
  movq %rsi, %r14
  movq %rcx, %r15
  movq (%rdi), %rax
  movl 0x28(%rax), %ecx
  movq %rax, <offset:1>+(%rsp)
  testl %ecx, %ecx
  jnz     label2; j label1
block1:
  movq %r14, %rsi
  movq %rdi, %r12
  jmp     label4
block3:
  movq %r14, %rsi
  jmp     label4
block4:
  movl %esi, %ecx
  testq $0x3, %rcx
  jnz #trap=user14
  movq 0x40(%r12), %rax
  movq (%rax), %rdx
  movq %r13, %rax
  movq %r15, %rsi
  lock cmpxchgl %esi, (%rdx, %rcx) ;; implicit: %eax
  movq 0x10(%rsp), %rbx
  movq 0x18(%rsp), %r12
  movq 0x20(%rsp), %r13
  movq 0x28(%rsp), %r14
  movq 0x30(%rsp), %r15
  addq $0x40, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq 0x10(%rdi), %rbx
  movq %rdi, %r12
  movq 8(%rbx), %rcx
  call    *%rcx
  testq %rax, %rax
  jnz     label5; j label3
block5:
  movq (%rbx), %rax
  movq <offset:1>+(%rsp), %rdi
  call    *%rax
  ud2

;; size
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x30, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 32 }
  subq $0x20, %rsp
  movq %rbx, (%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p3i }
  movq %r13, 8(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p13i }
  movq %r14, 0x10(%rsp)
  unwind SaveReg { clobber_offset: 16, reg: p14i }
block0:
  movq (%rdi), %r10
  movl 0x28(%r10), %r11d
  movq %r10, %r14
  testl %r11d, %r11d
  jnz     label2; j label1
block1:
  movq %rdi, %rbx
  jmp     label4
block3:
  jmp     label4
block4:
  movq 0x40(%rbx), %rax
  movq 8(%rax), %rax
  shrq $0x10, %rax
  movq (%rsp), %rbx
  movq 8(%rsp), %r13
  movq 0x10(%rsp), %r14
  addq $0x20, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq 0x10(%rdi), %r13
  movq %rdi, %rbx
  movq 8(%r13), %rcx
  call    *%rcx
  testq %rax, %rax
  jnz     label5; j label3
block5:
  movq (%r13), %rax
  movq %r14, %rdi
  call    *%rax
  ud2

;; spin
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x30, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 32 }
  subq $0x20, %rsp
  movq %rbx, (%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p3i }
  movq %r12, 8(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p12i }
  movq %r13, 0x10(%rsp)
  unwind SaveReg { clobber_offset: 16, reg: p13i }
  movq %r14, 0x18(%rsp)
  unwind SaveReg { clobber_offset: 24, reg: p14i }
block0:
  movq (%rdi), %rax
  movl 0x28(%rax), %ecx
  movq %rax, %r14
  testl %ecx, %ecx
  jnz     label2; j label1
block1:
  movq %rdi, %r13
  jmp     label4
block3:
  jmp     label4
block4:
  movq 0x10(%r13), %rbx
  movq 8(%rbx), %r12
  movq %r14, %rdi
  jmp     label5
block5:
  movl 0x28(%rdi), %eax
  movq %rdi, %r14
  testl %eax, %eax
  jnz     label7; j label6
block6:
  jmp     label9
block8:
  jmp     label9
block9:
  movq 0x40(%r13), %rax
  movq (%rax), %rax
  movl (%rax), %eax
  testl %eax, %eax
  jz      label10; j label11
block10:
  movq %r14, %rdi
  jmp     label5
block11:
  movq (%rsp), %rbx
  movq 8(%rsp), %r12
  movq 0x10(%rsp), %r13
  movq 0x18(%rsp), %r14
  addq $0x20, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq 0x10(%rdi), %rbx
  movq %rdi, %r13
  movq 8(%rbx), %rcx
  call    *%rcx
  testq %rax, %rax
  jnz     label13; j label3
block7:
  movq %r13, %rdi
  call    *%r12
  testq %rax, %rax
  jnz     label12; j label8
block12:
  movq (%rbx), %rax
  movq %r14, %rdi
  call    *%rax
  ud2
block13:
  movq %r14, %rdi
  movq (%rbx), %rax
  call    *%rax
  ud2

;; wait
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x30, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 32 }
  subq $0x20, %rsp
  movq %rbx, (%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p3i }
  movq %r12, 8(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p12i }
  movq %r13, 0x10(%rsp)
  unwind SaveReg { clobber_offset: 16, reg: p13i }
block0:
  movq (%rdi), %rax
  movl 0x28(%rax), %ecx
  movq %rax, %r13
  testl %ecx, %ecx
  jnz     label2; j label1
block1:
  movq %rdi, %r12
  jmp     label4
block3:
  jmp     label4
block4:
  movq 0x10(%r12), %rbx
  movq 0xc8(%rbx), %rax
  uninit  %rcx
  xorl %ecx, %ecx
  movl $0x8, %edx
  movq $0xffffffffffffffff, %r8
  movq %r12, %rdi
  movq %rcx, %rsi
  call    *%rax
  cmpl $0xffffffff, %eax
  jz      label6; j label5
block5:
  movq (%rsp), %rbx
  movq 8(%rsp), %r12
  movq 0x10(%rsp), %r13
  addq $0x20, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq 0x10(%rdi), %rbx
  movq 8(%rbx), %rcx
  movq %rdi, %r12
  call    *%rcx
  testq %rax, %rax
  jnz     label7; j label3
block6:
  movq (%rbx), %rax
  movq %r13, %rdi
  call    *%rax
  ud2
block7:
  movq %r13, %rdi
  movq (%rbx), %rax
  call    *%rax
  ud2

