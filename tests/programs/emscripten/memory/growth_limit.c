// Growth ends at the most that was allowed: malloc gives NULL and ENOMEM.
// modes: O1 O2
// flags: -sALLOW_MEMORY_GROWTH -sINITIAL_MEMORY=16MB -sMAXIMUM_MEMORY=48MB
#include <emscripten/heap.h>
#include <stdlib.h>
#include "../show.h"

static void *volatile got; // volatile: or the compiler takes an allocation as done

int main(void) {
    TRY(emscripten_get_heap_max());
    char *first = malloc(20 << 20);
    TRUE(first != NULL);
    got = malloc(100 << 20);
    TRUE(got == NULL && errno == ENOMEM);
    first[0] = 1;
    free(first);
    got = malloc(20 << 20);
    TRUE(got != NULL);
    TRUE(emscripten_get_heap_size() <= (48 << 20));
    return 0;
}
