// exit and atexit handlers from below an active setjmp.
// modes: O1 O2 standalone wasm-longjmp
// flags: -sEXIT_RUNTIME
// status: 4
#include <setjmp.h>
#include <stdlib.h>
#include "../show.h"

static jmp_buf place;
static void handler(void) { printf("handler\n"); }
static void deeper(int value) {
    if (value == 1) longjmp(place, 2);
    printf("exit\n");
    exit(4);
}

int main(void) {
    atexit(handler);
    int got = setjmp(place);
    printf("%d\n", got);
    deeper(got == 0 ? 1 : 0);
    return 0;
}
