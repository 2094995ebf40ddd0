// The small allocator, emmalloc, over the same memory.
// modes: O1 O2
// flags: -sMALLOC=emmalloc -sALLOW_MEMORY_GROWTH
#include <emscripten/emmalloc.h>
#include <stdint.h>
#include <stdlib.h>
#include "../show.h"

int main(void) {
    TRUE(emmalloc_validate_memory_regions() == 0);
    char *one = malloc(100), *two = memalign(1024, 5000);
    TRUE(one && two && (uintptr_t)two % 1024 == 0);
    memset(two, 1, 5000);
    one = realloc(one, 50000);
    memset(one, 2, 50000);
    TRY(two[4999]);
    free(two);
    char *large = malloc(30 << 20);
    TRUE(large != NULL);
    large[(30 << 20) - 1] = 5;
    TRUE(emmalloc_validate_memory_regions() == 0);
    free(large);
    free(one);
    TRUE(emmalloc_unclaimed_heap_memory() > 0);
    return 0;
}
