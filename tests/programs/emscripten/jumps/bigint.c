// The calls of signatures.c where 64-bit values cross the border whole.
// modes: O1 O2
// flags: -sWASM_BIGINT
#include "signatures.c"
