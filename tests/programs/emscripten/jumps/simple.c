// setjmp returns 0, then what longjmp gives.
// modes: O1 O2 standalone wasm-longjmp
#include <setjmp.h>
#include "../show.h"

static jmp_buf place;

static void leave(int value) {
    printf("leaving with %d\n", value);
    longjmp(place, value);
}

int main(void) {
    int got = setjmp(place);
    printf("setjmp gives %d\n", got);
    if (got == 0) leave(7);
    if (got == 7) leave(1);
    if (got == 1) leave(-5);
    printf("end\n");
    return 0;
}
