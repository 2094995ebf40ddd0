// A stack of four megabytes, asked for when linking, holds a large array.
// modes: O1 O2
// flags: -sTOTAL_STACK=4MB -sINITIAL_MEMORY=32MB
#include <emscripten/stack.h>
#include "../show.h"

static int fill(void) {
    volatile unsigned char large[3 << 20];
    for (int i = 0; i < (3 << 20); i += 1021) large[i] = i;
    int sum = 0;
    for (int i = 0; i < (3 << 20); i += 1021) sum += large[i];
    return sum;
}

int main(void) {
    TRY(emscripten_stack_get_base() - emscripten_stack_get_end());
    TRY(fill());
    return 0;
}
