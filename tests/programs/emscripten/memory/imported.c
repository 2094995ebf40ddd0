// A memory that the host makes and the module imports.
// modes: O1 O2
// flags: -sIMPORTED_MEMORY -sINITIAL_MEMORY=32MB
#include <emscripten/heap.h>
#include <stdlib.h>
#include "../show.h"

static const char constant[] = "constant";
static char buffer[1 << 20];

int main(void) {
    TRY(emscripten_get_heap_size());
    puts(constant);
    memset(buffer, 'b', sizeof buffer);
    char *block = malloc(5 << 20);
    memset(block, 'm', 5 << 20);
    TRY(buffer[sizeof buffer - 1]);
    TRY(block[(5 << 20) - 1]);
    puts(constant);
    return 0;
}
