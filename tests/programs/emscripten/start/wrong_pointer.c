// A function called through a pointer of another type traps.
// modes: O1 O2 standalone
// status: abort
#include "../show.h"

static int one(int value) { return value + 1; }

int main(void) {
    int (*volatile right)(int) = one;
    printf("%d\n", right(1));
    fflush(stdout);
    double (*volatile wrong)(double, double) = (double (*)(double, double))(void *)right;
    printf("%g\n", wrong(1, 2));
    return 0;
}
