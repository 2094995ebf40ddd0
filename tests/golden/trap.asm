;; divide
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq %rsi, %rax
  movq %rdx, %r11
  cltd  ;; implicit: %edx, %eax
  testl %r11d, %r11d
  jz #trap=int_divz
  idivl %r11d ;; implicit: %eax, %edx, trap=252
  movq %rbp, %rsp
  popq %rbp
  retq

;; divide_by_seven
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq %rsi, %rax
  mull (%rip) ;; implicit: %eax, %edx
  subl %edx, %esi
  shrl $1, %esi
  leal (%rdx, %rsi), %eax
  shrl $0x2, %eax
  movq %rbp, %rsp
  popq %rbp
  retq

;; remainder
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  movq %rsi, %rax
  movq %rdx, %r9
  cqto  ;; implicit: %rdx, %rax
  checked_srem_seq %rax, %rdx, %r9, %rax, %rdx
  movq %rdx, %rax
  movq %rbp, %rsp
  popq %rbp
  retq

;; convert
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  cvt_float64_to_sint32_seq %xmm0, %eax, %rsi, %xmm3
  movq %rbp, %rsp
  popq %rbp
  retq

;; saturate
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  cvt_float32_to_sint32_sat_seq %xmm0, %eax, %rsi, %xmm3
  movq %rbp, %rsp
  popq %rbp
  retq

;; unreachable
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  ud2

