// A memory that may not grow: malloc gives NULL when it is full, and works again after free.
// modes: O2
// flags: -sABORTING_MALLOC=0 -sINITIAL_MEMORY=16MB
#include <emscripten/heap.h>
#include <stdlib.h>
#include "../show.h"

static void *volatile got; // volatile: or the compiler takes an allocation as done

int main(void) {
    TRY(emscripten_get_heap_size());
    TRY(emscripten_get_heap_max());
    got = malloc(64 << 20);
    TRUE(got == NULL);
    void *blocks[64];
    int count = 0;
    while (count < 64 && (blocks[count] = got = malloc(1 << 20))) count++;
    TRUE(count >= 8 && count < 16);
    for (int i = 0; i < count; i++) free(blocks[i]);
    got = malloc(4 << 20);
    TRUE(got != NULL);
    return 0;
}
