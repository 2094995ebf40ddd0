// sbrk moves the end of the heap, and its new bytes can be used.
// modes: O1 O2 standalone
// flags: -sALLOW_MEMORY_GROWTH
#include <stdint.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char *start = sbrk(0);
    char *first = sbrk(64);
    TRUE(first == start);
    TRY((char *)sbrk(0) - start);
    memset(first, 'x', 64);
    char *second = sbrk(1 << 20);
    TRY(second - start);
    second[(1 << 20) - 1] = 3;
    char *large = sbrk(40 << 20);
    TRUE(large != (void *)-1);
    large[(40 << 20) - 1] = 9;
    TRY(large[(40 << 20) - 1]);
    TRY(first[63]);
    TRUE(sbrk(0x7fffffff) == (void *)-1);
    TRUE(errno == ENOMEM);
    return 0;
}
