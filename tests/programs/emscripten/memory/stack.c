// The stack's ends and room, by emscripten_stack_get_*, and alloca.
// modes: O1 O2 standalone
#include <alloca.h>
#include <emscripten/stack.h>
#include "../show.h"

static size_t below(int depth) {
    volatile char here[64];
    here[0] = depth;
    return depth == 0 ? emscripten_stack_get_free() : below(depth - 1) + here[0] - depth;
}

int main(void) {
    uintptr_t base = emscripten_stack_get_base(), end = emscripten_stack_get_end(), now = emscripten_stack_get_current();
    TRUE(base > end);
    TRUE(now <= base && now > end);
    TRUE(emscripten_stack_get_free() == now - end);
    TRUE(below(10) < emscripten_stack_get_free());
    TRUE(emscripten_stack_get_current() == now);
    volatile char *room = alloca(1000);
    for (int i = 0; i < 1000; i++) room[i] = i;
    TRUE((uintptr_t)room % 16 == 0);
    return 0;
}
