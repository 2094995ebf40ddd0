// calloc, realloc, aligned_alloc, posix_memalign, malloc_usable_size and many small blocks.
// modes: O1 O2 standalone
// flags: -sALLOW_MEMORY_GROWTH
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include "../show.h"

static void *volatile got; // volatile: or the compiler takes an allocation as done

int main(void) {
    unsigned char *zeros = calloc(1000, 3);
    int sum = 0;
    for (int i = 0; i < 3000; i++) sum += zeros[i];
    TRY(sum);
    memset(zeros, 7, 3000);
    zeros = realloc(zeros, 100000);
    sum = 0;
    for (int i = 0; i < 3000; i++) sum += zeros[i];
    TRY(sum);
    zeros = realloc(zeros, 10);
    TRY(zeros[9]);
    TRUE(malloc_usable_size(zeros) >= 10);
    free(zeros);
    free(NULL);
    void *aligned = aligned_alloc(256, 512);
    TRUE((uintptr_t)aligned % 256 == 0);
    CODE(posix_memalign(&aligned, 4096, 100));
    TRUE((uintptr_t)aligned % 4096 == 0);
    CODE(posix_memalign(&aligned, 3, 100));
    TRUE((uintptr_t)malloc(1) % 8 == 0);
    got = calloc((size_t)1 << 31, 4);
    TRUE(got == NULL);
    void *blocks[2000];
    uint32_t state = 1, wrong = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 2000; i++) {
            state = state * 1664525 + 1013904223;
            size_t size = 4 + (state >> 16) % 500;
            blocks[i] = malloc(size);
            memset(blocks[i], i & 255, size);
        }
        for (int i = 0; i < 2000; i++) {
            wrong += *(unsigned char *)blocks[i] != (i & 255);
            if (i % 2 == round % 2) free(blocks[i]), blocks[i] = NULL;
        }
        for (int i = 0; i < 2000; i++) free(blocks[i]);
    }
    TRY(wrong);
    return 0;
}
