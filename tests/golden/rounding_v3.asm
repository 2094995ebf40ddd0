;; ceil
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  uninit  %xmm2
  vxorpd %xmm2, %xmm2, %xmm4
  vroundsd $0x2, %xmm0, %xmm4, %xmm0
  movq %rbp, %rsp
  popq %rbp
  retq

;; multiply_add
  pushq %rbp
  unwind PushFrameRegs { offset_upward_to_caller_sp: 16 }
  movq %rsp, %rbp
  unwind DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: 0 }
block0:
  vfmadd213ps %xmm2, %xmm1, %xmm0
  movq %rbp, %rsp
  popq %rbp
  retq

