// malloc beyond the first memory makes it grow; what was there stays.
// modes: O1 O2 standalone
// flags: -sALLOW_MEMORY_GROWTH -sINITIAL_MEMORY=16MB
#include <emscripten/heap.h>
#include <stdint.h>
#include <stdlib.h>
#include "../show.h"

static void *volatile got; // volatile: or the compiler takes an allocation as done

int main(void) {
    TRY(emscripten_get_heap_size());
    char *early = malloc(100);
    strcpy(early, "still here");
    uint32_t *large[4];
    for (int i = 0; i < 4; i++) {
        large[i] = malloc(12 << 20);
        if (!large[i]) return 1;
        for (size_t word = 0; word < (12 << 20) / 4; word += 1000) large[i][word] = word * (i + 1);
    }
    TRUE(emscripten_get_heap_size() >= (48 << 20));
    int wrong = 0;
    for (int i = 0; i < 4; i++) {
        for (size_t word = 0; word < (12 << 20) / 4; word += 1000) wrong += large[i][word] != word * (i + 1);
        free(large[i]);
    }
    TRY(wrong);
    puts(early);
    got = malloc(40 << 20);
    TRUE(got != NULL);
    TRUE(emscripten_get_heap_size() < (200 << 20));
    return 0;
}
