;; forever
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq (%rdi), %rsi
  movl 0x28(%rsi), %edi
  testl %edi, %edi
  jnz #trap=user12
  jmp     label1
block1:
  movl 0x28(%rsi), %edi
  testl %edi, %edi
  jnz #trap=user12
  jmp     label1

