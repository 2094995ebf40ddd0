;; load
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq (%rdi), %r8
  movl 0x28(%r8), %r8d
  testl %r8d, %r8d
  jnz #trap=user12
  movl %esi, %r10d
  testq $0x3, %r10
  jnz #trap=user14
  movq 0x40(%rdi), %rax
  movq (%rax), %rax
  movl 0x10(%rax, %r10), %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; add
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq (%rdi), %r10
  movl 0x28(%r10), %r10d
  testl %r10d, %r10d
  jnz #trap=user12
  movl %esi, %eax
  testq $0x1, %rax
  jnz #trap=user14
  movq 0x40(%rdi), %rcx
  movq (%rcx), %rcx
  lock xaddw %dx, 2(%rcx, %rax)
  movzwq %dx, %rax
  movq %rbp, %rsp
  popq %rbp
  retq

;; exchange
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq (%rdi), %r10
  movl 0x28(%r10), %r10d
  testl %r10d, %r10d
  jnz #trap=user12
  movl %esi, %r8d
  testq $0x3, %r8
  jnz #trap=user14
  movq 0x40(%rdi), %rsi
  movq (%rsi), %rsi
  movq %rdx, %rax
  lock cmpxchgl %ecx, (%rsi, %r8) ;; implicit: %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; size
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq (%rdi), %rsi
  movl 0x28(%rsi), %esi
  testl %esi, %esi
  jnz #trap=user12
  movq 0x40(%rdi), %r8
  movq 8(%r8), %rax
  shrq $0x10, %rax
  movq %rbp, %rsp
  popq %rbp
  retq

;; spin
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq (%rdi), %r8
  movl 0x28(%r8), %r9d
  testl %r9d, %r9d
  jnz #trap=user12
  movq 0x40(%rdi), %r9
  movq (%r9), %r9
  jmp     label1
block1:
  movl 0x28(%r8), %r10d
  testl %r10d, %r10d
  jnz #trap=user12
  movl (%r9), %eax
  testl %eax, %eax
  jz      label2; j label3
block2:
  jmp     label1
block3:
  movq %rbp, %rsp
  popq %rbp
  retq

;; wait
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  movq 8(%rdi), %r10
  addq $0x20, %r10
  cmpq %rsp, %r10
  jnbe #trap=stk_ovf
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 16 }
  subq $0x10, %rsp
  movq %r12, (%rsp)
  unwind SaveReg { clobber_offset: 0, reg: p12i }
  movq %r13, 8(%rsp)
  unwind SaveReg { clobber_offset: 8, reg: p13i }
block0:
  movq (%rdi), %r11
  movl 0x28(%r11), %eax
  movq %r11, %r12
  testl %eax, %eax
  jnz #trap=user12
  movq 0x10(%rdi), %r13
  movq 0xc0(%r13), %rax
  uninit  %rcx
  xorl %ecx, %ecx
  movl $0x8, %edx
  movq $0xffffffffffffffff, %r8
  movq %rcx, %rsi
  call    *%rax
  cmpl $0xffffffff, %eax
  jz      label2; j label1
block1:
  movq (%rsp), %r12
  movq 8(%rsp), %r13
  addq $0x10, %rsp
  movq %rbp, %rsp
  popq %rbp
  retq
block2:
  movq (%r13), %rax
  movq %r12, %rdi
  call    *%rax
  ud2

