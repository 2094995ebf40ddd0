;; sum
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  uninit  %rax
  xorl %eax, %eax
  movq 0x30(%rdi), %rcx
  jmp     label1
block1:
  testl %edx, %edx
  jz      label3; j label2
block2:
  movl %esi, %edi
  subl $0x1, %edx
  addl (%rcx, %rdi), %eax
  leal 4(%rsi), %esi
  jmp     label1
block3:
  movq %rbp, %rsp
  popq %rbp
  retq

