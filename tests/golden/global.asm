;; read
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq 0x30(%rdi), %rsi
  movl $0x4d2, %eax
  addl (%rsi), %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; count
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  addq $0x1, 0x50(%rdi)
  movq %rbp, %rsp
  popq %rbp
  retq

;; write
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq 0x30(%rdi), %rdx
  movl $0x5, (%rdx)
  movq %rbp, %rsp
  popq %rbp
  retq

;; vectors
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movdqu 0x60(%rdi), %xmm0
  movq %rbp, %rsp
  popq %rbp
  retq

