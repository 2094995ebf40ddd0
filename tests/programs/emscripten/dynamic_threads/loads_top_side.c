#include <stdio.h>

int base_next(void);
extern _Thread_local int base_own;

__attribute__((constructor)) static void construct(void) { printf("top: %d\n", base_next()); }

int top_number(void) {
    base_own += 10;
    return base_own * 100 + base_next();
}
