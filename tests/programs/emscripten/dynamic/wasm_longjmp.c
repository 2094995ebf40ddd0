// The jumps of jumps.c by wasm's own instructions: both modules share the tag.
// modes: dynamic
// flags: -sSUPPORT_LONGJMP=wasm
// side: jumps_side.c
#include "jumps.c"
