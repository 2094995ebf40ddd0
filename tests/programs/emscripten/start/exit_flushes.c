// exit flushes what was printed without an end of line.
// modes: O1 O2 standalone
// flags: -sEXIT_RUNTIME
// status: 1
#include <stdlib.h>
#include "../show.h"

int main(void) {
    static char buffer[4096];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    printf("one\ntwo\n");
    printf("three\n");
    exit(1);
}
