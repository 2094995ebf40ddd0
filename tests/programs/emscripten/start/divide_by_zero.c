// A division by zero traps.
// modes: O1 O2 standalone
// status: abort
#include "../show.h"

int main(int argc, char **argv) {
    (void)argv;
    volatile int zero = argc - argc;
    printf("%d\n", 7 / 2);
    fflush(stdout);
    printf("%d\n", 7 / zero);
    return 0;
}
