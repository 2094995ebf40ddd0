// emscripten_exit_with_live_runtime, then an interval that ends the program.
// modes: O1 O2
// flags: -sEXIT_RUNTIME
// status: 11
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <stdio.h>
#include <stdlib.h>

static int count;

static void handler(void) { printf("handler\n"); }
static void every(void *argument) {
    printf("every %d\n", ++count);
    if (count == 2) emscripten_unwind_to_js_event_loop();
    if (count == 4) emscripten_force_exit(11);
    printf("end of %d\n", count);
}

int main(void) {
    atexit(handler);
    emscripten_set_interval(every, 10, NULL);
    printf("main\n");
    emscripten_exit_with_live_runtime();
}
