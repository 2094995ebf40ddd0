// memcpy, memmove and memset of sizes that stay in the module and sizes that go to the host.
// modes: O1 O2 standalone
// flags: -sALLOW_MEMORY_GROWTH
#include <stdint.h>
#include <stdlib.h>
#include "../show.h"

static uint32_t checksum(const unsigned char *bytes, size_t length) {
    uint32_t sum = 1;
    for (size_t i = 0; i < length; i++) sum = sum * 31 + bytes[i];
    return sum;
}

int main(void) {
    enum { SIZE = 300000 };
    unsigned char *from = malloc(SIZE), *to = malloc(SIZE);
    for (int i = 0; i < SIZE; i++) from[i] = (unsigned char)(i * 13 + i / 255);
    static const size_t sizes[] = {0, 1, 7, 31, 511, 512, 513, 4096, 8191, 8192, 100000, SIZE - 3};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        memset(to, 0xee, SIZE);
        memcpy(to + 3, from, size);
        int outside = to[2] != 0xee || (3 + size < SIZE && to[3 + size] != 0xee);
        printf("%zu: %d %d\n", size, memcmp(to + 3, from, size), outside);
    }
    memcpy(to, from, SIZE);
    memmove(to + 1000, to, 200000);
    printf("%08x\n", checksum(to, SIZE));
    memmove(to, to + 1000, 200000);
    printf("%08x\n", checksum(to, SIZE));
    TRY(memcmp(to, from, 200000));
    memset(to, 0, SIZE);
    printf("%08x\n", checksum(to, SIZE));
    return 0;
}
