// emscripten_async_call runs a function later, after main.
// modes: O1 O2
#include <emscripten/emscripten.h>
#include "../show.h"

static void later(void *argument) { printf("later %d\n", *(int *)argument); }

int main(void) {
    static int one = 1, two = 2;
    emscripten_async_call(later, &two, 50);
    emscripten_async_call(later, &one, 5);
    printf("main ends\n");
    return 0;
}
