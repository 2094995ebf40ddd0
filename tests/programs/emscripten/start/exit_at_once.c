// _exit ends the program at once, without handlers.
// modes: O1 O2 standalone
// flags: -sEXIT_RUNTIME
// status: 9
#include <stdlib.h>
#include <unistd.h>
#include "../show.h"

static void handler(void) { printf("never\n"); }

int main(void) {
    atexit(handler);
    printf("before\n");
    fflush(stdout);
    _exit(9);
}
