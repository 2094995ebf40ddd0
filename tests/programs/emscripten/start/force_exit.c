// emscripten_force_exit ends the program, with its status, even where the runtime would be kept.
// modes: O1 O2
// flags: -sEXIT_RUNTIME
// status: 6
#include <emscripten/emscripten.h>
#include <stdlib.h>
#include "../show.h"

static void handler(void) { printf("handler\n"); }

int main(void) {
    atexit(handler);
    printf("before\n");
    emscripten_force_exit(6);
}
