// sigsetjmp, _setjmp and a jump buffer in allocated memory, used after it moved by copy.
// modes: O1 O2 standalone wasm-longjmp
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdlib.h>
#include "../show.h"

static sigjmp_buf place;
static jmp_buf *allocated;
static void jump_far(int value) { siglongjmp(place, value); }
static void jump_allocated(int value) { _longjmp(*allocated, value); }

int main(void) {
    volatile int count = 0;
    int got = sigsetjmp(place, 1);
    printf("sigsetjmp %d\n", got);
    if (got < 3) jump_far(got + 1);
    allocated = malloc(sizeof *allocated);
    got = _setjmp(*allocated);
    printf("_setjmp %d\n", got);
    count++;
    if (count < 3) jump_allocated(count * 100);
    free(allocated);
    return 0;
}
