// emscripten_set_main_loop runs a function again and again until it is cancelled; main does not come back.
// modes: O1 O2
#include <emscripten/emscripten.h>
#include "../show.h"

static int turns;
static void turn(void) {
    printf("turn %d\n", ++turns);
    if (turns == 5) {
        emscripten_cancel_main_loop();
        printf("cancelled\n");
    }
}

int main(void) {
    printf("before\n");
    emscripten_set_main_loop(turn, 100, 1);
    printf("never\n");
    return 0;
}
