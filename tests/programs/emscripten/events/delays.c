// Delays that are no number of milliseconds, or more than a timer can wait for: each is the least.
// modes: O1 O2
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <math.h>
#include <stdio.h>

static int turns, intervals;
static int interval;

static void later(void *argument) { printf("%s\n", (char *)argument); }

static int again(double time, void *argument) {
    printf("turn %d\n", ++turns);
    return turns < 3;
}

static void often(void *argument) {
    printf("interval %d\n", ++intervals);
    if (intervals == 2) emscripten_clear_interval(interval);
}

static void loop(void) {
    printf("main loop\n");
    emscripten_cancel_main_loop();
    interval = emscripten_set_interval(often, 1e300, NULL);
}

static void begin_loop(void *argument) {
    emscripten_set_main_loop(loop, 0, 0);
    emscripten_set_main_loop_timing(EM_TIMING_SETTIMEOUT, -5);
}

int main(void) {
    emscripten_set_timeout(later, 1e300, "huge");
    emscripten_set_timeout(later, INFINITY, "infinite");
    emscripten_set_timeout(later, NAN, "no number");
    emscripten_set_timeout(later, -1e300, "negative");
    emscripten_set_timeout(later, 2147483648.0, "a little too much");
    emscripten_async_call(later, "negative as well", -7);
    emscripten_set_timeout_loop(again, 1e300, NULL);
    emscripten_set_timeout(begin_loop, 300, NULL);
    return 0;
}
