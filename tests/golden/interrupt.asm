;; forever
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
  movq %r14, %rdi
  jmp     label5
block2:
  movq 0x10(%rdi), %r15
  movq %rdi, %r13
  movq 8(%r15), %rcx
  call    *%rcx
  testq %rax, %rax
  jnz     label11; j label3
block7:
  movq %r13, %rdi
  call    *%r12
  testq %rax, %rax
  jnz     label10; j label8
block10:
  movq (%rbx), %rax
  movq %r14, %rdi
  call    *%rax
  ud2
block11:
  movq %r14, %rdi
  movq (%r15), %rax
  call    *%rax
  ud2

