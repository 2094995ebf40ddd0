// Timeouts, intervals, immediate calls and their loops, in the order in which their time comes; then handlers, and the end.
// modes: O1 O2
// flags: -sEXIT_RUNTIME
// status: 3
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <stdio.h>
#include <stdlib.h>

static int intervals, loops, immediates;
static long interval;

static void handler(void) { printf("handler\n"); }
static void once(void *argument) { printf("once %ld\n", (long)argument); }
static void never(void *argument) { printf("never %ld\n", (long)argument); }

static void every(void *argument) {
    printf("every %d %ld\n", ++intervals, (long)argument);
    if (intervals == 3) emscripten_clear_interval(interval);
}

static EM_BOOL timeout_loop(double time, void *argument) {
    printf("timeout loop %d %ld: %s\n", ++loops, (long)argument, time > 0 ? "a time" : "no time");
    return loops < 3;
}

static EM_BOOL immediate_loop(void *argument) {
    printf("immediate loop %d %ld\n", ++immediates, (long)argument);
    return immediates < 3;
}

static void nested(void *argument) {
    printf("nested\n");
    emscripten_async_call(once, (void *)7, 5);
    emscripten_set_immediate(once, (void *)8);
    emscripten_set_timeout_loop(timeout_loop, 30, (void *)9);
}

int main(void) {
    atexit(handler);
    emscripten_set_timeout(once, 50, (void *)1);
    emscripten_set_timeout(once, 20, (void *)2);
    emscripten_set_timeout(once, 20, (void *)3);
    emscripten_async_call(once, (void *)4, 100);
    interval = emscripten_set_interval(every, 120, (void *)5);
    long immediate = emscripten_set_immediate(never, (void *)6);
    emscripten_set_immediate(once, (void *)6);
    emscripten_clear_immediate(immediate);
    emscripten_set_immediate_loop(immediate_loop, (void *)7);
    emscripten_set_timeout(nested, 600, NULL);
    printf("main\n");
    return 3;
}
