;; import
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq 0x30(%rdi), %r10
  movq 0x38(%rdi), %rdi
  return_call_unknown %r10 (0) tmp=%r11 %rdi=%rdi %rsi=%rsi

;; leaf
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  imull $0x3, %esi, %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; direct
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x10, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  call    User(userextname0)
  leal 1(%rax), %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; imported
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x10, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq 0x30(%rdi), %r8
  movq 0x38(%rdi), %rdi
  call    *%r8
  movq %rbp, %rsp
  popq %rbp
  retq

;; tail
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x10, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  return_call_known User(userextname0) (0) tmp=%r11 %rdi=%rdi %rsi=%rsi

;; several
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movl $0x7, %ecx
  movq %rsi, %rax
  movq %rbp, %rsp
  popq %rbp
  retq

;; array_entry[0]
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
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
  movq %rsi, %r8
  label_address %rax, MachLabel(3)
  movq %rax, (%rcx)
  movq    %rsp, %rax
  movq %rax, 8(%rcx)
  movq    %rbp, %rax
  movq %rax, 0x10(%rcx)
  jmp     label1
block1:
  movl (%rdx), %esi
  movq %r8, %rax
  movq %rdx, <offset:1>+(%rsp)
  call    *%rax; jmp MachLabel(2); catch [default: MachLabel(3)]
block2:
  movq <offset:1>+(%rsp), %rdx
  movl %eax, (%rdx)
  uninit  %rax
  xorq %rax, %rax
  movq 0x10(%rsp), %rbx
  movq 0x18(%rsp), %r12
  movq 0x20(%rsp), %r13
  movq 0x28(%rsp), %r14
  movq 0x30(%rsp), %r15
  addq $0x40, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block3:
  movl $0x1, %eax
  movq 0x10(%rsp), %rbx
  movq 0x18(%rsp), %r12
  movq 0x20(%rsp), %r13
  movq 0x28(%rsp), %r14
  movq 0x30(%rsp), %r15
  addq $0x40, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq

;; host_call[0]
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 16 }
  subq $0x10, %rsp
  movq %r12, (%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p12i }
block0:
  movq 8(%rdi), %r9
  movq (%rdi), %r10
  movq    %rbp, %r11
  movq %r11, 0x18(%r9)
  movq %r9, %r12
  call    *%r10
  movq %r12, %rdi
  movq 0x20(%rdi), %r10
  testq %r10, %r10
  jnz     label2; j label1
block1:
  movq (%rsp), %r12
  addq $0x10, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq 0x30(%rdi), %rax
  movq (%rax), %rax
  call    *%rax
  ud2

;; host_array_call[0]
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 16 }
  subq $0x20, %rsp
  movq %r12, 0x10(%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p12i }
block0:
  movq %rsi, %rcx
  movq 8(%rdi), %r11
  movq (%rdi), %r10
  movq    %rbp, %rax
  movq %rax, 0x18(%r11)
  movq %r11, %r12
  leaq <offset:1>+(%rsp), %rsi
  movq %rcx, %rax
  movl %eax, <offset:1>+(%rsp)
  call    *%r10
  movq %r12, %rdi
  movq 0x20(%rdi), %rax
  testq %rax, %rax
  jnz     label2; j label1
block1:
  movl <offset:1>+(%rsp), %eax
  movq 0x10(%rsp), %r12
  addq $0x20, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq 0x30(%rdi), %rax
  movq (%rax), %rax
  call    *%rax
  ud2

