// A main loop beside which main returns; exit in it does not end a program that it keeps, emscripten_force_exit does.
// modes: O1 O2
// flags: -sEXIT_RUNTIME
// status: 4
#include <emscripten/emscripten.h>
#include <stdio.h>
#include <stdlib.h>

static int turns;

static void handler(void) { printf("handler\n"); }
static void turn(void) {
    printf("turn %d\n", ++turns);
    if (turns == 2) exit(2);
    if (turns == 4) emscripten_force_exit(4);
}

int main(void) {
    atexit(handler);
    emscripten_set_main_loop(turn, 0, 0);
    printf("main\n");
    return 1;
}
