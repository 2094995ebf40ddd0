// emscripten_sleep waits and comes back, with locals, in calls below main and in a loop.
// modes: O1 O2
// flags: -sASYNCIFY
#include <emscripten/emscripten.h>
#include "../show.h"

static int deeper(int depth) {
    if (depth == 0) {
        emscripten_sleep(20);
        return 1;
    }
    int below = deeper(depth - 1);
    return below + depth;
}

int main(void) {
    double start = emscripten_get_now();
    TRY(emscripten_has_asyncify());
    printf("before\n");
    emscripten_sleep(50);
    TRUE(emscripten_get_now() - start >= 49);
    TRY(deeper(10));
    volatile int sum = 0;
    for (int i = 0; i < 5; i++) {
        emscripten_sleep(1);
        sum += i;
    }
    TRY(sum);
    emscripten_sleep(0);
    printf("after\n");
    return 0;
}
