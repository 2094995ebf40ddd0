// An access outside the memory traps.
// modes: O1 O2 standalone
// status: abort
#include <stdint.h>
#include "../show.h"

int main(void) {
    volatile char *far = (volatile char *)(uintptr_t)0xfffffff0u;
    printf("before\n");
    fflush(stdout);
    printf("%d\n", *far);
    return 0;
}
