// A jump over many frames gives their stack back.
// modes: O1 O2 standalone wasm-longjmp
#include <emscripten/stack.h>
#include <setjmp.h>
#include "../show.h"

static jmp_buf place;

static int descend(int depth) {
    volatile char room[200];
    room[0] = depth;
    if (depth == 0) longjmp(place, 1);
    return descend(depth - 1) + room[0];
}

int main(void) {
    volatile int rounds = 0;
    volatile uintptr_t level = emscripten_stack_get_current();
    if (setjmp(place)) rounds++;
    TRUE(emscripten_stack_get_current() == level);
    if (rounds < 5) descend(100 + rounds * 10);
    TRY(rounds);
    return 0;
}
