// The same copies by wasm's own bulk instructions.
// modes: O1 O2 standalone
// flags: -mbulk-memory
#include <stdint.h>
#include "../show.h"

static unsigned char bytes[200000];

int main(void) {
    for (int i = 0; i < 1000; i++) bytes[i] = (unsigned char)(i * 3);
    __builtin_memcpy(bytes + 100000, bytes, 1000);
    __builtin_memmove(bytes + 100, bytes, 50000);
    __builtin_memset(bytes + 60000, 0x5a, 20000);
    uint32_t sum = 0;
    for (int i = 0; i < 200000; i++) sum = sum * 33 + bytes[i];
    printf("%08x\n", sum);
    TRY(bytes[100999]);
    TRY(bytes[1099]);
    TRY(bytes[79999]);
    TRY(bytes[80000]);
    return 0;
}
