// abort ends the program abnormally; what was flushed has been printed.
// modes: O1 O2 standalone
// status: abort
#include <stdlib.h>
#include "../show.h"

static void handler(void) { printf("never\n"); }

int main(void) {
    atexit(handler);
    printf("before\n");
    fflush(stdout);
    abort();
}
