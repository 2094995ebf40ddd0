#include <stdio.h>

int linked_shared = 100;
_Thread_local int linked_own = 3;
static int constructed;

__attribute__((constructor)) static void construct(void) { constructed++; }

int linked_next(void) { return linked_own * 1000 + constructed; }
