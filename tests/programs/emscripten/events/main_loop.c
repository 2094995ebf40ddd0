// A main loop that leaves main for good: pause, resume, other times, blockers, cancel.
// modes: O1 O2
// flags: -sEXIT_RUNTIME
#include <emscripten/emscripten.h>
#include <stdio.h>
#include <stdlib.h>

static int turns;

static void handler(void) { printf("handler\n"); }
static void show(void) {
    int mode, value;
    emscripten_get_main_loop_timing(&mode, &value);
    printf("mode %d, value %d\n", mode, value);
}
static void resume(void *argument) {
    printf("resume after %d\n", turns);
    emscripten_resume_main_loop();
}
static void turn(void *argument) {
    printf("turn %d %ld\n", ++turns, (long)argument);
    switch (turns) {
    case 3:
        emscripten_pause_main_loop();
        emscripten_async_call(resume, NULL, 60);
        break;
    case 5:
        show();
        printf("set: %d\n", emscripten_set_main_loop_timing(EM_TIMING_SETTIMEOUT, 5));
        show();
        break;
    case 7: printf("set: %d\n", emscripten_set_main_loop_timing(EM_TIMING_RAF, 2)); break;
    case 9:
        printf("set: %d\n", emscripten_set_main_loop_timing(EM_TIMING_SETIMMEDIATE, 0));
        show();
        break;
    case 12:
        emscripten_cancel_main_loop();
        printf("set: %d\n", emscripten_set_main_loop_timing(EM_TIMING_RAF, 1));
        break;
    }
}

int main(void) {
    atexit(handler);
    printf("set: %d\n", emscripten_set_main_loop_timing(EM_TIMING_SETTIMEOUT, 1));
    emscripten_set_main_loop_arg(turn, (void *)9, 100, 1);
    printf("never\n");
    return 3;
}
