#include <stdio.h>

_Thread_local int base_own = 7;
int base_shared;

__attribute__((constructor)) static void construct(void) { printf("base: %d\n", ++base_shared); }

int base_next(void) { return ++base_shared; }
