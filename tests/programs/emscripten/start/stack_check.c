// With stack checks built in, a recursion without end is stopped.
// modes: O1 O2
// flags: -sSTACK_OVERFLOW_CHECK=2
// status: abort
#include "../show.h"

static int deeper(volatile char *above, int depth) {
    volatile char here[1000];
    here[depth % 1000] = above[0] + 1;
    return deeper(here, depth + 1) + here[0];
}

int main(void) {
    volatile char start[1] = {0};
    printf("before\n");
    fflush(stdout);
    return deeper(start, 0);
}
