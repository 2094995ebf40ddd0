// What is cancelled does not come, nor is it waited for.
// modes: O1 O2
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/html5.h>
#include <stdio.h>

static long timeout, frame, interval;

static void never(void *argument) { printf("never %ld\n", (long)argument); }
static void once(void *argument) { printf("once %ld\n", (long)argument); }
static void cancel(void *argument) {
    printf("cancel\n");
    emscripten_clear_timeout(timeout);
    emscripten_clear_interval(interval);
    emscripten_set_immediate(once, (void *)1);
    emscripten_clear_immediate(emscripten_set_immediate(never, (void *)2));
    emscripten_set_immediate(once, (void *)3);
}

int main(void) {
    timeout = emscripten_set_timeout(never, 100000, (void *)4);
    interval = emscripten_set_interval(never, 100000, (void *)5);
    emscripten_set_timeout(cancel, 10, NULL);
    return 0;
}
