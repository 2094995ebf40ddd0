/* Heap sort and binary search over an array larger than the caches near the core: branches and scattered accesses. */
#include <stdint.h>
#include <stdio.h>

enum { COUNT = 1 << 20 };
static uint32_t numbers[COUNT];

static void sift(uint32_t start, uint32_t end) {
    for (uint32_t root = start, child; (child = 2 * root + 1) < end; root = child) {
        if (child + 1 < end && numbers[child] < numbers[child + 1]) child++;
        if (numbers[root] >= numbers[child]) return;
        uint32_t t = numbers[root];
        numbers[root] = numbers[child];
        numbers[child] = t;
    }
}

int main(void) {
    uint32_t seed = 1, checksum = 0;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < COUNT; i++) numbers[i] = seed = seed * 1664525 + 1013904223;
        for (uint32_t i = COUNT / 2; i-- > 0;) sift(i, COUNT);
        for (uint32_t end = COUNT - 1; end > 0; end--) {
            uint32_t t = numbers[0];
            numbers[0] = numbers[end];
            numbers[end] = t;
            sift(0, end);
        }
        for (int i = 0; i < COUNT; i++) checksum = checksum * 31 + numbers[i];
    }
    printf("%08x\n", (unsigned)checksum);
}
