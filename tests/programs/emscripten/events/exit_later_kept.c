// The same without -sEXIT_RUNTIME: no handlers.
// modes: O1 O2
// status: 9
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <stdio.h>
#include <stdlib.h>

static void handler(void) { printf("handler\n"); }
static void second(void *argument) {
    printf("second\n");
    exit(9);
}
static void first(void *argument) {
    printf("first\n");
    emscripten_set_timeout(second, 10, NULL);
    exit(8);
}

int main(void) {
    atexit(handler);
    emscripten_set_timeout(first, 10, NULL);
    printf("main\n");
    exit(7);
}
