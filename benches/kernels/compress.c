/* Finds repeats with a hash table and copies them back: what compressors do with bytes. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 1 << 20, WINDOW = 1 << 16 };
static uint8_t input[SIZE], packed[2 * SIZE], output[SIZE];
static uint32_t heads[WINDOW];

static uint32_t hash(const uint8_t *at) {
    uint32_t four;
    memcpy(&four, at, 4);
    return four * 2654435761u >> 16;
}

static size_t pack(void) {
    size_t out = 0;
    memset(heads, 0, sizeof heads);
    for (size_t at = 0; at < SIZE;) {
        if (at + 8 < SIZE) {
            uint32_t *head = &heads[hash(input + at)];
            size_t before = *head;
            *head = (uint32_t)at;
            size_t length = 0;
            if (before < at && at - before < WINDOW)
                while (length < 255 && at + length < SIZE && input[before + length] == input[at + length]) length++;
            if (length >= 5) {
                packed[out++] = 1;
                packed[out++] = (uint8_t)length;
                packed[out++] = (uint8_t)(at - before);
                packed[out++] = (uint8_t)((at - before) >> 8);
                at += length;
                continue;
            }
        }
        packed[out++] = 0;
        packed[out++] = input[at++];
    }
    return out;
}

static void unpack(size_t length) {
    size_t out = 0;
    for (size_t at = 0; at < length;) {
        if (packed[at] == 0) {
            output[out++] = packed[at + 1];
            at += 2;
        } else {
            size_t distance = packed[at + 2] | packed[at + 3] << 8;
            for (int count = packed[at + 1]; count > 0; count--, out++) output[out] = output[out - distance];
            at += 4;
        }
    }
}

int main(void) {
    static const char *const words[] = {"table ", "memory ", "of ", "the ", "section ", "call ", "is ", "linear "};
    uint32_t seed = 3;
    for (size_t at = 0; at < SIZE;) {
        seed = seed * 1664525 + 1013904223;
        const char *word = words[seed >> 29];
        for (size_t i = 0; word[i] && at < SIZE; i++) input[at++] = (uint8_t)word[i];
        if (at < SIZE && seed & 1 << 10) input[at++] = (uint8_t)(seed >> 11);
    }
    size_t length = 0;
    for (int round = 0; round < 24; round++) {
        length = pack();
        unpack(length);
        if (memcmp(input, output, SIZE)) return 1;
        input[round * 1000] ^= 1;
    }
    printf("%u\n", (unsigned)length);
}
