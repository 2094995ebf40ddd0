// The calls of signatures.cpp where 64-bit values cross the border whole.
// modes: exceptions
// flags: -sWASM_BIGINT
#include "signatures.cpp"
