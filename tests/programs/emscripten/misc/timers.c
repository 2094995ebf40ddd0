// Timers after main has returned: run in the order of their times, one set by another, one cancelled.
// modes: O1 O2
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include "../show.h"

static int runs;
static double started;
static void last(void *name) {
    printf("%s after %s\n", (const char *)name, emscripten_get_now() - started >= 499 ? "its time" : "too little time");
}
static void chained(void *name) {
    printf("%s %d\n", (const char *)name, ++runs);
    if (runs < 3) emscripten_set_timeout(chained, 5, name);
}

int main(void) {
    started = emscripten_get_now();
    emscripten_set_timeout(last, 500, "last");
    long cancelled = emscripten_set_timeout(chained, 100, "never");
    emscripten_set_timeout(chained, 1, "chained");
    emscripten_clear_timeout(cancelled);
    printf("main returns\n");
    return 0;
}
