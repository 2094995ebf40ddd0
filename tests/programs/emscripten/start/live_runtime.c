// emscripten_exit_with_live_runtime leaves main without running what follows, and without handlers.
// modes: O1 O2
#include <emscripten/emscripten.h>
#include <stdlib.h>
#include "../show.h"

static void handler(void) { printf("never\n"); }

int main(void) {
    atexit(handler);
    printf("before\n");
    emscripten_exit_with_live_runtime();
    printf("never\n");
}
