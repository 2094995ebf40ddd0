// An unreachable instruction ends the program abnormally.
// modes: O1 O2 standalone
// status: abort
#include "../show.h"

int main(void) {
    printf("before\n");
    fflush(stdout);
    __builtin_trap();
}
